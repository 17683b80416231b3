using System.Diagnostics;
using HotQuic.Load.Measuring;

namespace HotQuic.Load.Harness.Statistics;

/// <summary>
/// Where a phase's lanes count: <see cref="For"/> gives each its <see cref="LaneTally"/>; <see cref="TakeInterval"/>, one caller at a time,
/// takes what was counted since the last time.
/// </summary>
internal sealed class LoadRecorder
{
    private const int MostTallies = 16;

    private readonly LaneTally[] _tallies;
    private readonly FailureLedger[] _failures;
    private readonly LatencyHistogram[] _before;
    private readonly LatencyHistogram _lagBefore = new();
    private readonly long[] _bytesBefore;
    private long _startedBefore;

    /// <param name="steps">How many steps an iteration has.</param>
    /// <param name="lanes">How many lanes count.</param>
    public LoadRecorder(int steps, int lanes)
    {
        // The first account is that of the whole iteration.
        _failures = [.. Enumerable.Range(0, steps + 1).Select(_ => new FailureLedger())];
        _tallies = [.. Enumerable.Range(0, Math.Clamp(lanes, 1, MostTallies)).Select(_ => new LaneTally(_failures))];
        _before = [.. _failures.Select(_ => new LatencyHistogram())];
        _bytesBefore = new long[_failures.Length];
    }

    /// <summary>The tally of a lane, which it may share with others.</summary>
    public LaneTally For(int lane) => _tallies[lane % _tallies.Length];

    /// <summary>What was counted since the last time, as the interval's own.</summary>
    public IntervalCounts TakeInterval()
    {
        IntervalCounts counts = new(_failures.Length - 1);
        for (int account = 0; account < _failures.Length; account++)
        {
            StepCounts step = counts.Accounts[account];
            long bytes = 0;
            foreach (LaneTally tally in _tallies)
            {
                tally.Latency(account).AddTo(step.Latency);
                bytes += tally.Bytes(account);
            }

            step.Latency.TakeSince(_before[account]);
            step.Bytes = bytes - _bytesBefore[account];
            _bytesBefore[account] = bytes;
            _failures[account].MoveTo(step.Failures);
        }

        long started = 0;
        foreach (LaneTally tally in _tallies)
        {
            tally.Lag.AddTo(counts.Lag);
            started += tally.Started;
        }

        counts.Lag.TakeSince(_lagBefore);
        counts.Started = started - _startedBefore;
        _startedBefore = started;
        return counts;
    }
}

/// <summary>What some lanes count: account 0 is that of whole iterations, the others those of the steps. From any thread; allocates nothing.</summary>
internal sealed class LaneTally
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly FailureLedger[] _failures;
    private readonly LatencyHistogram[] _latencies;
    private readonly long[] _bytes;
    private long _started;

    public LaneTally(FailureLedger[] failures)
    {
        _failures = failures;
        _latencies = [.. failures.Select(_ => new LatencyHistogram())];
        _bytes = new long[failures.Length];
    }

    /// <summary>How late iterations of the open model began.</summary>
    public LatencyHistogram Lag { get; } = new();

    /// <summary>Iterations begun.</summary>
    public long Started => Interlocked.Read(ref _started);

    /// <summary>How long successful operations took.</summary>
    public LatencyHistogram Latency(int account) => _latencies[account];

    /// <summary>Application bytes moved.</summary>
    public long Bytes(int account) => Interlocked.Read(ref _bytes[account]);

    /// <summary>An iteration begins.</summary>
    public void OnStarted() => Interlocked.Increment(ref _started);

    /// <summary>An iteration of the open model begins so late, in timestamp units.</summary>
    public void OnStarted(long lag)
    {
        OnStarted();
        Lag.Record((long)(lag * NanosecondsPerTick));
    }

    /// <summary>Iterations will never begin.</summary>
    public void OnNotStarted(string kind, long number) => _failures[0].Count(kind, number);

    /// <summary>Something took so long, in timestamp units, and went well.</summary>
    public void OnSucceeded(int account, long elapsed) => _latencies[account].Record((long)(elapsed * NanosecondsPerTick));

    /// <summary>Something failed.</summary>
    public void OnFailed(int account, string kind) => _failures[account].Count(kind, 1);

    /// <summary>A step moved so many bytes, which are the iteration's too.</summary>
    public void OnMoved(int account, long bytes)
    {
        Interlocked.Add(ref _bytes[account], bytes);
        Interlocked.Add(ref _bytes[0], bytes);
    }
}
