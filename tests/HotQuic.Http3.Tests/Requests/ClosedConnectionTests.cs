using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Requests;

/// <summary>Responses that had arrived when their connection ended.</summary>
public sealed class ClosedConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>RFC 9114 §4.1: a response that is complete stands, S16: though it is read only when the connection is gone.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(50_000, true)]
    [InlineData(50_000, false)]
    public async Task S16_AResponseThatHasArrivedIsReadThoughTheConnectionIsGone(int length, bool isClosedByServer)
    {
        byte[] content = new byte[length];
        new Random(1).NextBytes(content);
        TaskCompletionSource arrived = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Frame(Http3.Frames.Http3FrameType.Data, content), Wire.Headers(("x-trailer", "t")));
            await request.Stream.WritesClosed;
            arrived.SetResult();
            if (isClosedByServer)
            {
                await connection.Transport.CloseAsync((long)Http3ErrorCode.NoError);
            }
        });
        Http3Connection client = await server.ConnectAsync();
        Http3Response response = await client.SendAsync(server.Request());
        await arrived.Task.WaitAsync(Patience);
        if (isClosedByServer)
        {
            await client.Closed.WaitAsync(Patience);
        }
        else
        {
            await client.DisposeAsync();
        }

        using MemoryStream read = new();
        await response.CopyToAsync(read).AsTask().WaitAsync(Patience);

        Assert.Equal(content, read.ToArray());
        Assert.Equal("x-trailer: t", response.Trailers[0].ToString());
        await response.DisposeAsync();
        await client.DisposeAsync();
    }
}
