using System.Net;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>Requests that the server did nothing with, while their content was on its way.</summary>
public sealed class RetryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(10, true)]
    [InlineData(5_000_000, true)]
    [InlineData(10, false)]
    [InlineData(5_000_000, false)]
    public async Task ContentIsSentAgainWholeWhereTheServerRefusedItInTheMidst(int length, bool isExpecting)
    {
        byte[] content = new byte[length];
        new Random(1).NextBytes(content);
        byte[]? seen = null;
        int connections = 0;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            if (Interlocked.Increment(ref connections) == 1)
            {
                request.Stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestRejected);
                return;
            }

            await request.WriteAsync(Wire.Headers((":status", "100")));
            await request.ReadBodyAsync();
            seen = request.Body;
            await request.AnswerAsync(Wire.Ok);
        });
        using HttpClient client = new(new Http3Handler
        {
            SslOptions = ScriptedServer.Trust,
            EndPointCallback = _ => server.ClientOptions.RemoteEndPoint,
            Expect100ContinueTimeout = Timeout.InfiniteTimeSpan,
        });
        using HttpRequestMessage request = new(HttpMethod.Post, server.Uri) { Version = HttpVersion.Version30, Content = new ByteArrayContent(content) };
        request.Headers.ExpectContinue = isExpecting;

        using HttpResponseMessage response = await client.SendAsync(request).WaitAsync(Patience);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(content, seen);
        Assert.Equal(2, server.Connections);
    }
}
