using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Soak;

/// <summary>
/// Streams that come and go on one connection leave nothing: ledgers are as before, and memory is flat between the end of the first
/// quarter, when pools are warm, and that of the last. The bound of 32 bytes a stream finds a leak of 64.
/// </summary>
[Collection(AloneCollection.Name)]
public class StreamSoakTests
{
    private const int BytesEach = 32;
    private const int Quarters = 4;
    private const int Workers = 16;
    private const int MessageLength = 64;

    private static readonly int PerQuarter = 2500 * SoakEngine.Scale;

    private static readonly TimeSpan QuarterPatience = Pair.Patience * 2 * SoakEngine.Scale;

    [Fact]
    public async Task StreamsOfOneConnectionLeaveNothing()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicListener listener = await SoakEngine.ListenAsync(engine);
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
        QuicConnection client = await SoakEngine.ConnectAsync(engine, listener.LocalEndPoint);
        QuicConnection server = await accepting.WaitAsync(Pair.Patience);
        Task[] serving = [.. Enumerable.Range(0, Workers).Select(_ => ServeAsync(server))];

        await AssertFlatAsync(engine, () => Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => AskAsync(client, worker))));

        await client.DisposeAsync();
        await Task.WhenAll(serving).WaitAsync(Pair.Patience);
        await server.DisposeAsync();
        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();
    }

    [Fact]
    public async Task StreamsOfEventHandlersLeaveNothing()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicServer server = SoakEngine.Serve(engine, new EchoConnectionHandler());
        var asker = new AskingHandler();
        QuicConnectionHandle client = QuicClient.ConnectOn(engine, HandlerPair.ClientConfiguration(), server.LocalEndPoints[0], asker, state: null);

        await AssertFlatAsync(engine, () => asker.NextRoundAsync(client, PerQuarter));

        Assert.Equal(0, asker.Mismatches);
        Assert.True(client.Post("close"));
        await asker.WhenClosed.WaitAsync(Pair.Patience);
        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();
    }

    /// <summary>Four times the same, and what is held after the first and after the last.</summary>
    private static async Task AssertFlatAsync(QuicEngine engine, Func<Task> quarter)
    {
        Footprint warm = default;
        Ledger? first = null;
        for (int i = 0; i < Quarters; i++)
        {
            await quarter().WaitAsync(QuarterPatience);
            Ledger now = await Ledger.WhenAsync(engine, IsIdle);
            first ??= now;
            Assert.Equal(first.WithoutTimers(), now.WithoutTimers());
            warm = i == 0 ? Footprint.Read() : warm;
        }

        Footprint.Read().AssertFlatSince(warm, (Quarters - 1) * PerQuarter, BytesEach);
    }

    /// <summary>Both ends of the connection, and no stream but those that servers wait for, which have no state yet.</summary>
    private static bool IsIdle(Ledger seen) => seen is { Connections: 2, StreamDrivers: 0, Streams: 0, Buffers: 0, Timers: <= 2 };

    private static async Task AskAsync(QuicConnection connection, int worker)
    {
        byte[] buffer = new byte[MessageLength];
        for (int i = worker; i < PerQuarter; i += Workers)
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            buffer.AsSpan().Fill((byte)i);
            await stream.WriteAsync(buffer, completeWrites: true);
            buffer.AsSpan().Clear();
            await stream.ReadExactlyAsync(buffer);
            Assert.False(buffer.AsSpan().ContainsAnyExcept((byte)i));
            Assert.Equal(0, await stream.ReadAsync(buffer));
        }
    }

    private static async Task ServeAsync(QuicConnection connection)
    {
        byte[] buffer = new byte[MessageLength];
        try
        {
            while (true)
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                await stream.ReadExactlyAsync(buffer);
                await stream.WriteAsync(buffer, completeWrites: true);
                Assert.Equal(0, await stream.ReadAsync(new byte[1]));
            }
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
        {
        }
    }
}
