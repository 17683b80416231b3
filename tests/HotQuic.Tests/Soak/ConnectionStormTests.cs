using HotQuic.Options;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Soak;

/// <summary>
/// All members of a connection from several threads at once, as a seed gives it, while one of its ends goes: every call ends, with what it
/// documents, and nothing is left.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class ConnectionStormTests
{
    private const int Callers = 8;
    private const int CallsEach = 25;
    private const int Opened = 1000;

    private static readonly int Rounds = 40 * SoakEngine.Scale;

    [Theory]
    [InlineData(1, false, QuicIoMode.Auto)]
    [InlineData(2, true, QuicIoMode.Auto)]
    [InlineData(4, false, IoModes.Datagrams)]
    public async Task EveryCallEndsAndNothingIsLeft(int shards, bool completesInline, QuicIoMode io)
    {
        Pair.Io = io == QuicIoMode.Auto ? Pair.Io : io;
        using var faults = new UnobservedFaults();
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = shards });
        await using QuicListener listener = await SoakEngine.ListenAsync(engine, Set);
        for (int round = 0; round < Rounds; round++)
        {
            QuicConnection client = await SoakEngine.ConnectAsync(engine, listener.LocalEndPoint, Set);
            QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
            var random = new Random(round);
            Task[] callers = [.. Enumerable.Range(0, Callers).Select(i =>
            {
                var seed = new Random(random.Next());
                return Task.Run(() => CallAsync(i % 2 == 0 ? client : server, seed));
            })];
            await Task.Run(() => EndAsync(round % 2 == 0 ? client : server, random)).WaitAsync(Pair.Patience);
            await Task.WhenAll(callers).WaitAsync(Pair.Patience);
            await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }

        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();

        void Set(QuicConnectionOptions options)
        {
            options.MaxInboundBidirectionalStreams = 5;
            options.MaxInboundUnidirectionalStreams = 5;
            options.Transport.CompletesInline = completesInline;
            options.Transport.MaxDatagramFrameSize = ushort.MaxValue;
        }
    }

    /// <summary>A thousand streams are wanted, some of them no longer, of which the peer allows a few, when either end goes: each wait ends.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AConnectionThatGoesEndsTheWaitOfAThousandOpeners(bool isPeers)
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicListener listener = await SoakEngine.ListenAsync(engine);
        QuicConnection client = await SoakEngine.ConnectAsync(engine, listener.LocalEndPoint);
        QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        using var source = new CancellationTokenSource();
        Task<int>[] openers = [.. Enumerable.Range(0, Opened).Select(i => Task.Run(() => OpenAsync(client, i % 3 == 0 ? source.Token : default)))];
        Task cancelling = Task.Run(source.Cancel);
        await (isPeers ? server.CloseAsync(1).AsTask() : client.DisposeAsync().AsTask()).WaitAsync(Pair.Patience);
        int[] opened = await Task.WhenAll(openers).WaitAsync(Pair.Patience);
        await cancelling;
        Assert.InRange(opened.Sum(), 0, 100);
        await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();
    }

    private static async Task<int> OpenAsync(QuicConnection connection, CancellationToken token)
    {
        try
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, token);
            await stream.WriteAsync(new byte[10], token);
            return 1;
        }
        catch (Exception exception) when (IsDocumented(exception))
        {
            return 0;
        }
    }

    private static async Task EndAsync(QuicConnection connection, Random random)
    {
        await Pause(random);
        switch (random.Next(3))
        {
            case 0:
                await Task.WhenAll(connection.CloseAsync(1).AsTask(), Task.Run(() => connection.CloseAsync(2).AsTask()));
                break;
            case 1:
                await Task.WhenAll(connection.DisposeAsync().AsTask(), Task.Run(() => connection.DisposeAsync().AsTask()));
                break;
            default:
                Task closing = connection.CloseAsync(3).AsTask();
                await connection.DisposeAsync();
                await closing;
                break;
        }
    }

    private static async Task CallAsync(QuicConnection connection, Random random)
    {
        for (int i = 0; i < CallsEach; i++)
        {
            try
            {
                await CallOnceAsync(connection, random);
            }
            catch (Exception exception) when (IsDocumented(exception))
            {
            }

            await Pause(random);
        }
    }

    private static async Task CallOnceAsync(QuicConnection connection, Random random)
    {
        using var source = new CancellationTokenSource();
        Task cancelling = Task.CompletedTask;
        if (random.Next(2) == 0)
        {
            // Where nobody cancels it, a wait ends with the connection.
            cancelling = Task.Run(source.Cancel);
        }

        try
        {
            switch (random.Next(7))
            {
                case 0 or 1:
                    await using (QuicStream stream = await connection.OpenOutboundStreamAsync((QuicStreamType)random.Next(2), source.Token))
                    {
                        await stream.WriteAsync(new byte[random.Next(5000)], source.Token);
                    }

                    break;
                case 2 or 3:
                    await using (QuicStream stream = await connection.AcceptInboundStreamAsync(source.Token))
                    {
                        Assert.InRange(await stream.ReadAsync(new byte[100], source.Token), 0, 100);
                    }

                    break;
                case 4:
                    await connection.SendDatagramAsync(new byte[random.Next(1000)], source.Token);
                    break;
                case 5:
                    await connection.ReceiveDatagramAsync(new byte[1500], source.Token);
                    break;
                default:
                    connection.SendDatagram(new byte[10]);
                    _ = connection.GetStatistics().PacketsSent + connection.MaxDatagramSize;
                    _ = connection.PeerTransportParameters;
                    connection.UpdateKeys();
                    break;
            }
        }
        finally
        {
            await cancelling;
        }
    }

    private static bool IsDocumented(Exception exception) => exception is ObjectDisposedException or InvalidOperationException or OperationCanceledException
        or QuicException { QuicError: QuicError.OperationAborted or QuicError.StreamAborted or QuicError.ConnectionAborted };

    private static async Task Pause(Random random)
    {
        for (int i = random.Next(50); i > 0; i--)
        {
            await Task.Yield();
        }
    }
}
