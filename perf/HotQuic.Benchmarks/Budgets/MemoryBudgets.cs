using HotQuic.Benchmarks.Rooms;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>Connections and streams of the protocol alone, both sides on one thread without sockets.</summary>
internal sealed class MemoryBudgets : IBudgetedPart
{
    private readonly StreamBenchmarks _streams = StreamBenchmarks.Connected();
    private readonly DirectPair _connecting = new();
    private readonly TlsClientConfiguration _configuration = TestTls.Client([CipherSuite.Aes128GcmSha256]);

    public IEnumerable<BudgetedOperation> Operations =>
    [
        BudgetedOperation.OnThisThread("1,200 bytes written to a stream, sent, read and acknowledged, both sides", _streams.OnePacket),
        BudgetedOperation.OnThisThread("stream opened, 64 bytes there and back, closed, both sides", _streams.Request),
        OfConnections("connection accepted, confirmed and drained, server", side => side.Server),
        OfConnections("connection started, confirmed and drained, client", side => side.Client),
    ];

    public void Dispose()
    {
        _streams.Cleanup();
        _connecting.Dispose();
    }

    /// <summary>Signature and key exchange aside.</summary>
    private BudgetedOperation OfConnections(string name, Func<DirectPair, DirectSide> side) => new(name, count =>
    {
        long before = side(_connecting).Allocated;
        for (int i = 0; i < count; i++)
        {
            _connecting.Connect(_configuration);
            _connecting.Close();
        }

        return side(_connecting).Allocated - before;
    })
    {
        WarmUp = 1000,
        Window = 200,
    };
}
