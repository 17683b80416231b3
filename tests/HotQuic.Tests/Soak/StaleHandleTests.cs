using System.Collections.Concurrent;
using System.Net;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;
using HotQuic.Tests.Listener;

namespace HotQuic.Tests.Soak;

/// <summary>
/// Handles of streams and connections that are over, thousands of them, are used from several threads while the state behind them serves
/// others: every use fails as documented, and no live stream sees, loses or gains a byte.
/// </summary>
[Collection(AloneCollection.Name)]
public class StaleHandleTests
{
    private const int Attackers = 3;
    private const int Workers = 8;
    private const int Connections = 4;
    internal const int MessageLength = 300;
    private const byte Poison = 0xee;

    private static readonly int StreamsPerWorker = 500 * SoakEngine.Scale;

    [Fact]
    public async Task DisposedStreamsAndConnectionsReachNobodysData()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicListener listener = await SoakEngine.ListenAsync(engine);
        using var stop = new CancellationTokenSource();
        var stale = new ConcurrentStack<QuicStream>();
        var staleConnections = new ConcurrentStack<QuicConnection>();
        Task serving = ServeAsync(listener, stale, staleConnections);
        Task<long>[] attacks = [.. Enumerable.Range(0, Attackers).Select(seed => Task.Run(() => AttackAsync(seed, stale, staleConnections, stop.Token)))];

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => AskAsync(engine, listener.LocalEndPoint, worker, stale, staleConnections)))
            .WaitAsync(Pair.Patience * 4 * SoakEngine.Scale);

        stop.Cancel();
        long[] uses = await Task.WhenAll(attacks).WaitAsync(Pair.Patience);
        Assert.All(uses, count => Assert.True(count > 1000, $"Only {count} uses."));
        Assert.True(stale.Count >= 2 * Workers * StreamsPerWorker);
        Assert.True(staleConnections.Count > 1000, $"Only {staleConnections.Count} connections.");
        await listener.DisposeAsync();
        await serving.WaitAsync(Pair.Patience);
        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();
    }

    [Fact]
    public async Task HandlesOfHandlersThatAreOverReachNobodysData()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicServer server = SoakEngine.Serve(engine, new EchoConnectionHandler());
        QuicClientConfiguration configuration = HandlerPair.ClientConfiguration();
        var staleStreams = new ConcurrentStack<QuicStreamHandle>();
        var staleConnections = new ConcurrentStack<QuicConnectionHandle>();
        using var stop = new CancellationTokenSource();
        Task<long>[] attacks = [.. Enumerable.Range(0, Attackers).Select(seed => OnThreadOfItsOwn(() => Attack(seed, staleStreams, staleConnections, stop.Token)))];

        for (int round = 0; round < 300 * SoakEngine.Scale; round++)
        {
            var askers = new List<(NotingHandler Handler, QuicConnectionHandle Connection)>();
            for (int i = 0; i < Connections; i++)
            {
                var handler = new NotingHandler(staleStreams);
                askers.Add((handler, QuicClient.ConnectOn(engine, configuration, server.LocalEndPoints[0], handler, state: null)));
            }

            foreach ((NotingHandler handler, QuicConnectionHandle connection) in askers)
            {
                // The shard's own thread tries them too.
                Assert.True(connection.Post(new Action(() => AttackOnce(staleStreams, staleConnections))));
                await handler.Done.WaitAsync(Pair.Patience);
                Assert.Equal(0, handler.Mismatches);
                connection.Post("close");
                await handler.WhenClosed.WaitAsync(Pair.Patience);

                // The handle holds until OnClosed, which told of this, has returned.
                await ServerProbe.EventuallyAsync(() => !connection.IsValid);
                staleConnections.Push(connection);
            }
        }

        stop.Cancel();
        long[] uses = await Task.WhenAll(attacks).WaitAsync(Pair.Patience);
        Assert.All(uses, count => Assert.True(count > 1000, $"Only {count} uses."));
        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();
    }

    /// <summary>Not on the thread pool, on which handshakes go on: it never pauses, and there would soon be nothing but attackers.</summary>
    private static Task<long> OnThreadOfItsOwn(Func<long> attack) =>
        Task.Factory.StartNew(attack, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task AskAsync(
        QuicEngine engine, IPEndPoint to, int worker, ConcurrentStack<QuicStream> stale, ConcurrentStack<QuicConnection> staleConnections)
    {
        const int perConnection = 4;
        byte[] sent = new byte[MessageLength];
        byte[] received = new byte[MessageLength];
        var random = new Random(worker);
        for (int i = 0; i < StreamsPerWorker; i += perConnection)
        {
            QuicConnection connection = await SoakEngine.ConnectAsync(engine, to);
            for (int j = 0; j < perConnection; j++)
            {
                QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
                random.NextBytes(sent);
                await stream.WriteAsync(sent, completeWrites: true);
                await stream.ReadExactlyAsync(received);
                Assert.Equal(sent, received);
                Assert.Equal(0, await stream.ReadAsync(received));
                await stream.DisposeAsync();
                stale.Push(stream);
            }

            await connection.DisposeAsync();
            staleConnections.Push(connection);
        }
    }

    private static async Task ServeAsync(QuicListener listener, ConcurrentStack<QuicStream> stale, ConcurrentStack<QuicConnection> staleConnections)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptConnectionAsync(), stale, staleConnections));
            }
        }
        catch (ObjectDisposedException)
        {
        }

        await Task.WhenAll(serving);
    }

    private static async Task ServeAsync(QuicConnection connection, ConcurrentStack<QuicStream> stale, ConcurrentStack<QuicConnection> staleConnections)
    {
        byte[] buffer = new byte[MessageLength + 1];
        try
        {
            while (true)
            {
                QuicStream stream = await connection.AcceptInboundStreamAsync();
                int length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
                Assert.Equal(MessageLength, length);
                await stream.WriteAsync(buffer.AsMemory(0, length), completeWrites: true);
                await stream.DisposeAsync();
                stale.Push(stream);
            }
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
        {
            await connection.DisposeAsync();
            staleConnections.Push(connection);
        }
    }

    private static async Task<long> AttackAsync(
        int seed, ConcurrentStack<QuicStream> streams, ConcurrentStack<QuicConnection> connections, CancellationToken stop)
    {
        var random = new Random(seed);
        byte[] poison = new byte[64];
        poison.AsSpan().Fill(Poison);
        byte[] untouched = (byte[])poison.Clone();
        QuicStream[] known = [];
        QuicConnection[] knownConnections = [];
        long uses = 0;
        while (!stop.IsCancellationRequested)
        {
            if (uses % 1000 == 0)
            {
                known = [.. streams];
                knownConnections = [.. connections];
            }

            uses++;
            if (known.Length > 0)
            {
                await UseAsync(known[random.Next(known.Length)], poison, random.Next(8));
            }

            if (knownConnections.Length > 0)
            {
                await UseAsync(knownConnections[random.Next(knownConnections.Length)], random.Next(9));
            }

            if (uses % 50 == 0)
            {
                await Task.Yield();
            }
        }

        Assert.Equal(untouched, poison);
        return uses;
    }

    private static async Task UseAsync(QuicStream stream, byte[] poison, int use)
    {
        switch (use)
        {
            case 0:
                await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.ReadExactlyAsync(poison));
                break;
            case 1:
                await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.WriteAsync(poison, completeWrites: true));
                break;
            case 2:
                // It does nothing, least of all to the stream that has the state now.
                stream.Abort(QuicAbortDirection.Both, Poison);
                break;
            case 3:
                Assert.Throws<ObjectDisposedException>(stream.CompleteWrites);
                break;
            case 4:
                await stream.DisposeAsync();
                stream.Dispose();
                break;
            case 5:
                Assert.True(stream.ReadsClosed.IsCompleted);
                Assert.True(stream.WritesClosed.IsCompleted);
                break;
            case 6:
                Assert.Throws<ObjectDisposedException>(() => stream.Write(poison));
                break;
            default:
                Assert.Equal((false, false), (stream.CanRead, stream.CanWrite));
                break;
        }
    }

    private static async Task UseAsync(QuicConnection connection, int use)
    {
        switch (use)
        {
            case 0:
                await Assert.ThrowsAsync<ObjectDisposedException>(async () => await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional));
                break;
            case 1:
                await Assert.ThrowsAsync<ObjectDisposedException>(async () => await connection.AcceptInboundStreamAsync());
                break;
            case 2:
                await Assert.ThrowsAsync<ObjectDisposedException>(async () => await connection.CloseAsync(Poison));
                break;
            case 3:
                Assert.Throws<ObjectDisposedException>(() => connection.GetStatistics());
                break;
            case 4:
                Assert.Throws<ObjectDisposedException>(connection.UpdateKeys);
                break;
            case 5:
                Assert.Throws<ObjectDisposedException>(() => connection.SendDatagram([Poison]));
                break;
            case 6:
                await Assert.ThrowsAsync<ObjectDisposedException>(async () => await connection.ReceiveDatagramAsync(new byte[1]));
                break;
            case 7:
                // What the handle knows stays with it.
                Assert.Equal(("localhost", Pair.Protocol), (connection.TargetHostName, connection.NegotiatedApplicationProtocol.ToString()));
                Assert.Equal((IPAddress.Loopback, IPAddress.Loopback), (Unmapped(connection.LocalEndPoint), Unmapped(connection.RemoteEndPoint)));
                break;
            default:
                await connection.DisposeAsync();
                break;
        }
    }

    private static IPAddress Unmapped(IPEndPoint endPoint) => endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;

    private static long Attack(
        int seed, ConcurrentStack<QuicStreamHandle> streams, ConcurrentStack<QuicConnectionHandle> connections, CancellationToken stop)
    {
        var random = new Random(seed);
        QuicStreamHandle[] known = [];
        QuicConnectionHandle[] knownConnections = [];
        long uses = 0;
        while (!stop.IsCancellationRequested)
        {
            if (uses % 1000 == 0)
            {
                known = [.. streams];
                knownConnections = [.. connections];
            }

            uses++;
            if (known.Length > 0)
            {
                Use(known[random.Next(known.Length)], random.Next(8));
            }

            if (knownConnections.Length > 0)
            {
                Use(knownConnections[random.Next(knownConnections.Length)], random.Next(8));
            }

            if (uses % 50 == 0)
            {
                Thread.Yield();
            }
        }

        return uses;
    }

    /// <summary>Every use of some.</summary>
    private static void AttackOnce(ConcurrentStack<QuicStreamHandle> streams, ConcurrentStack<QuicConnectionHandle> connections)
    {
        for (int use = 0; use < 8; use++)
        {
            if (streams.TryPeek(out QuicStreamHandle stream))
            {
                Use(stream, use);
            }

            if (connections.TryPeek(out QuicConnectionHandle connection))
            {
                Use(connection, use);
            }
        }
    }

    private static void Use(QuicStreamHandle stream, int use)
    {
        Assert.False(stream.IsValid);
        Assert.Throws<ObjectDisposedException>(() =>
        {
            switch (use)
            {
                case 0:
                    stream.Write([Poison], completeWrites: true);
                    break;
                case 1:
                    stream.CompleteWrites();
                    break;
                case 2:
                    stream.Abort(QuicAbortDirection.Both, Poison);
                    break;
                case 3:
                    stream.PauseReading();
                    break;
                case 4:
                    stream.ResumeReading();
                    break;
                case 5:
                    stream.State = stream;
                    break;
                case 6:
                    _ = stream.WritableBytes;
                    break;
                default:
                    _ = stream.Connection;
                    break;
            }
        });
    }

    private static void Use(QuicConnectionHandle connection, int use)
    {
        Assert.False(connection.IsValid);
        Assert.False(connection.Post("close"));
        Assert.False(connection.Accept(null, new EchoConnectionHandler()));
        Assert.False(connection.Reject());
        Assert.Throws<ObjectDisposedException>(() =>
        {
            switch (use)
            {
                case 0:
                    connection.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), null, out _);
                    break;
                case 1:
                    connection.Close(Poison);
                    break;
                case 2:
                    connection.GetStatistics();
                    break;
                case 3:
                    connection.UpdateKeys();
                    break;
                case 4:
                    connection.State = connection;
                    break;
                case 5:
                    _ = connection.RemoteEndPoint;
                    break;
                default:
                    _ = connection.ServerName;
                    break;
            }
        });
    }
}
