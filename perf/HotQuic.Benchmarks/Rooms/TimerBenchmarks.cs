using BenchmarkDotNet.Attributes;
using HotQuic.Core.Time;
using HotQuic.Shards;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>The deadlines of a shard: what a connection costs that is busy, among others that are busy or idle.</summary>
[MemoryDiagnoser]
public class TimerBenchmarks : IHasRooms
{
    private const int Steps = 1024;

    private readonly TimerHeap<Owner> _timers = new();
    private Owner[] _owners = [];
    private int[] _order = [];
    private long _now;

    public static IEnumerable<Room> Rooms =>
    [
        new("timers moved on, 1,000 busy", () => Of(1000).MoveOnOnce),
        new("timers due and set again, 1,000 busy", () => Of(1000).PaceAndGoOnOnce),
    ];

    /// <summary>Connections with a deadline.</summary>
    [Params(1_000, 100_000)]
    public int Connections { get; set; }

    /// <summary>Whether the others have an idle timeout only, 30 s away, or all of them deadlines of milliseconds.</summary>
    [Params(false, true)]
    public bool AllBusy { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _owners = [.. Enumerable.Range(0, Connections).Select(_ => new Owner())];
        foreach (Owner owner in _owners)
        {
            _timers.Set(owner, At(AllBusy ? random.Next(1, 25_000) : 30_000_000 + random.Next(1_000_000)));
        }

        int busy = AllBusy ? Connections : 1_000;
        _order = [.. Enumerable.Range(0, Steps).Select(_ => random.Next(busy))];
    }

    /// <summary>A packet was sent: the deadline moves on to a probe timeout.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public int MoveOn()
    {
        for (int i = 0; i < Steps; i++)
        {
            _timers.Set(_owners[_order[i]], At(_now++ + 25_000));
        }

        return _timers.Count;
    }

    /// <summary>The pacer holds a connection back for microseconds, and then it goes on.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public int PaceAndGoOn()
    {
        for (int i = 0; i < Steps; i++)
        {
            Owner owner = _owners[_order[i]];
            _timers.Set(owner, At(++_now));
            Expect.True(_timers.TryTakeDue(At(_now), out Owner due));
            _timers.Set(due, At(_now + 25_000));
        }

        return _timers.Count;
    }

    internal static TimerBenchmarks Of(int connections)
    {
        var benchmarks = new TimerBenchmarks { Connections = connections };
        benchmarks.Fill();
        return benchmarks;
    }

    private void MoveOnOnce() => _ = MoveOn();

    private void PaceAndGoOnOnce() => _ = PaceAndGoOn();

    private static Instant At(long microseconds) => new(microseconds * TimeSpan.TicksPerMicrosecond);

    private sealed class Owner : ITimed
    {
        public int TimerIndex { get; set; } = -1;
    }
}
