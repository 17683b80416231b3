using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Connections;

/// <summary>What a server does wrong, and what a client makes of it (RFC 9114 §4.1, §6.2, §7.2, §8).</summary>
public sealed class FaultTests
{
    private static readonly byte[] Get200 = Wire.Ok;

    public static TheoryData<string, Http3ErrorCode, byte[]> ControlStreams => new()
    {
        { "§6.2.1 the first frame is not SETTINGS", Http3ErrorCode.MissingSettings, Wire.GoAway(0) },
        { "§7.2.4 SETTINGS twice", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Settings) },
        { "§9 the first frame is an unknown one", Http3ErrorCode.MissingSettings, Wire.Frame((Http3FrameType)0x21) },
        { "§7.2.4.1 a setting of HTTP/2", Http3ErrorCode.SettingsError, Wire.Frame(Http3FrameType.Settings, 0x02, 0x01) },
        { "§7.2.4 a setting twice", Http3ErrorCode.SettingsError, Wire.Frame(Http3FrameType.Settings, 0x06, 0x10, 0x06, 0x10) },
        { "§7.1 a setting cut short", Http3ErrorCode.FrameError, Wire.Frame(Http3FrameType.Settings, 0x06) },
        { "§7.2.1 DATA", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Data("x")) },
        { "§7.2.2 HEADERS", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Get200) },
        { "§7.2.5 PUSH_PROMISE", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.PushPromise, 0, 0, 0)) },
        { "§7.2.7 MAX_PUSH_ID", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.MaxPushId, 0)) },
        { "§7.2.3 CANCEL_PUSH", Http3ErrorCode.IdError, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.CancelPush, 0)) },
        { "§7.2.8 a frame of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Frame((Http3FrameType)0x06, new byte[8])) },
        { "§7.2.6 GOAWAY for a server's stream", Http3ErrorCode.IdError, Wire.Join(Wire.Settings, Wire.GoAway(1)) },
        { "§7.2.8 PRIORITY of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Frame((Http3FrameType)0x02, new byte[5])) },
        { "§7.2.8 WINDOW_UPDATE of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Frame((Http3FrameType)0x08, new byte[4])) },
        { "§7.2.8 CONTINUATION of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Settings, Wire.Frame((Http3FrameType)0x09)) },
        { "§7.1 GOAWAY without an ID", Http3ErrorCode.FrameError, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.GoAway)) },
        { "§7.1 GOAWAY that ends within its ID", Http3ErrorCode.FrameError, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.GoAway, 0x40)) },
        { "§7.1 CANCEL_PUSH with more than an ID", Http3ErrorCode.FrameError, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.CancelPush, 0, 0)) },
        { "§7.1 GOAWAY with more than an ID", Http3ErrorCode.FrameError, Wire.Join(Wire.Settings, Wire.Frame(Http3FrameType.GoAway, 0, 0)) },
    };

    public static TheoryData<string, Http3ErrorCode, byte[]> RequestStreams => new()
    {
        { "§4.1 DATA before HEADERS", Http3ErrorCode.FrameUnexpected, Wire.Data("x") },
        { "§4.1 HEADERS after trailers", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.Headers(("a", "b")), Wire.Headers(("a", "b"))) },
        { "§4.1 DATA after trailers", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.Headers(("a", "b")), Wire.Data("x")) },
        { "§7.2.4 SETTINGS", Http3ErrorCode.FrameUnexpected, Wire.Settings },
        { "§7.2.6 GOAWAY", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.GoAway(0)) },
        { "§7.2.3 CANCEL_PUSH", Http3ErrorCode.FrameUnexpected, Wire.Frame(Http3FrameType.CancelPush, 0) },
        { "§7.2.7 MAX_PUSH_ID", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.Frame(Http3FrameType.MaxPushId, 0)) },
        { "§7.2.8 PING of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.Frame((Http3FrameType)0x06, new byte[8])) },
        { "§7.2.8 WINDOW_UPDATE of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.Frame((Http3FrameType)0x08, new byte[4])) },
        { "§7.2.8 CONTINUATION of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Join(Get200, Wire.Frame((Http3FrameType)0x09)) },
        { "§4.1 DATA between interim and final response", Http3ErrorCode.FrameUnexpected, Wire.Join(Wire.Headers((":status", "103")), Wire.Data("x"), Get200) },
        { "§7.2.5 PUSH_PROMISE", Http3ErrorCode.IdError, Wire.Frame(Http3FrameType.PushPromise, 0, 0, 0) },
        { "§7.2.8 a frame of HTTP/2", Http3ErrorCode.FrameUnexpected, Wire.Frame((Http3FrameType)0x02, new byte[5]) },
        { "§7.1 a frame cut short", Http3ErrorCode.FrameError, Wire.Join(Get200, [0x00, 0x05, 1, 2]) },
        { "§7.1 a frame's header cut short", Http3ErrorCode.FrameError, Wire.Join(Get200, [0x00]) },
        { "§7.1 HEADERS cut short", Http3ErrorCode.FrameError, Get200[..^1] },
        { "RFC 9204 §2.2 a section that is none", Http3ErrorCode.QpackDecompressionFailed, Wire.Frame(Http3FrameType.Headers, 0, 0, 0xff, 0xff, 0xff) },
        { "RFC 9204 §4.5.1.1 a count that no encoder writes", Http3ErrorCode.QpackDecompressionFailed, Wire.Frame(Http3FrameType.Headers, 0xff, 0xff, 0x7f, 0x00, 0x80) },
        { "RFC 9204 §4.5.1 an empty section", Http3ErrorCode.QpackDecompressionFailed, Wire.Frame(Http3FrameType.Headers) },
    };

    public static TheoryData<string, byte[]> MalformedResponses => new()
    {
        { "§4.3.2 no :status", Wire.Headers(("server", "x")) },
        { "§4.3.2 two :status", Wire.Headers((":status", "200"), (":status", "200")) },
        { "§4.3 a late :status", Wire.Headers(("server", "x"), (":status", "200")) },
        { "§4.3 a request's pseudo-header field", Wire.Headers((":status", "200"), (":path", "/")) },
        { "§4.3.2 a status of four digits", Wire.Headers((":status", "2000")) },
        { "§4.3.2 a status that is no number", Wire.Headers((":status", "2x0")) },
        { "§4.5 a switch of protocols", Wire.Headers((":status", "101")) },
        { "§4.2 an upper case name", Wire.Headers((":status", "200"), ("Server", "x")) },
        { "§4.2 an empty name", Wire.Headers((":status", "200"), (string.Empty, "x")) },
        { "§4.2 a name with a space", Wire.Headers((":status", "200"), ("a b", "x")) },
        { "§4.1.2 a value with a line feed", Wire.Headers((":status", "200"), ("a", "x\ny")) },
        { "§4.2 Connection", Wire.Headers((":status", "200"), ("connection", "close")) },
        { "§4.3 an unknown pseudo-header field", Wire.Headers((":status", "200"), (":protocol", "x")) },
        { "§10.3 a value with a NUL", Wire.Headers((":status", "200"), ("a", "x\0y")) },
        { "§10.3 a value with a carriage return", Wire.Headers((":status", "200"), ("a", "x\ry")) },
        { "§10.3 a value with DEL", Wire.Headers((":status", "200"), ("a", "\u007f")) },
        { "§10.3 a name with a colon", Wire.Headers((":status", "200"), ("a:b", "x")) },
        { "§10.3 a name beyond ASCII", Wire.Headers((":status", "200"), ("\u00e4", "x")) },
        { "§4.2 Keep-Alive", Wire.Headers((":status", "200"), ("keep-alive", "1")) },
        { "§4.2 Proxy-Connection", Wire.Headers((":status", "200"), ("proxy-connection", "close")) },
        { "§4.2 TE in a response", Wire.Headers((":status", "200"), ("te", "trailers")) },
        { "§4.2 Transfer-Encoding in trailers", Wire.Join(Get200, Wire.Headers(("transfer-encoding", "chunked"))) },
        { "§4.2 an upper case name in an interim response", Wire.Join(Wire.Headers((":status", "103"), ("Link", "x")), Get200) },
        { "§4.3.2 a status of 99", Wire.Headers((":status", "099")) },
        { "§4.1 a second response behind the final one", Wire.Join(Get200, Wire.Headers((":status", "200"))) },
        { "§4.1.2 no content though some was promised", Wire.Headers((":status", "200"), ("content-length", "3")) },
        { "§4.1 content behind 304", Wire.Join(Wire.Headers((":status", "304")), Wire.Data("x")) },
        { "§4.2 Transfer-Encoding", Wire.Headers((":status", "200"), ("transfer-encoding", "chunked")) },
        { "§4.2 Upgrade", Wire.Headers((":status", "200"), ("upgrade", "h2c")) },
        { "§4.1.2 a content-length that is none", Wire.Headers((":status", "200"), ("content-length", "1x")) },
        { "§4.1.2 two content-lengths", Wire.Headers((":status", "200"), ("content-length", "1"), ("content-length", "2")) },
        { "§4.1.2 more than the content-length", Wire.Join(Wire.Headers((":status", "200"), ("content-length", "1")), Wire.Data("xy")) },
        { "§4.1.2 less than the content-length", Wire.Join(Wire.Headers((":status", "200"), ("content-length", "3")), Wire.Data("xy")) },
        { "§4.3 a pseudo-header field in trailers", Wire.Join(Get200, Wire.Headers((":status", "200"))) },
        { "§4.1 content behind 204", Wire.Join(Wire.Headers((":status", "204")), Wire.Data("x")) },
        { "§4.1 no response at all", [] },
        { "§4.1 an interim response only", Wire.Headers((":status", "103")) },
    };

    [Theory]
    [MemberData(nameof(ControlStreams))]
    public async Task AFaultOnTheControlStreamEndsTheConnection(string fault, Http3ErrorCode code, byte[] frames)
    {
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync(frames);
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        Assert.True(await closed.Task == code, $"{fault}: {await closed.Task}");
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(() => client.Closed);
        Assert.Equal(code, failure.ErrorCode);
        Assert.False(client.IsAcceptingRequests);
        failure = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.True(failure.IsRetrySafe);
    }

    [Theory]
    [MemberData(nameof(RequestStreams))]
    public async Task AFaultOfFramesOnARequestStreamEndsTheConnection(string fault, Http3ErrorCode code, byte[] response)
    {
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(response);
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(() => ReadAllAsync(client, server.Request()));
        Assert.Equal(code, failure.ErrorCode);
        Assert.False(failure.IsRetrySafe);
        Assert.True(await closed.Task == code, fault);
    }

    [Theory]
    [MemberData(nameof(MalformedResponses))]
    public async Task AMalformedResponseEndsItsStreamAndNoOther(string fault, byte[] response)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(response);
            request.Stream.CompleteWrites();
            request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Data("fine"));
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(() => ReadAllAsync(client, server.Request()));
        Assert.True(failure.ErrorCode == Http3ErrorCode.MessageError, $"{fault}: {failure}");
        Assert.Equal(4, await ReadAllAsync(client, server.Request()));
    }

    [Fact]
    public async Task TheServerLearnsThatAResponseIsMalformed()
    {
        TaskCompletionSource<QuicException> stopped = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Headers(("server", "x")));
            stopped.SetResult(await Assert.ThrowsAsync<QuicException>(() => request.Stream.WritesClosed));
        });
        await using Http3Connection client = await server.ConnectAsync();
        await Assert.ThrowsAsync<Http3Exception>(() => ReadAllAsync(client, server.Request()));
        Assert.Equal((long)Http3ErrorCode.MessageError, (await stopped.Task).ApplicationErrorCode);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x02)]
    [InlineData(0x03)]
    public async Task ASecondStreamOfAKindEndsTheConnection(int type)
    {
        Assert.Equal(Http3ErrorCode.StreamCreationError, await CloseCodeAfterAsync(async connection =>
        {
            await connection.OpenAsync((Http3StreamType)type, type == (int)Http3StreamType.Control ? Wire.Settings : []);
            await connection.OpenAsync((Http3StreamType)type);
        }));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x02)]
    [InlineData(0x03)]
    public async Task AClosedCriticalStreamEndsTheConnection(int type)
    {
        Assert.Equal(Http3ErrorCode.ClosedCriticalStream, await CloseCodeAfterAsync(async connection =>
        {
            QuicStream stream = await connection.OpenAsync((Http3StreamType)type, type == (int)Http3StreamType.Control ? Wire.Settings : []);
            stream.CompleteWrites();
        }));
    }

    /// <summary>RFC 9204 §8.3: wrong instructions on either stream.</summary>
    [Theory]
    [InlineData((int)Http3StreamType.QpackEncoder, "3fe2ff03", Http3ErrorCode.QpackEncoderStreamError)] // a capacity above what was offered
    [InlineData((int)Http3StreamType.QpackEncoder, "02", Http3ErrorCode.QpackEncoderStreamError)] // an entry that is not there
    [InlineData((int)Http3StreamType.QpackEncoder, "ff2400", Http3ErrorCode.QpackEncoderStreamError)] // static index 99
    [InlineData((int)Http3StreamType.QpackDecoder, "80", Http3ErrorCode.QpackDecoderStreamError)] // a section that there was not
    [InlineData((int)Http3StreamType.QpackDecoder, "00", Http3ErrorCode.QpackDecoderStreamError)] // an increment of 0
    [InlineData((int)Http3StreamType.QpackDecoder, "01", Http3ErrorCode.QpackDecoderStreamError)] // one beyond what was inserted
    public async Task AWrongQpackInstructionEndsTheConnection(int type, string instruction, Http3ErrorCode code)
    {
        Assert.Equal(code, await CloseCodeAfterAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.OpenAsync((Http3StreamType)type, Convert.FromHexString(instruction));
        }));
    }

    /// <summary>RFC 9204 §2.1.2: one stream more than may wait.</summary>
    [Fact]
    public async Task Qpk03_MoreBlockedResponsesThanWerePermittedEndTheConnection()
    {
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            for (int i = 0; i < 3; i++)
            {
                ServedRequest request = await connection.AcceptAsync();
                await request.AnswerAsync(Wire.Frame(Http3FrameType.Headers, 0x02, 0x00, 0xc0 | 25, 0x80));
            }

            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await Http3Connection.ConnectAsync(server.ClientOptions with { QpackBlockedStreams = 2 });
        Task<Http3Response>[] sending = [.. Enumerable.Range(0, 3).Select(_ => client.SendAsync(server.Request()).AsTask())];
        foreach (Task<Http3Response> request in sending)
        {
            Assert.Equal(Http3ErrorCode.QpackDecompressionFailed, (await Assert.ThrowsAsync<Http3Exception>(() => request)).ErrorCode);
        }

        Assert.Equal(Http3ErrorCode.QpackDecompressionFailed, await closed.Task);
        Assert.Equal(0, client.ActiveRequests);
    }

    [Fact]
    public async Task AResetControlStreamEndsTheConnection()
    {
        TaskCompletionSource isRead = new();
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync(Wire.Frame(Http3FrameType.Settings, 0x06, 0x10));
            await isRead.Task; // else the reset would take away what the stream is
            connection.Control.Abort(QuicAbortDirection.Write, (long)Http3ErrorCode.NoError);
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        while (client.PeerMaxFieldSectionSize is null)
        {
            await Task.Yield();
        }

        isRead.SetResult();
        Assert.Equal(Http3ErrorCode.ClosedCriticalStream, await closed.Task);
    }

    [Fact]
    public async Task AskingTheClientToEndItsControlStreamEndsTheConnection()
    {
        Assert.Equal(Http3ErrorCode.ClosedCriticalStream, await CloseCodeAfterAsync(async connection =>
        {
            await connection.StartAsync();
            QuicStream control = await connection.AcceptClientStreamAsync();
            control.Abort(QuicAbortDirection.Read, 0x100);
        }));
    }

    [Fact]
    public async Task APushStreamEndsTheConnectionSinceNoneWasAllowed()
    {
        Assert.Equal(Http3ErrorCode.IdError, await CloseCodeAfterAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.OpenAsync(Http3StreamType.Push, 0);
        }));
    }

    [Fact]
    public async Task WhatIsUnknownIsIgnored()
    {
        byte[] grease = Wire.Frame((Http3FrameType)ReservedValue.From(7), new byte[300]);
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync(Wire.Frame(Http3FrameType.Settings, 0x21, 0x05), grease);
            QuicStream unknown = await connection.OpenAsync((Http3StreamType)ReservedValue.From(3), new byte[100]);
            QuicException refusal = await Assert.ThrowsAsync<QuicException>(() => unknown.WritesClosed);
            Assert.Equal((long)Http3ErrorCode.StreamCreationError, refusal.ApplicationErrorCode);
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(grease, Wire.Ok, grease, Wire.Data("ab"), grease, Wire.Data("cd"), grease);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Assert.Equal(4, await ReadAllAsync(client, server.Request()));
    }

    private static async Task<long> ReadAllAsync(Http3Connection client, Http3Request request)
    {
        await using Http3Response response = await client.SendAsync(request);
        return await response.DrainAsync();
    }

    private static async Task<Http3ErrorCode> CloseCodeAfterAsync(Func<ServedConnection, Task> script)
    {
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await script(connection);
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        return await closed.Task;
    }
}
