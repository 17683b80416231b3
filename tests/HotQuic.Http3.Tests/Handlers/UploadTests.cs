using System.Net;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>Content on its way while the server does not read it, answers before its end, or gives the request up.</summary>
public sealed class UploadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Content that waits for something else learns by its token that the request is over.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ContentThatWaitsLearnsThatTheRequestIsOver(bool isAnswered)
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            if (isAnswered)
            {
                await request.AnswerAsync(Wire.Ok, Wire.Data("early"));
            }
            else
            {
                request.Stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.InternalError);
            }
        });
        using HttpClient client = Client(server);
        using WrittenContent content = new(async (stream, token) =>
        {
            await stream.WriteAsync(new byte[1], token);
            using CancellationTokenRegistration registration = token.Register(() => cancelled.SetResult());
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        });

        Task<HttpResponseMessage> posting = client.PostAsync(server.Uri, content);

        if (isAnswered)
        {
            using HttpResponseMessage response = await posting.WaitAsync(Patience);
            Assert.Equal("early", await response.Content.ReadAsStringAsync().WaitAsync(Patience));
        }
        else
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => posting.WaitAsync(Patience));
        }

        await cancelled.Task.WaitAsync(Patience);
    }

    /// <summary>A serializer that writes synchronously, as many do, is cancelled like any other while the server does not read.</summary>
    [Fact]
    public async Task ContentThatBlocksItsThreadIsCancelled()
    {
        TaskCompletionSource begun = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.AcceptAsync();
            begun.SetResult();
        });
        using HttpClient client = new(new Http3Handler
        {
            SslOptions = ScriptedServer.Trust,
            EndPointCallback = _ => server.ClientOptions.RemoteEndPoint,

            // It would end the request, too.
            ConnectionOptions = server.ClientOptions with { KeepAliveInterval = TimeSpan.FromSeconds(5) },
        })
        {
            DefaultRequestVersion = HttpVersion.Version30,
        };
        using CancellationTokenSource cancellation = new();
        using WrittenContent content = new((stream, _) =>
        {
            while (true)
            {
                stream.Write(new byte[10_000]);
            }
        });

        Task<HttpResponseMessage> posting = Task.Run(() => client.PostAsync(server.Uri, content, cancellation.Token));
        await begun.Task.WaitAsync(Patience);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting.WaitAsync(Patience));
    }

    private static HttpClient Client(ScriptedServer server) =>
        new(new Http3Handler { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint })
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    private sealed class WrittenContent(Func<Stream, CancellationToken, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            write(stream, cancellationToken);

        protected override bool TryComputeLength(out long computed)
        {
            computed = 0;
            return false;
        }
    }
}
