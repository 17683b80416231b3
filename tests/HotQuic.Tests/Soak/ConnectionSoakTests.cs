using System.Net;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Soak;

/// <summary>
/// Connections that come and go at one listener leave nothing: ledgers are empty, and memory is flat between the end of the first quarter
/// and that of the last. The bound of 256 bytes a connection, both its ends, finds a leak of 512.
/// </summary>
[Collection(AloneCollection.Name)]
public class ConnectionSoakTests
{
    private const int BytesEach = 256;
    private const int Quarters = 4;
    private const int Workers = 16;

    private static readonly int PerQuarter = 2500 * SoakEngine.Scale;

    private static readonly TimeSpan QuarterPatience = Pair.Patience * 4 * SoakEngine.Scale;

    [Fact]
    public async Task ConnectionsOfOneListenerLeaveNothing()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicListener listener = await SoakEngine.ListenAsync(engine);
        Task accepting = AcceptAsync(listener);

        await AssertFlatAsync(engine, worker => ConnectAsync(engine, listener.LocalEndPoint, worker));

        await listener.DisposeAsync();
        await accepting.WaitAsync(Pair.Patience);
        faults.AssertNone();
    }

    [Fact]
    public async Task ConnectionsOfEventHandlersLeaveNothing()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicServer server = SoakEngine.Serve(engine, new EchoConnectionHandler());
        QuicClientConfiguration configuration = HandlerPair.ClientConfiguration();

        await AssertFlatAsync(engine, async worker =>
        {
            for (int i = worker; i < PerQuarter; i += Workers)
            {
                var once = new ClosingHandler();
                QuicClient.ConnectOn(engine, configuration, server.LocalEndPoints[0], once, state: null);
                Assert.Equal((QuicError.OperationAborted, true), await once.WhenClosed.WaitAsync(Pair.Patience));
            }
        });

        await server.StopAsync().WaitAsync(Pair.Patience);
        faults.AssertNone();
    }

    private static async Task AssertFlatAsync(QuicEngine engine, Func<int, Task> work)
    {
        Footprint warm = default;
        Ledger? first = null;
        for (int i = 0; i < Quarters; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(work)).WaitAsync(QuarterPatience);
            Ledger now = await Ledger.WhenEmptyAsync(engine);
            first ??= now;
            Assert.Equal(first, now);
            warm = i == 0 ? Footprint.Read() : warm;
        }

        Assert.Equal(0, engine.Handshakes.Count);
        Footprint.Read().AssertFlatSince(warm, (Quarters - 1) * PerQuarter, BytesEach);
    }

    private static async Task ConnectAsync(QuicEngine engine, IPEndPoint to, int worker)
    {
        for (int i = worker; i < PerQuarter; i += Workers)
        {
            await using QuicConnection connection = await SoakEngine.ConnectAsync(engine, to);
            if (i % 2 == 0)
            {
                await connection.CloseAsync(1);
            }
        }
    }

    /// <summary>Half of them are given up by the server, the others by the client.</summary>
    private static async Task AcceptAsync(QuicListener listener)
    {
        var closing = new List<Task>();
        try
        {
            for (int i = 0; ; i++)
            {
                try
                {
                    QuicConnection connection = await listener.AcceptConnectionAsync();
                    closing.RemoveAll(each => each.IsCompletedSuccessfully);
                    closing.Add(i % 2 == 0 ? connection.DisposeAsync().AsTask() : EndAsync(connection));
                }
                catch (QuicException exception) when (exception.QuicError == QuicError.TransportError)
                {
                    // RFC 9000 §10.2.3: the client closed before its last flight of the handshake was sent.
                }
            }
        }
        catch (ObjectDisposedException)
        {
        }

        await Task.WhenAll(closing);
    }

    private static async Task EndAsync(QuicConnection connection)
    {
        await Assert.ThrowsAsync<QuicException>(async () => await connection.AcceptInboundStreamAsync());
        await connection.DisposeAsync();
    }

    /// <summary>Closes its one connection as soon as it is there.</summary>
    private sealed class ClosingHandler : QuicConnectionHandler
    {
        private readonly TaskCompletionSource<(QuicError Error, bool WasConnected)> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _wasConnected;

        public Task<(QuicError Error, bool WasConnected)> WhenClosed => _closed.Task;

        public override void OnConnected(QuicConnectionHandle connection)
        {
            _wasConnected = true;
            connection.Close(0);
        }

        public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason) =>
            _closed.TrySetResult((reason.Error, _wasConnected));
    }
}
