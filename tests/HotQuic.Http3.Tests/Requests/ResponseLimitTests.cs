using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Requests;

/// <summary>Responses that come to no end, or are larger than somebody likes (RFC 9114 §4.1.1, §4.2.2, §10.5).</summary>
public sealed class ResponseLimitTests
{
    /// <summary>RFC 9114 §4.1.1: what was received of a response that is then given up is not passed for all of it.</summary>
    [Fact]
    public async Task Hmsg10_AResetHalfWayFailsWhoeverReads()
    {
        TaskCompletionSource read = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok, Wire.Data("half"));
            await read.Task;
            request.Stream.Abort(QuicAbortDirection.Write, (long)Http3ErrorCode.InternalError);
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(4, await response.ReadAsync(new byte[4]));
        read.SetResult();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(async () => await response.ReadAsync(new byte[4]));
        Assert.Equal(Http3ErrorCode.InternalError, failure.ErrorCode);
        Assert.False(failure.IsRetrySafe);
    }

    /// <summary>RFC 9114 §10.5: interim responses without end.</summary>
    [Fact]
    public async Task Herr04_InterimResponsesWithoutEndGiveUpTheRequestAndNoOther()
    {
        TaskCompletionSource<long?> code = new();
        int seen = 0;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            try
            {
                while (true)
                {
                    await request.WriteAsync(Wire.Headers((":status", "103"), ("link", "</x>")));
                }
            }
            catch (QuicException e)
            {
                code.SetResult(e.ApplicationErrorCode);
            }

            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(
            async () => await client.SendAsync(new Http3Request("GET", server.Uri) { InterimCallback = (_, _) => seen++ }));
        Assert.Equal(Http3ErrorCode.ExcessiveLoad, failure.ErrorCode);
        Assert.Equal(100, seen);
        Assert.Equal((long)Http3ErrorCode.ExcessiveLoad, await code.Task);
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(200, response.Status);
    }

    [Fact]
    public async Task FieldsBeyondTheLimitGiveUpTheRequestAndNoOther()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Headers((":status", "200"), ("a", new string('x', 3000)), ("b", new string('y', 3000))));
            request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await Http3Connection.ConnectAsync(server.ClientOptions with { MaxFieldSectionSize = 4096 });
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.Equal(Http3ErrorCode.RequestCancelled, failure.ErrorCode);
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(200, response.Status);
    }

    [Fact]
    public async Task FieldsBeyondTheServersLimitAreNotSent()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync(Wire.Frame(Http3FrameType.Settings, 0x06, 0x40, 0xf0)); // 240 bytes
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        using (Http3Response response = await client.SendAsync(server.Request()))
        {
            while (client.PeerMaxFieldSectionSize is null)
            {
                await Task.Yield();
            }
        }

        Assert.Equal(240, client.PeerMaxFieldSectionSize);
        Http3Request large = new("GET", server.Uri, [new("x", new string('x', 100))]);
        await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(large));
    }

    /// <summary>A section may be larger than the window that its stream begins with: whoever needs all of it at once is given room for it.</summary>
    [Fact]
    public async Task FieldsMayBeLargerThanTheWindowThatTheyComeThrough()
    {
        (string Name, string Value)[] fields = [(":status", "200"), .. Enumerable.Range(0, 60).Select(index => ($"x-{index}", new string((char)('a' + (index % 26)), 50_000)))];
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Headers(fields), Wire.Data("x"));
        });
        Http3ConnectionOptions options = server.ClientOptions with
        {
            MaxFieldSectionSize = 4_000_000,
            InitialReceiveWindowSizes = new() { Connection = 100_000, LocallyInitiatedBidirectionalStream = 20_000 },
        };
        await using Http3Connection client = await Http3Connection.ConnectAsync(options);
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(60, response.Fields.Count);
        Assert.True(response.Fields.TryGetValue("x-59"u8, out ReadOnlySpan<byte> last));
        Assert.Equal(50_000, last.Length);
        Assert.Equal(1, await response.DrainAsync());
    }
}
