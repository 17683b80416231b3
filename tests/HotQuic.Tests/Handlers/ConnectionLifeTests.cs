using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Listener;

namespace HotQuic.Tests.Handlers;

/// <summary>How connections of handlers begin and end.</summary>
public sealed class ConnectionLifeTests
{
    [Fact]
    public async Task BothSidesKnowWhatWasAgreedOn()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync();

        IPEndPoint? remote = null;
        await pair.OnClientAsync(() =>
        {
            QuicConnectionHandle connection = pair.ClientConnection;
            remote = connection.LocalEndPoint;
            Assert.Equal(Pair.Protocol, connection.NegotiatedApplicationProtocol.ToString());
            Assert.Equal("localhost", connection.ServerName);
            Assert.NotNull(connection.RemoteCertificate);
            Assert.True(connection.GetStatistics().PacketsReceived > 0);
            connection.State = "mine";
            Assert.Equal("mine", connection.State);
        });
        await pair.OnServerAsync(() =>
        {
            QuicConnectionHandle connection = pair.ServerConnection;
            Assert.Equal(remote!.Port, connection.RemoteEndPoint.Port);
            Assert.Equal("localhost", connection.ServerName);
            Assert.Null(connection.RemoteCertificate);
        });
    }

    /// <summary>S19: a client that shows no certificate is judged as any other, and what it sends meanwhile waits for that.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task S19_AClientIsHeardOnceItWasJudged(bool isAccepted)
    {
        using var isJudged = new ManualResetEventSlim();
        var judging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = new ConcurrentQueue<string>();
        var stream = new StreamProbe();
        await using HandlerPair pair = HandlerPair.Start(
            server: probe =>
            {
                probe.Connected = _ => calls.Enqueue("connected");
                probe.Stream = (_, _) =>
                {
                    calls.Enqueue("stream");
                    return new StreamProbe { Data = (_, data, _) => Heard(data.Length) };
                };
                probe.Datagram = (_, _) => calls.Enqueue("datagram");
                probe.Closed = (_, _) => calls.Enqueue("closed");
            },
            client: probe => probe.Connected = connection =>
            {
                Assert.True(connection.TryOpenStream(QuicStreamType.Bidirectional, stream, state: null, out QuicStreamHandle opened));
                opened.Write([1], completeWrites: true);
                Assert.True(connection.TrySendDatagram([2]));
            },
            serverOptions: options =>
            {
                options.Transport.MaxDatagramFrameSize = 1000;
                options.ServerAuthenticationOptions.ClientCertificateRequired = true;
                options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) =>
                {
                    judging.SetResult();
                    return isJudged.Wait(Pair.Patience) && isAccepted;
                };
            });
        await pair.Client.WhenConnected;
        await judging.Task.WaitAsync(Pair.Patience);
        Assert.Empty(calls);
        isJudged.Set();
        if (isAccepted)
        {
            await pair.Server.WhenConnected;
            await ServerProbe.EventuallyAsync(() => calls.Count == 4);
            Assert.Equal("connected", calls.First());
            Assert.Equal(["connected", "data 1", "datagram", "stream"], calls.Order());
        }
        else
        {
            Assert.Equal(0x174, (await pair.Server.WhenClosed).TransportErrorCode);
            Assert.Equal(0x174, (await pair.Client.WhenClosed).TransportErrorCode);
            Assert.Equal(["closed"], calls);
        }

        int Heard(int length)
        {
            calls.Enqueue($"data {length}");
            return length;
        }
    }

    [Fact]
    public async Task KeysCanBeUpdated()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, _) => new StreamProbe { Data = (stream, data, isEnd) => stream.Write(data, isEnd) });
        long updates = 0;

        // Permitted once the handshake is confirmed, which an answer on a stream is enough for (RFC 9001 §6.1).
        await EchoAsync(pair);
        await pair.OnClientAsync(() => pair.ClientConnection.UpdateKeys());
        await EchoAsync(pair);
        await pair.OnClientAsync(() => updates = pair.ClientConnection.GetStatistics().KeyUpdatesInitiated);

        Assert.Equal(1, updates);
    }

    [Fact]
    public async Task ACloseTellsBothSidesAndEachOfTheStreams()
    {
        var atServer = new StreamProbe();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => atServer);
        var atClient = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(atClient);
        await pair.OnClientAsync(() => stream.Write([1]));
        Assert.Equal("data 1", await atServer.NextAsync());

        await pair.OnClientAsync(() => pair.ClientConnection.Close(0x1234));

        QuicCloseReason here = await pair.Client.WhenClosed;
        QuicCloseReason there = await pair.Server.WhenClosed;
        Assert.Equal((QuicError.OperationAborted, null), (here.Error, here.ApplicationErrorCode));
        Assert.Equal((QuicError.ConnectionAborted, 0x1234L), (there.Error, there.ApplicationErrorCode));
        Assert.Equal("closed", await atClient.NextAsync());
        Assert.Equal("closed", await atServer.NextAsync());
    }

    [Fact]
    public async Task ClosedStreamsComeBeforeTheirConnection()
    {
        var order = new List<string>();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(client: probe => probe.Closed = (_, _) => order.Add("connection"));
        for (int i = 0; i < 3; i++)
        {
            await pair.OpenAsync(new StreamProbe { Closed = stream => order.Add($"stream {stream.Id} {stream.State ?? "no state"}") });
        }

        await pair.OnClientAsync(() => pair.ClientConnection.Close(0));
        await pair.Client.WhenClosed;
        await pair.Server.WhenClosed;

        Assert.Equal(["stream 0 no state", "stream 4 no state", "stream 8 no state", "connection"], order);
    }

    /// <summary>A close inside any call is the last thing that the handlers do: nothing but ends is told after it.</summary>
    [Theory]
    [InlineData("connected")]
    [InlineData("stream")]
    [InlineData("data")]
    [InlineData("message")]
    [InlineData("stream closed")]
    public async Task ACloseInsideACallIsTheLastWord(string callback)
    {
        var calls = new List<string>();
        var stream = new StreamProbe
        {
            Data = (each, data, _) =>
            {
                calls.Add("data");
                CloseIf("data", each.Connection);
                return data.Length;
            },
            Closed = each => CloseIf("stream closed", each.Connection),
        };
        await using HandlerPair pair = HandlerPair.Start(server: probe =>
        {
            probe.Connected = connection => CloseIf("connected", connection);
            probe.Message = (connection, _) => CloseIf("message", connection);
            probe.Stream = (connection, _) =>
            {
                CloseIf("stream", connection);
                return stream;
            };
        });
        await pair.Client.WhenConnected;
        pair.ClientConnection.Post("open");
        pair.Client.Message = (connection, _) => Send(connection);
        pair.ClientConnection.Post("again");
        if (callback == "message")
        {
            (await pair.Server.WhenConnected).Post("close");
        }

        Assert.Equal(QuicError.OperationAborted, (await pair.Server.WhenClosed).Error);
        Assert.Equal(9, (await pair.Client.WhenClosed).ApplicationErrorCode);
        Assert.True(callback is not ("connected" or "stream") || calls.Count == 0);
        Assert.True(callback != "data" || calls.Count == 1);

        void CloseIf(string here, QuicConnectionHandle connection)
        {
            if (here == callback)
            {
                connection.Close(9);
            }
        }

        void Send(QuicConnectionHandle connection)
        {
            if (connection.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), state: null, out QuicStreamHandle opened))
            {
                opened.Write(new byte[20_000]);
                opened.Abort(QuicAbortDirection.Read, 1);
                if (callback == "stream closed")
                {
                    opened.Abort(QuicAbortDirection.Write, 1);
                }
            }
        }
    }

    [Fact]
    public async Task StreamsBeyondThePeersLimitAreOpenedWhenItGrows()
    {
        int opened = 0;
        bool beyond = true;
        await using HandlerPair pair = HandlerPair.Start(
            server: probe => probe.Stream = (_, _) => new StreamProbe { Data = (stream, data, isEnd) => stream.Write(data, isEnd) },
            serverOptions: options => options.MaxInboundBidirectionalStreams = 3,
            client: probe => probe.Connected = connection =>
            {
                while (connection.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), state: null, out QuicStreamHandle stream))
                {
                    opened++;
                    stream.Write([1], completeWrites: true);
                }

                beyond = connection.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), state: null, out _);
            });

        Assert.Equal((0, 10), await pair.Client.NextLimitsAsync());
        Assert.Equal((3, false), (opened, beyond));
        (int bidirectional, int unidirectional) = await pair.Client.NextLimitsAsync();
        Assert.InRange(bidirectional, 1, 3);
        Assert.Equal(10, unidirectional);
        await pair.OnClientAsync(() => Assert.True(
            pair.ClientConnection.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), state: null, out _)));
    }

    [Fact]
    public async Task AHostWhereNobodyListensRefuses()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var probe = new ConnectionProbe();

        QuicConnectionHandle connection = QuicClient.Connect(
            HandlerPair.ClientConfiguration(), new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)reserved.LocalEndPoint!).Port), probe);

        QuicCloseReason reason = await probe.WhenClosed;
        Assert.Equal(QuicError.ConnectionRefused, reason.Error);
        Assert.IsType<SocketException>(reason.ToException());
        await ServerProbe.EventuallyAsync(() => !connection.IsValid);
    }

    [Fact]
    public async Task AnAddressThatCannotBeBoundIsToldAsTheEnd()
    {
        var probe = new ConnectionProbe();
        QuicClientConfiguration configuration = HandlerPair.ClientConfiguration(
            options => options.LocalEndPoint = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 0));

        QuicClient.Connect(configuration, new IPEndPoint(IPAddress.Loopback, 9), probe, state: "state");

        QuicCloseReason reason = await probe.WhenClosed;
        Assert.IsType<SocketException>(reason.ToException().InnerException);
    }

    [Fact]
    public async Task ACertificateThatIsNotTrustedEndsTheAttempt()
    {
        await using HandlerPair pair = HandlerPair.Start(
            clientOptions: options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => false);

        QuicCloseReason reason = await pair.Client.WhenClosed;

        Assert.Equal(QuicError.TransportError, reason.Error);
        Assert.InRange(reason.TransportErrorCode!.Value, 0x100, 0x1ff);
        Assert.IsType<System.Security.Authentication.AuthenticationException>(reason.ToException());
        await pair.Server.WhenClosed;
    }

    private static async Task EchoAsync(HandlerPair pair)
    {
        var probe = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(probe);
        await pair.OnClientAsync(() => stream.Write([1], completeWrites: true));
        await probe.WhenEnded;
    }
}
