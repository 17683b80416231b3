using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Connections;

/// <summary>What a client says before anybody asks, and the streams that carry no requests (RFC 9114 §3.2, §6, §7.2.4).</summary>
public sealed class SetupTests
{
    /// <summary>RFC 9114 §7.2.4.2: nothing of the server's is waited for, neither for SETTINGS nor for requests.</summary>
    [Fact]
    public async Task Hcon05_Hfrm12_SettingsAndRequestsAreSentThoughTheServerHasSaidNothing()
    {
        List<Http3StreamType> types = [];
        Http3Settings settings = default;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            ServedRequest request = await connection.AcceptAsync();
            for (int i = 0; i < 3; i++)
            {
                QuicStream stream = await connection.AcceptClientStreamAsync();
                byte[] bytes = new byte[1000];
                int length = await stream.ReadAtLeastAsync(bytes, i == 0 ? 2 : 1);
                types.Add((Http3StreamType)bytes[0]);
                if (i == 0)
                {
                    (Http3FrameType type, byte[] payload) = Assert.Single(Wire.Frames(bytes.AsSpan(1, length - 1)));
                    Assert.Equal(Http3FrameType.Settings, type);
                    Assert.Null(Http3Settings.Read(payload, out settings));
                    Assert.Contains(Identifiers(payload), ReservedValue.Is);
                }
            }

            await request.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await Http3Connection.ConnectAsync(
            server.ClientOptions with { MaxFieldSectionSize = 5000, QpackTableCapacity = 600, QpackBlockedStreams = 7 });
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(200, response.Status);
        Assert.Equal([Http3StreamType.Control, Http3StreamType.QpackEncoder, Http3StreamType.QpackDecoder], types);
        Assert.Equal(new Http3Settings { MaximumFieldSectionSize = 5000, QpackMaximumTableCapacity = 600, QpackBlockedStreams = 7 }, settings);
    }

    /// <summary>RFC 9114 §6.1, §6.2: no bidirectional streams of the server's, which would be a fault, and room for three others.</summary>
    [Fact]
    public async Task Hcon04_Hstr01_Hstr02_TheServerLearnsTheHostAndMayOpenUnidirectionalStreamsOnly()
    {
        TaskCompletionSource<(string Host, QuicTransportParameters Parameters)> seen = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            seen.SetResult((connection.Transport.TargetHostName, connection.Transport.PeerTransportParameters!));
            await connection.StartAsync();
        });
        await using Http3Connection client = await server.ConnectAsync();
        (string host, QuicTransportParameters parameters) = await seen.Task;
        Assert.Equal("localhost", host);
        Assert.Equal(0, parameters.InitialMaxBidirectionalStreams);
        Assert.InRange(parameters.InitialMaxUnidirectionalStreams, 3, 100);
        Assert.InRange(parameters.InitialMaxStreamDataUnidirectional, 1024, long.MaxValue);
    }

    /// <summary>RFC 9114 §6.2: a stream that ends before anybody knows what it is for harms nothing.</summary>
    [Fact]
    public async Task Hstr05_Hstr06_StreamsMayEndBeforeTheirTypeAndATypeMayComeByteByByte()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            for (int i = 0; i < 50; i++)
            {
                QuicStream stream = await connection.Transport.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
                await stream.WriteAsync((byte[])[0xc0, 0x00]); // two bytes of eight
                if (i % 2 == 0)
                {
                    stream.CompleteWrites();
                }
                else
                {
                    stream.Abort(QuicAbortDirection.Write, (long)Http3ErrorCode.NoError);
                }
            }

            QuicStream control = await connection.Transport.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            foreach (byte next in (byte[])[0x40, 0x00, .. Wire.Frame(Http3FrameType.Settings, 0x06, 0x44, 0x00)])
            {
                await control.WriteAsync(new[] { next });
            }

            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        while (client.PeerMaxFieldSectionSize is null)
        {
            await Task.Yield();
        }

        Assert.Equal(1024, client.PeerMaxFieldSectionSize);
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(200, response.Status);
    }

    /// <summary>RFC 9114 §6.2.1: the control stream never waits for room, however much it carries.</summary>
    [Fact]
    public async Task Hstr10_AControlStreamMayCarryMegabytes()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            byte[] reserved = Wire.Frame((Http3FrameType)ReservedValue.From(5), new byte[100_000]);
            for (int i = 0; i < 100; i++)
            {
                await connection.Control.WriteAsync(reserved);
            }

            ServedRequest request = await connection.AcceptAsync();
            await connection.Control.WriteAsync(Wire.GoAway((ulong)request.Stream.Id));
            await connection.WhenClosedAsync();
        });
        await using Http3Connection client = await server.ConnectAsync();
        Assert.True((await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()))).IsRetrySafe);
        await client.Closed;
    }

    /// <summary>RFC 9204 §4.2: both streams may be there though nothing may be said on them.</summary>
    [Fact]
    public async Task Qpk15_TheServerMayOpenQpackStreamsWithoutATable()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.OpenAsync(Http3StreamType.QpackEncoder);
            await connection.OpenAsync(Http3StreamType.QpackDecoder);
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await Http3Connection.ConnectAsync(server.ClientOptions with { QpackTableCapacity = 0, QpackBlockedStreams = 0 });
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(200, response.Status);
        Assert.True(client.IsAcceptingRequests);
    }

    /// <summary>RFC 9114 §8: a code that is not known is H3_NO_ERROR.</summary>
    [Theory]
    [InlineData(0x21)]
    [InlineData(0x100)]
    [InlineData(0x12345)]
    public async Task Herr01_AnUnknownCodeIsNoError(long code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.AcceptAsync();
            await connection.Transport.CloseAsync(code);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.Equal(code, (long?)failure.ErrorCode);
        Assert.False(failure.IsRetrySafe);
        await client.Closed;
    }

    [Fact]
    public async Task OptionsAreEqualByWhatTheySayAndACopyGoesWhereItSays()
    {
        await using ScriptedServer one = await ScriptedServer.StartAsync(connection => connection.StartAsync());
        await using ScriptedServer other = await ScriptedServer.StartAsync(connection => connection.StartAsync());
        Http3ConnectionOptions options = one.ClientOptions;
        Http3ConnectionOptions same = options with { };
        await using Http3Connection first = await Http3Connection.ConnectAsync(options);
        Assert.Equal(same, options);
        Assert.Equal(same.GetHashCode(), options.GetHashCode());
        await using Http3Connection second = await Http3Connection.ConnectAsync(options with { RemoteEndPoint = other.ClientOptions.RemoteEndPoint });
        Assert.Equal(other.Port, second.Transport.RemoteEndPoint.Port);
    }

    private static List<ulong> Identifiers(byte[] payload)
    {
        List<ulong> identifiers = [];
        for (int position = 0; position < payload.Length;)
        {
            VarInt.TryRead(payload.AsSpan(position), out ulong identifier, out int length);
            position += length;
            VarInt.TryRead(payload.AsSpan(position), out _, out length);
            position += length;
            identifiers.Add(identifier);
        }

        return identifiers;
    }
}
