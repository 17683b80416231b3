using System.Net;
using System.Runtime.Versioning;
using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Shards;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Listener;

namespace HotQuic.Tests.Shards;

/// <summary>The system takes nothing more from a shard for a while: its connections wait, but not for ever, and lose nothing.</summary>
[SupportedOSPlatform("linux")]
public sealed class BlockedSocketTests : IAsyncLifetime, IDisposable
{
    private readonly QuicEngine _clients = new(new QuicEngineOptions { Shards = 1 });
    private QuicListener _listener = null!;

    private Shard Shard => _clients.Shards[0];

    public async Task InitializeAsync() => _listener = await QuicListener.ListenAsync(Pair.ListenerOptions(QuicIoMode.Offload));

    public async Task DisposeAsync() => await _listener.DisposeAsync();

    public void Dispose() => _clients.Dispose();

    /// <summary>RFC 9000 §10.1: the idle timeout runs although nothing of what waits can be sent.</summary>
    [SkippableFact]
    public async Task S12_AConnectionThatCannotSendEndsWithItsIdleTimeout()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux lets a socket be put in the place of another.");
        QuicConnection client = await ConnectAsync(options => options.IdleTimeout = TimeSpan.FromSeconds(1));
        using Blockade blockade = await Blockade.OfClientsAsync(Shard);
        await WriteAsync(client, 1);
        await blockade.WhenFeltAsync();

        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => client.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.ConnectionIdle, exception.QuicError);
        await ServerProbe.EventuallyAsync(() => Shard is { ConnectionCount: 0, TimerCount: 0 });
        await client.DisposeAsync();
    }

    /// <summary>RFC 9000 §10.2: closing lasts three probe timeouts, whether or not the peer could be told. Then the object serves another.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AConnectionThatCannotSendItsCloseIsDrainedAllTheSame(bool hasOwnSocket)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux lets a socket be put in the place of another.");
        QuicConnection client = await ConnectAsync(options =>
        {
            options.IdleTimeout = Timeout.InfiniteTimeSpan;
            options.LocalEndPoint = hasOwnSocket ? new IPEndPoint(IPAddress.Loopback, 0) : null;
        });
        ConnectionDriver driver = client.Driver;
        using Blockade blockade = await Blockade.OfClientsAsync(Shard);
        await WriteAsync(client, 1);
        await blockade.WhenFeltAsync();

        await client.CloseAsync(1).AsTask().WaitAsync(Pair.Patience);
        await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await ServerProbe.EventuallyAsync(() => Shard is { ConnectionCount: 0, TimerCount: 0 });
        if (!hasOwnSocket)
        {
            // Until then the connection stands in the line of those that wait for room.
            await blockade.LiftAsync();
        }

        await ServerProbe.EventuallyAsync(() => driver.Socket is null);
    }

    [SkippableFact]
    public async Task S8_AHandshakeWhoseFirstPacketCannotLeaveTimesOut()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux lets a socket be put in the place of another.");
        QuicConnection other = await ConnectAsync(options => options.IdleTimeout = Timeout.InfiniteTimeSpan);
        using Blockade blockade = await Blockade.OfClientsAsync(Shard);

        Task<QuicConnection> connecting = ConnectAsync(options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(300));

        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => connecting);
        Assert.Equal(QuicError.ConnectionTimeout, exception.QuicError);
        await ServerProbe.EventuallyAsync(() => Shard is { ConnectionCount: 1, TimerCount: 1 });
        await blockade.LiftAsync();
        await other.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
    }

    /// <summary>
    /// What was kept goes, those that waited have their turn, and each datagram arrives once. Meanwhile no probe timeout runs out, over and
    /// over, for a probe that could not go.
    /// </summary>
    [SkippableFact]
    public async Task WhereThereIsRoomAgainEverythingGoesOnce()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux lets a socket be put in the place of another.");
        const int count = 4;
        const int length = 20_000;
        var clients = new List<QuicConnection>();
        var servers = new List<QuicConnection>();
        for (int i = 0; i < count; i++)
        {
            clients.Add(await ConnectAsync(options => options.IdleTimeout = Timeout.InfiniteTimeSpan));
            servers.Add(await _listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience));
        }

        using Blockade blockade = await Blockade.OfClientsAsync(Shard);
        byte[][] sent = [.. await Task.WhenAll(clients.Select(client => WriteAsync(client, length)))];
        await blockade.WhenFeltAsync();
        long probes = await ReadAsync(core => core.Recovery.Statistics.ProbeTimeouts);
        while (await ReadAsync(core => core.Recovery.Deadline <= Shard.Now ? 1 : 0) == 0)
        {
            await Task.Yield();
        }

        Assert.Equal(probes, await ReadAsync(core => core.Recovery.Statistics.ProbeTimeouts));
        await blockade.LiftAsync();
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await servers[i].AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
            byte[] received = new byte[length];
            await stream.ReadExactlyAsync(received).AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(sent[i], received);
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        }

        for (int i = 0; i < count; i++)
        {
            (QuicConnection client, QuicConnection server) = (clients[i], servers[i]);
            await ServerProbe.EventuallyAsync(() => client.GetStatistics().UdpDatagramsSent == server.GetStatistics().UdpDatagramsReceived);
            await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }
    }

    private Task<QuicConnection> ConnectAsync(Action<QuicClientConnectionOptions> change) =>
        QuicConnection.ConnectOnAsync(_clients, Pair.ClientOptions(_listener.LocalEndPoint, QuicIoMode.Offload, change), CancellationToken.None)
            .AsTask().WaitAsync(Pair.Patience);

    /// <summary>The sum of something over the connections, between two turns of the shard.</summary>
    private async Task<long> ReadAsync(Func<Connection, long> read)
    {
        long sum = 0;
        await Shard.RunAsync(shard => sum = shard.Connections.Sum(driver => read(driver.Core))).WaitAsync(Pair.Patience);
        return sum;
    }

    /// <summary>Writes to a stream that is never disposed of, so that nothing waits for its end.</summary>
    private static async Task<byte[]> WriteAsync(QuicConnection connection, int length)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).AsTask().WaitAsync(Pair.Patience);
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        await stream.WriteAsync(bytes, completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        return bytes;
    }
}
