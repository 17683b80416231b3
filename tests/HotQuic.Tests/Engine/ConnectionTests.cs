using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace HotQuic.Tests.Engine;

public class ConnectionTests
{
    [Fact]
    public async Task WhatTheHandshakeAgreedOnIsKnownOnBothSides()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Assert.Equal(pair.Listener.LocalEndPoint, pair.Client.RemoteEndPoint);
        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);
        Assert.Equal(pair.Listener.LocalEndPoint, pair.Server.LocalEndPoint);
        Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, pair.Client.NegotiatedCipherSuite);
        Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, pair.Server.NegotiatedCipherSuite);
        Assert.Equal(SslProtocols.Tls13, pair.Client.SslProtocol);
        Assert.NotNull(pair.Client.RemoteCertificate);
        Assert.Null(pair.Server.RemoteCertificate);
        Assert.Equal("localhost", pair.Client.TargetHostName);
    }

    [Fact]
    public async Task S12_ACloseIsAnAbortHereAndItsCodeThere()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> reading = server.ReadAsync(new byte[1]).AsTask();
        Task<QuicStream> accepting = pair.Server.AcceptInboundStreamAsync().AsTask();
        await pair.Client.CloseAsync(0x1234);
        QuicException local = await Assert.ThrowsAsync<QuicException>(() => client.ReadAsync(new byte[1]).AsTask());
        Assert.Equal(QuicError.OperationAborted, local.QuicError);
        Assert.Null(local.ApplicationErrorCode);
        foreach (Task task in new Task[] { reading, accepting, server.ReadsClosed, server.WritesClosed })
        {
            QuicException remote = await Assert.ThrowsAsync<QuicException>(() => task.WaitAsync(Pair.Patience));
            Assert.Equal(QuicError.ConnectionAborted, remote.QuicError);
            Assert.Equal(0x1234, remote.ApplicationErrorCode);
        }

        QuicException opening = await Assert.ThrowsAsync<QuicException>(async () => await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional));
        Assert.Equal(QuicError.ConnectionAborted, opening.QuicError);

        // Once closed, closing does nothing.
        await pair.Client.CloseAsync(1).AsTask().WaitAsync(Pair.Patience);
        await pair.Server.CloseAsync(1).AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task S12_DisposingSendsTheDefaultCode()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicStream> accepting = pair.Server.AcceptInboundStreamAsync().AsTask();
        await pair.Client.DisposeAsync();
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accepting.WaitAsync(Pair.Patience));
        Assert.Equal(0x42, exception.ApplicationErrorCode);
        Assert.Throws<ObjectDisposedException>(() => pair.Client.GetStatistics());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 62)]
    public async Task S12_CodesOutsideTheRangeAreRefused(long code)
    {
        await using Pair pair = await Pair.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.CloseAsync(code));
        await using QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Abort(QuicAbortDirection.Both, code));
    }

    [Fact]
    public async Task S12_NothingHeardForTheIdleTimeoutIsIdle()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options => options.IdleTimeout = TimeSpan.FromMilliseconds(200));
        foreach (QuicConnection connection in new[] { pair.Client, pair.Server })
        {
            QuicException exception = await Assert.ThrowsAsync<QuicException>(() => connection.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience));
            Assert.Equal(QuicError.ConnectionIdle, exception.QuicError);
        }
    }

    [Fact]
    public async Task S13_AcceptingStreamsThatTheOptionsDoNotAllowIsAWrongCall()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options =>
        {
            options.MaxInboundBidirectionalStreams = 0;
            options.MaxInboundUnidirectionalStreams = 0;
        });
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.AcceptInboundStreamAsync());
    }

    [Fact]
    public async Task S14_OpeningWaitsForThePeersCreditAndCancellingCostsNone()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.MaxInboundBidirectionalStreams = 1);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var source = new CancellationTokenSource();
        Task<QuicStream> cancelled = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, source.Token).AsTask();
        Task<QuicStream> waiting = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.False(waiting.IsCompleted);
        client.CompleteWrites();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        server.CompleteWrites();
        Assert.Equal(0, await client.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        await using QuicStream next = await waiting.WaitAsync(Pair.Patience);
        Assert.Equal(4, next.Id);
    }

    [Fact]
    public async Task S14_TheCapacityCallbackReportsIncrements()
    {
        var reports = new List<QuicStreamCapacityChangedArgs>();
        var complete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Pair pair = await Pair.ConnectAsync(
            server: options => options.MaxInboundBidirectionalStreams = 3,
            client: options => options.StreamCapacityCallback = (_, args) =>
            {
                lock (reports)
                {
                    reports.Add(args);
                    if (reports.Sum(each => each.BidirectionalIncrement) == 3 && reports.Sum(each => each.UnidirectionalIncrement) == 10)
                    {
                        complete.TrySetResult();
                    }
                }
            });
        await complete.Task.WaitAsync(Pair.Patience);
    }

    [SkippableFact]
    public async Task L16_APortWhereNobodyListensFailsAtOnce()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux reports dead ports on shared sockets.");
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var dead = (IPEndPoint)held.LocalEndPoint!;
        held.Dispose();
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await QuicConnection.ConnectAsync(
            Pair.ClientOptions(dead, change: options => options.HandshakeTimeout = Timeout.InfiniteTimeSpan)).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    [Fact]
    public async Task S18_AnUnknownHostIsNotFound()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(new IPEndPoint(IPAddress.Loopback, 1));
        options.RemoteEndPoint = new DnsEndPoint("no-such-host.invalid", 443);
        await Assert.ThrowsAnyAsync<SocketException>(async () => await QuicConnection.ConnectAsync(options));
    }

    [Fact]
    public async Task S18_AHostNameIsConnectedToByAnyOfItsAddresses()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        QuicClientConnectionOptions options = Pair.ClientOptions(listener.LocalEndPoint);
        options.RemoteEndPoint = new DnsEndPoint("localhost", listener.LocalEndPoint.Port);
        await using QuicConnection client = await QuicConnection.ConnectAsync(options).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
    }

    [Fact]
    public async Task AConnectionMayBindItsOwnAddress()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var local = (IPEndPoint)probe.LocalEndPoint!;
        probe.Dispose();
        await using Pair pair = await Pair.ConnectAsync(client: options => options.LocalEndPoint = local);
        Assert.Equal(local, pair.Client.LocalEndPoint);
        Assert.Equal(local, pair.Server.RemoteEndPoint);
    }

    [Fact]
    public async Task CancellingAConnectGivesItUp()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var source = new CancellationTokenSource();
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Pair.ClientOptions((IPEndPoint)silent.LocalEndPoint!), source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task KeysAreUpdatedAndDataGoesOn()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        pair.Client.UpdateKeys();
        byte[] one = new byte[1];
        for (int i = 0; i < 500 && pair.Server.GetStatistics().KeyUpdatesReceived == 0; i++)
        {
            await client.WriteAsync(one);
            Assert.Equal(1, await server.ReadAsync(one).AsTask().WaitAsync(Pair.Patience));
        }

        Assert.Equal(1, pair.Server.GetStatistics().KeyUpdatesReceived);
        Assert.Equal(1, pair.Client.GetStatistics().KeyUpdatesInitiated);
    }

    [Fact]
    public async Task StatisticsCountWhatWentOverTheWire()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[50_000], completeWrites: true);
        await server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        QuicConnectionStatistics statistics = pair.Client.GetStatistics();
        Assert.InRange(statistics.BytesSent, 50_000, 200_000);
        Assert.True(statistics.PacketsSent >= 30);
        Assert.True(statistics.PacketsReceived > 0);
        Assert.True(statistics.SmoothedRtt > TimeSpan.Zero);
        Assert.True(statistics.CongestionWindow >= 2400);
        Assert.InRange(statistics.LargestUdpPayloadSent, 1200, 1452);
        Assert.Equal(QuicKeyExchangeGroup.X25519, statistics.KeyExchangeGroup);
        Assert.Equal(1u, statistics.Version);
        Assert.False(statistics.UsedRetry);
    }

    [Fact]
    public async Task AServerMayAskForAnotherGroup()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.Transport.KeyExchangeGroups = [QuicKeyExchangeGroup.Secp384r1]);
        Assert.Equal(QuicKeyExchangeGroup.Secp384r1, pair.Client.GetStatistics().KeyExchangeGroup);
        Assert.Equal(QuicKeyExchangeGroup.Secp384r1, pair.Server.GetStatistics().KeyExchangeGroup);
    }

    [SkippableTheory]
    [InlineData(TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData(TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    public async Task CipherSuitesFollowThePolicy(TlsCipherSuite suite)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The platform has policies on Linux only.");
#pragma warning disable CA1416 // Skipped elsewhere.
        await using Pair pair = await Pair.ConnectAsync(client: options => options.ClientAuthenticationOptions.CipherSuitesPolicy = new CipherSuitesPolicy([suite]));
#pragma warning restore CA1416
        Assert.Equal(suite, pair.Server.NegotiatedCipherSuite);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[10_000], completeWrites: true);
        using var received = new MemoryStream();
        await server.CopyToAsync(received).WaitAsync(Pair.Patience);
        Assert.Equal(10_000, received.Length);
    }

    [Fact]
    public async Task AServerThatSpeaksNoVersionOfOursIsAVersionNegotiationError()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        QuicException exception = await Assert.ThrowsAsync<QuicException>(async () => await QuicConnection.ConnectAsync(
            Pair.ClientOptions(listener.LocalEndPoint, change: options => options.FirstVersion = 0x1a2a3a4a)).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.VersionNegotiationError, exception.QuicError);
    }

    [Fact]
    public async Task S10_AConnectionNobodyCanReachAnyMoreIsClosed()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        await AbandonAsync(listener.LocalEndPoint);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Task<QuicStream> accept = server.AcceptInboundStreamAsync().AsTask();
        for (int i = 0; i < 1000 && !accept.IsCompleted; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10);
        }

        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(0x42, exception.ApplicationErrorCode);
    }

    [Fact]
    public async Task S10_AConnectionSomebodyWaitsOnSurvivesCollection()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> reading = ReadOnlyAsync(pair);
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        await using QuicStream stream = await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[5]);
        Assert.Equal(5, await reading.WaitAsync(Pair.Patience));
        Assert.True(client.CanRead && server.CanRead);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task AbandonAsync(IPEndPoint to) => _ = await QuicConnection.ConnectAsync(Pair.ClientOptions(to));

    private static async Task<int> ReadOnlyAsync(Pair pair) =>
        await (await pair.Client.AcceptInboundStreamAsync()).ReadAsync(new byte[10]);
}
