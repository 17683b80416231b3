using System.Net;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>Content that is not what it promised: the request fails with that, the server learns that it is given up, and the connection goes on.</summary>
public sealed class ContentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(10, 9)]
    [InlineData(10, 11)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(100_000, 99_999)]
    [InlineData(100_000, 100_001)]
    public async Task ContentOfAnotherLengthThanItPromisedGivesTheRequestUp(int promised, int written)
    {
        await FailAsync<HttpRequestException>(new WrittenContent(promised, async stream => await stream.WriteAsync(new byte[written])), hasBegun: promised > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200_000)]
    public Task ContentThatThrowsGivesTheRequestUpWithWhatItThrew(int before) => FailAsync<NotImplementedException>(
        new WrittenContent(
            length: null,
            async stream =>
            {
                await stream.WriteAsync(new byte[before]);
                await stream.FlushAsync();
                throw new NotImplementedException();
            }),
        hasBegun: true);

    /// <summary>Content that can be read once is read once; asked for again, it says so.</summary>
    [Fact]
    public async Task ContentThatIsOverIsNotReadAgain()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Requests.RequestTests.EchoAsync);
        using HttpClient client = Client(server);
        using StreamContent content = new(new UnseekableStream("once"u8.ToArray()));
        using HttpResponseMessage first = await client.PostAsync(server.Uri, content).WaitAsync(Patience);
        Assert.Equal("once", await first.Content.ReadAsStringAsync());

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.PostAsync(server.Uri, content).WaitAsync(Patience));
    }

    private static async Task FailAsync<T>(HttpContent content, bool hasBegun)
        where T : Exception
    {
        TaskCompletionSource<long?> given = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            bool isFirst = true;
            while (true)
            {
                QuicStream stream = await connection.Transport.AcceptInboundStreamAsync();
                if (stream.Type != QuicStreamType.Bidirectional)
                {
                    continue;
                }

                if (isFirst)
                {
                    isFirst = false;
                    given.SetResult((await Assert.ThrowsAsync<QuicException>(() => stream.CopyToAsync(Stream.Null))).ApplicationErrorCode);
                }
                else
                {
                    await stream.CopyToAsync(Stream.Null);
                    await stream.WriteAsync(Wire.Join(Wire.Ok, Wire.Data("next")), completeWrites: true);
                }
            }
        });
        using HttpClient client = Client(server);

        await Assert.ThrowsAsync<T>(() => client.PostAsync(server.Uri, content).WaitAsync(Patience));

        if (hasBegun)
        {
            Assert.Equal((long)Http3ErrorCode.RequestCancelled, await given.Task.WaitAsync(Patience));
            Assert.Equal("next", await client.GetStringAsync(server.Uri).WaitAsync(Patience));
            Assert.Equal(1, server.Connections);
        }
    }

    private static HttpClient Client(ScriptedServer server) =>
        new(new Http3Handler { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint })
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    private sealed class WrittenContent(long? length, Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long computed)
        {
            computed = length ?? 0;
            return length is not null;
        }
    }

    private sealed class UnseekableStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
