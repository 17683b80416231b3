using System.Diagnostics;
using System.Runtime;

namespace HotQuic.Benchmarks.Guard;

/// <summary>What one visit of a room gave.</summary>
/// <param name="Room">The room's name.</param>
/// <param name="Ratio">The present build's time by the baseline's.</param>
/// <param name="BaselineNanoseconds">Of an operation.</param>
internal readonly record struct RoomVisit(string Room, double Ratio, double BaselineNanoseconds);

/// <summary>
/// One process's part of the time guard. Each visit opens a room in both builds anew, elsewhere in memory, and lets the two take turns in blocks
/// of half a millisecond, A B B A, so that a drift of the machine falls on both; the median over such quads is the visit's ratio.
/// </summary>
internal sealed class RoomVisits
{
    private const double BlockSeconds = 0.0005;
    private const double WarmUpSeconds = 0.06;
    private const int LargestPadding = 4096;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(20);

    private readonly GuardedBuild _baseline;
    private readonly GuardedBuild _current;
    private readonly Random _random;
    private readonly Dictionary<string, int> _counts = [];
    private readonly List<byte[]> _padding = [];

    /// <param name="baseline">The baseline's HotQuic.Benchmarks.dll.</param>
    /// <param name="current">The present build's.</param>
    /// <param name="seed">Decides the order of all that has one. Of an even and an odd seed each build is once the first to be loaded.</param>
    public RoomVisits(string baseline, string current, int seed)
    {
        _random = new Random(seed);
        GuardedBuild? early = seed % 2 == 0 ? new GuardedBuild(baseline) : null;
        _current = new GuardedBuild(current);
        _baseline = early ?? new GuardedBuild(baseline);
    }

    /// <summary>The rooms that both builds have.</summary>
    public string[] Common() => [.. _current.Names.Intersect(_baseline.Names)];

    /// <summary>Visits each room so many times, and reports each visit.</summary>
    public void Run(string[] rooms, int visits, int quads, Action<RoomVisit> report)
    {
        foreach (string room in Shuffled(rooms))
        {
            WarmUp(room);
        }

        AwaitCompilations(rooms);
        for (int visit = 0; visit < visits; visit++)
        {
            foreach (string room in Shuffled(rooms))
            {
                report(Visit(room, quads));
            }
        }
    }

    /// <summary>Runs both until their methods have their last compilation, and finds how many operations make a block.</summary>
    private void WarmUp(string room)
    {
        (Action<int> baseline, Action<int> current) = Open(room);
        int count = 1;
        long start = Stopwatch.GetTimestamp();
        double fastest = double.MaxValue;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds || fastest * count < BlockSeconds / 2)
        {
            double seconds = Math.Min(Time(baseline, count), Time(current, count));
            fastest = seconds / count;
            count = Math.Clamp((int)(BlockSeconds / fastest), 1, count * 2);
        }

        _counts[room] = count;
    }

    /// <summary>On a busy machine the compiler's thread falls behind: goes on warming up until it has nothing left to do.</summary>
    private void AwaitCompilations(string[] rooms)
    {
        long start = Stopwatch.GetTimestamp();
        long compiled;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            foreach (string room in rooms)
            {
                (Action<int> baseline, Action<int> current) = Open(room);
                baseline(_counts[room]);
                current(_counts[room]);
            }

            Thread.Sleep(Pause);
        }
        while (JitInfo.GetCompiledMethodCount() != compiled && Stopwatch.GetElapsedTime(start) < LongestWarmUp);
    }

    private RoomVisit Visit(string room, int quads)
    {
        (Action<int> baseline, Action<int> current) = Open(room);
        int count = _counts[room];
        (Action<int> first, Action<int> second) = _random.Next(2) == 0 ? (baseline, current) : (current, baseline);
        first(count);
        second(count);
        double[] ratios = new double[quads];
        double[] baselines = new double[quads];
        for (int i = 0; i < quads; i++)
        {
            double outer = Time(first, count);
            double inner = Time(second, count) + Time(second, count);
            outer += Time(first, count);
            ratios[i] = first == current ? outer / inner : inner / outer;
            baselines[i] = (first == current ? inner : outer) / (2 * count);
        }

        return new RoomVisit(room, Estimate.MedianOf(ratios), Estimate.MedianOf(baselines) * 1e9);
    }

    /// <summary>In either order, with something of random size before each.</summary>
    private (Action<int> Baseline, Action<int> Current) Open(string room)
    {
        _padding.Clear();
        if (_random.Next(2) == 0)
        {
            Action<int> baseline = OpenPadded(_baseline, room);
            return (baseline, OpenPadded(_current, room));
        }

        Action<int> current = OpenPadded(_current, room);
        return (OpenPadded(_baseline, room), current);
    }

    private Action<int> OpenPadded(GuardedBuild build, string room)
    {
        _padding.Add(new byte[_random.Next(LargestPadding)]);
        return build.Open(room);
    }

    private string[] Shuffled(string[] rooms)
    {
        string[] shuffled = [.. rooms];
        _random.Shuffle(shuffled);
        return shuffled;
    }

    private static double Time(Action<int> operation, int count)
    {
        long start = Stopwatch.GetTimestamp();
        operation(count);
        return (Stopwatch.GetTimestamp() - start) / (double)Stopwatch.Frequency;
    }
}
