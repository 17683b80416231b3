using BenchmarkDotNet.Attributes;
using HotQuic.Core.Streams;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>The order in which the pieces of a stream come.</summary>
public enum Arrival
{
    InOrder,
    Reversed,
    Random,
}

/// <summary>64 pieces of 1,200 bytes put back in order, and read once the last gap is closed.</summary>
[MemoryDiagnoser]
public class ReassemblyBenchmarks : IHasRooms
{
    private const int Pieces = 64;
    private const int PieceSize = 1200;

    private readonly byte[] _piece = new byte[PieceSize];
    private readonly byte[] _read = new byte[Pieces * PieceSize];
    private readonly int[] _order = [.. Enumerable.Range(0, Pieces)];
    private readonly ReceiveBuffer _buffer = new(new StreamBufferPool());

    public static IEnumerable<Room> Rooms =>
        from order in Enum.GetValues<Arrival>()
        select new Room($"reassembly, {order}", () =>
        {
            var benchmarks = new ReassemblyBenchmarks { Order = order };
            benchmarks.Setup();
            return benchmarks.Reassemble;
        });

    [ParamsAllValues]
    public Arrival Order { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        if (Order == Arrival.Reversed)
        {
            Array.Reverse(_order);
        }
        else if (Order == Arrival.Random)
        {
            new Random(1).Shuffle(_order);
        }
    }

    [Benchmark(OperationsPerInvoke = Pieces)]
    public void Reassemble()
    {
        ulong start = _buffer.ReadOffset;
        foreach (int piece in _order)
        {
            _ = _buffer.Write(start + (ulong)(piece * PieceSize), _piece);
        }

        Expect.True(_buffer.Read(_read) == Pieces * PieceSize);
    }
}
