using System.Collections.Concurrent;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Soak;

/// <summary>Peers that vanish without a word cost a server nothing for longer than its time limits.</summary>
[Collection(AloneCollection.Name)]
public class UncleanEndTests
{
    private const int Clients = 500;
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(3);

    /// <summary>RFC 9000 §10.1: what is left of connections whose clients are gone ends with the idle timeout.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ConnectionsOfClientsThatAreGoneEndByTheIdleTimeout(bool isHandled)
    {
        using var faults = new UnobservedFaults();
        using QuicEngine servers = SoakEngine.Create();
        using QuicEngine clients = SoakEngine.Create();
        await using QuicServer server = SoakEngine.Serve(servers, new EchoConnectionHandler(), options => options.IdleTimeout = IdleTimeout);
        await using QuicListener listener = await SoakEngine.ListenAsync(servers, options => options.IdleTimeout = IdleTimeout);
        var accepted = new List<QuicConnection>();

        // One that nobody holds would be closed when it is collected.
        var held = new List<QuicConnection>();
        for (int i = 0; i < Clients; i++)
        {
            QuicConnection client = await SoakEngine.ConnectAsync(clients, isHandled ? server.LocalEndPoints[0] : listener.LocalEndPoint);
            held.Add(client);
            if (!isHandled)
            {
                accepted.Add(await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience));
            }

            if (i % 2 == 0)
            {
                // Its stream is half-way through.
                QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
                await stream.WriteAsync(new byte[1000]);
            }
        }

        clients.Dispose();
        GC.KeepAlive(held);

        Task[] ends = [.. accepted.Select(AssertEndsAsync)];
        await Task.WhenAll(ends).WaitAsync(IdleTimeout + Pair.Patience);
        await Ledger.WhenEmptyAsync(servers, IdleTimeout + Pair.Patience);
        foreach (QuicConnection client in held)
        {
            await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }

        Assert.Equal(0, servers.Handshakes.Count);
        faults.AssertNone();
    }

    /// <summary>Clients that vanish in the middle of their handshakes free the places and the memory that these held.</summary>
    [Fact]
    public async Task AbandonedHandshakesFreeTheirPlaces()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine servers = SoakEngine.Create();
        using QuicEngine clients = SoakEngine.Create();
        var attempts = new Deferring();
        await using var server = new QuicServer(servers, attempts, new QuicServerOptions { Backlog = 2 * Clients, RetryMode = QuicRetryMode.Never });
        server.Start(SoakEngine.Loopback);
        QuicClientConfiguration configuration = HandlerPair.ClientConfiguration();
        for (int i = 0; i < Clients; i++)
        {
            QuicClient.ConnectOn(clients, configuration, server.LocalEndPoints[0], new ConnectionProbe(), state: null);
        }

        QuicConnectionHandle[] deferred = await attempts.TakeAsync(Clients);
        Assert.Equal(Clients, server.GetStatistics().HandshakesInProgress);
        clients.Dispose();

        // Half of them go on to the middle of the handshake; nobody ever decides about the others.
        QuicServerConfiguration answer = HandlerPair.ServerConfiguration(options => options.HandshakeTimeout = TimeSpan.FromSeconds(1));
        var probes = new List<ConnectionProbe>();
        foreach (QuicConnectionHandle attempt in deferred[..(Clients / 2)])
        {
            var probe = new ConnectionProbe();
            Assert.True(attempt.Accept(answer, probe));
            probes.Add(probe);
        }

        foreach (ConnectionProbe probe in probes)
        {
            Assert.Equal(QuicError.ConnectionTimeout, (await probe.WhenClosed).Error);
        }

        await Ledger.WhenEmptyAsync(servers);
        Assert.Equal(0, servers.Handshakes.Count);
        QuicListenerStatistics statistics = server.GetStatistics();
        Assert.Equal((0, Clients), (statistics.HandshakesInProgress, statistics.HandshakesFailed));
        Assert.All(deferred, attempt => Assert.False(attempt.IsValid));
        faults.AssertNone();
    }

    private static async Task AssertEndsAsync(QuicConnection connection)
    {
        try
        {
            while (true)
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
            }
        }
        catch (QuicException exception)
        {
            Assert.Equal(QuicError.ConnectionIdle, exception.QuicError);
        }

        await connection.DisposeAsync();
    }

    /// <summary>Notes attempts, and decides about none.</summary>
    private sealed class Deferring : QuicServerHandler
    {
        private readonly BlockingCollection<QuicConnectionHandle> _attempts = [];

        public override void OnConnection(QuicConnectionAttempt attempt) => _attempts.Add(attempt.Connection);

        public Task<QuicConnectionHandle[]> TakeAsync(int count) =>
            Task.Run(() => _attempts.GetConsumingEnumerable().Take(count).ToArray()).WaitAsync(Pair.Patience);
    }
}
