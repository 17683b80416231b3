using System.Net;
using HotQuic.Core.Errors;
using HotQuic.Ports;
using HotQuic.Shards;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Listener;
using HotQuic.Udp;

namespace HotQuic.Tests.Shards;

/// <summary>Datagrams that land at another shard than that of their connection: they cross, and no connection notices.</summary>
[Collection("listener sockets")]
public sealed class ForwardingTests
{
    private const int Shards = 4;
    private const int Connections = 12;

    /// <summary>A filter that reads beyond the end of everything: all lands at the first shard.</summary>
    private static readonly ShardSteering Nowhere = new(LongHeaderOffset: 65_535, ShortHeaderOffset: 65_535);

    [SkippableFact]
    public async Task EveryConnectionReachesItsShardWhereEverythingLandsAtOne()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux shares a port among shards.");
        using QuicEngine engine = EverythingLandsAtTheFirst();
        await using QuicListener listener = await QuicListener.ListenOnAsync(engine, Pair.ListenerOptions(QuicIoMode.Offload), CancellationToken.None);

        Task echoing = Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => EchoOneAsync(listener)));
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(seed => TransferAsync(listener.LocalEndPoint, seed)));
        await echoing.WaitAsync(Pair.Patience);

        PortTotals totals = engine.Ports.ReadTotals();
        Assert.True(totals[PortCounter.ForwardedOut] > Connections, "Nothing crossed.");
        Assert.Equal(totals[PortCounter.ForwardedOut], totals[PortCounter.ForwardedIn]);
        Assert.Equal(totals[PortCounter.ForwardedOut], listener.GetStatistics().DatagramsForwarded);

        // A shard that does not know a connection says so in a reset, and ends it.
        Assert.Equal(0, listener.GetStatistics().StatelessResetsSent);
        Assert.Equal(Connections, listener.GetStatistics().ConnectionsAccepted);
    }

    [SkippableFact]
    public async Task NothingCrossesWhereTheKernelSteers()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux shares a port among shards.");
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = Shards });
        await using QuicListener listener = await QuicListener.ListenOnAsync(engine, Pair.ListenerOptions(QuicIoMode.Offload), CancellationToken.None);

        Task echoing = Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => EchoOneAsync(listener)));
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(seed => TransferAsync(listener.LocalEndPoint, seed)));
        await echoing.WaitAsync(Pair.Patience);

        Assert.Equal(Connections, listener.GetStatistics().ConnectionsAccepted);
        Assert.Equal(0, engine.Ports.ReadTotals()[PortCounter.ForwardedOut]);
    }

    /// <summary>RFC 9000 §9: shared with other processes, the port is spread by address, which a NAT changes.</summary>
    [SkippableFact]
    public async Task AConnectionWhoseAddressChangesStaysWithItsShardWhereNothingSteers()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux shares a port among shards.");
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = Shards });
        QuicListenerOptions options = Pair.ListenerOptions(QuicIoMode.Offload);
        options.SharesPort = true;
        await using UdpRelay relay = await UdpRelay.ConnectAsync(listen: () => QuicListener.ListenOnAsync(engine, options, CancellationToken.None));
        while (engine.Ports.ReadTotals()[PortCounter.ForwardedIn] == 0)
        {
            // One address in so many leads to the connection's own shard.
            relay.Rebind();
            await EchoAsync(relay.Client, relay.Server);
        }

        Assert.Equal(0, engine.Ports.ReadTotals()[Core.Endpoints.StatelessAnswer.Reset]);
    }

    /// <summary>The kernel steers a train by its first segment; a client socket may put any number of connections in one.</summary>
    [SkippableFact]
    public async Task TheSegmentsOfATrainThatMixesConnectionsReachEachItsShard()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux sends trains.");
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = Shards });
        var options = new QuicServerOptions
        {
            IoMode = QuicIoMode.Offload,
            OverloadLimit = Timeout.InfiniteTimeSpan,
            OverloadDropLimit = Timeout.InfiniteTimeSpan,
        };
        await using var server = new QuicServer(engine, new ServerProbe(), options);
        server.Start(ServerProbe.Loopback());
        IPEndPoint to = server.LocalEndPoints[0];
        using var client = new RawClient();
        byte[][] initials = [.. Enumerable.Range(0, Shards).Select(shard => InitialFor(client, to, shard))];
        using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions());
        Skip.IfNot(socket.Capabilities.Gso, "The kernel does not segment.");

        socket.Send(new SendRequest { Payload = initials.SelectMany(initial => initial).ToArray(), SegmentSize = 1200, Remote = UdpAddress.From(to) });

        await ServerProbe.EventuallyAsync(() => engine.Shards.ToArray().All(shard => shard.Endpoint.Statistics.ConnectionsAccepted == 1));
        Assert.Equal(Shards - 1, engine.Ports.ReadTotals()[PortCounter.ForwardedIn]);
        Assert.Equal(Shards - 1, server.GetStatistics().DatagramsForwarded);
    }

    [SkippableFact]
    public async Task WhatAnotherShardAnswersComesFromThePortAndOnce()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux shares a port among shards.");
        using QuicEngine engine = EverythingLandsAtTheFirst();
        await using QuicListener listener = await QuicListener.ListenOnAsync(engine, Pair.ListenerOptions(QuicIoMode.Offload), CancellationToken.None);
        using var client = new RawClient();

        client.Send(listener.LocalEndPoint, RawClient.Orphan(2));

        (byte[] reset, IPEndPoint from) = await client.ReceiveAsync();
        Assert.Equal(listener.LocalEndPoint, from);
        Assert.InRange(reset.Length, 21, 99);
        Assert.Equal(1, engine.Shards[2].Endpoint.Statistics.StatelessResetsSent);
        Assert.Equal(1, listener.GetStatistics().StatelessResetsSent);
        Assert.False(client.HasReceived);
    }

    [SkippableFact]
    public async Task WhatIsTooMuchForAShardThatIsBusyIsDroppedAndCounted()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux shares a port among shards.");
        const int tooMany = ForwardingPool.Capacity + 100;
        using QuicEngine engine = EverythingLandsAtTheFirst();
        await using QuicListener listener = await QuicListener.ListenOnAsync(engine, Pair.ListenerOptions(QuicIoMode.Offload), CancellationToken.None);
        using var client = new RawClient();
        using var free = new ManualResetEventSlim();
        Task busy = engine.Shards[3].RunAsync(_ => free.Wait());

        for (int i = 0; i < tooMany; i++)
        {
            client.Send(listener.LocalEndPoint, RawClient.Orphan(3));
        }

        await ServerProbe.EventuallyAsync(() => engine.Ports.ReadTotals() is var seen && seen[PortCounter.ForwardedOut] + seen[DropReason.ForwardingFull] == tooMany);
        free.Set();
        await busy;
        await ServerProbe.EventuallyAsync(() => engine.Ports.ReadTotals()[PortCounter.ForwardedIn] == ForwardingPool.Capacity);
        Assert.Equal(tooMany - ForwardingPool.Capacity, engine.Ports.ReadTotals()[DropReason.ForwardingFull]);

        // What was handled is free again.
        client.Send(listener.LocalEndPoint, RawClient.Orphan(3));
        await ServerProbe.EventuallyAsync(() => engine.Ports.ReadTotals()[PortCounter.ForwardedIn] == ForwardingPool.Capacity + 1);
    }

    /// <summary>A client's socket is one shard's alone: whatever comes there, no other shard is troubled, and nobody is answered.</summary>
    [Fact]
    public async Task WhatComesToAClientsSocketGoesToNoOtherShard()
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = 2 });
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        await using QuicConnection connection = await QuicConnection.ConnectOnAsync(
            engine, Pair.ClientOptions(listener.LocalEndPoint), CancellationToken.None).AsTask().WaitAsync(Pair.Patience);
        using var stranger = new RawClient();
        Shard own = engine.Shards.ToArray().Single(shard => shard.ConnectionCount == 1);

        for (byte id = 1; id <= 8; id++)
        {
            stranger.Send(new IPEndPoint(IPAddress.Loopback, connection.LocalEndPoint.Port), RawClient.Orphan(id));
        }

        await ServerProbe.EventuallyAsync(() => own.Endpoint.Statistics.DropsFor(DropReason.UnknownConnection) == 8);
        Assert.Equal(0, engine.Shards.ToArray().Single(shard => shard != own).Endpoint.Statistics.DatagramsReceived);
        Assert.False(stranger.HasReceived);
    }

    private static QuicEngine EverythingLandsAtTheFirst() =>
        new(new QuicEngineOptions { Shards = Shards }, static (options, shards) => UdpSocket.BindShards(options, shards, Nowhere));

    private static byte[] InitialFor(RawClient client, IPEndPoint to, int shard)
    {
        while (true)
        {
            byte[] initial = Assert.Single(client.FirstFlight(to, Pair.Protocol));
            if (initial[6] % Shards == shard)
            {
                Assert.Equal(1200, initial.Length);
                return initial;
            }
        }
    }

    /// <summary>A connection that sends, and gets back what it sent.</summary>
    private static async Task TransferAsync(IPEndPoint to, int seed)
    {
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(to)).AsTask().WaitAsync(Pair.Patience);
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask().WaitAsync(Pair.Patience);
        byte[] sent = new byte[300_000];
        byte[] received = new byte[sent.Length];
        new Random(seed).NextBytes(sent);
        Task writing = stream.WriteAsync(sent, completeWrites: true).AsTask();
        await Task.WhenAll(writing, stream.ReadExactlyAsync(received).AsTask()).WaitAsync(Pair.Patience);
        Assert.Equal(sent, received);
    }

    private static async Task EchoOneAsync(QuicListener listener)
    {
        await using QuicConnection server = await listener.AcceptConnectionAsync();
        await using QuicStream stream = await server.AcceptInboundStreamAsync();
        await stream.CopyToAsync(stream);
        stream.CompleteWrites();

        // The client closes when it has everything.
        await Assert.ThrowsAsync<QuicException>(() => server.AcceptInboundStreamAsync().AsTask());
    }

    private static async Task EchoAsync(QuicConnection client, QuicConnection server)
    {
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask().WaitAsync(Pair.Patience);
        await stream.WriteAsync(new byte[1], completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        await using QuicStream peer = await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        await peer.WriteAsync(new byte[1], completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(1, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(1, await peer.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
    }
}
