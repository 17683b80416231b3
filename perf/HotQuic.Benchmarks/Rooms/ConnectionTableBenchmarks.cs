using BenchmarkDotNet.Attributes;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Testing;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>Connection IDs of 64 datagrams looked up, each of another connection than the one before, or all of one.</summary>
[MemoryDiagnoser]
public class ConnectionTableBenchmarks : IHasRooms
{
    private const int Datagrams = 64;
    private const int IdLength = ConnectionIdGenerator.DefaultLength;

    private readonly ConnectionTable _table = new(hashKey: 0x9e37_79b9_7f4a_7c15);
    private readonly byte[] _ids = new byte[Datagrams * IdLength];

    public static IEnumerable<Room> Rooms =>
    [
        new("connection-ID lookup, each of another", () => Of(1000).FindEach),
        new("connection-ID lookup, all of one", () => Of(1000).FindOne),
    ];

    /// <summary>IDs that lead somewhere.</summary>
    [Params(1_000, 100_000)]
    public int Connections { get; set; }

    /// <summary>All IDs lead to one connection: which it is costs the same.</summary>
    [GlobalSetup]
    public void Setup()
    {
        using var pair = new DirectPair();
        pair.Connect(TestTls.Client([CipherSuite.Aes128GcmSha256]));
        Connection connection = pair.Server.Connection!;
        var random = new SeededRandom(1);
        while (_table.Count < Connections)
        {
            var id = ConnectionId.Random(random, IdLength);
            Expect.True(_table.TryAdd(id, connection));
            id.Span.CopyTo(_ids.AsSpan(_table.Count % Datagrams * IdLength));
        }
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    public void FindEach()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            Expect.True(_table.Find(_ids.AsSpan(i * IdLength, IdLength)) is not null);
        }
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    public void FindOne()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            Expect.True(_table.Find(_ids.AsSpan(0, IdLength)) is not null);
        }
    }

    private static ConnectionTableBenchmarks Of(int connections)
    {
        var benchmarks = new ConnectionTableBenchmarks { Connections = connections };
        benchmarks.Setup();
        return benchmarks;
    }
}
