using HotQuic.Load.Measuring;

namespace HotQuic.Load.Harness.Statistics;

/// <summary>
/// What happened in an interval, in a form that can be added up: over intervals, and over the machines of a farm. Account 0 is that of whole
/// iterations, the others those of the steps.
/// </summary>
internal sealed class IntervalCounts(int steps)
{
    /// <summary>The accounts.</summary>
    public StepCounts[] Accounts { get; } = [.. Enumerable.Range(0, steps + 1).Select(_ => new StepCounts())];

    /// <summary>How late iterations of the open model began.</summary>
    public LatencyHistogram Lag { get; } = new();

    /// <summary>Iterations begun.</summary>
    public long Started { get; set; }

    /// <summary>Iterations of the open model that were due.</summary>
    public long Due { get; set; }

    /// <summary>Copies of the closed model at its end.</summary>
    public int Copies { get; set; }

    /// <summary>When it ended, in seconds since the measuring began.</summary>
    public double EndSeconds { get; set; }

    /// <summary>How long it was.</summary>
    public double Seconds { get; set; }

    /// <summary>What the harness's process used.</summary>
    public ProcessUsage Process { get; set; }

    /// <summary>What the connections did.</summary>
    public TransportUsage Transport { get; set; }

    /// <summary>Adds what happened at the same time on another machine.</summary>
    public void AddBeside(IntervalCounts other)
    {
        AddCounts(other);
        Copies += other.Copies;
        EndSeconds = Math.Max(EndSeconds, other.EndSeconds);
        Seconds = Math.Max(Seconds, other.Seconds);
        Process = Process.Beside(other.Process);
    }

    /// <summary>Adds what happened after this.</summary>
    public void AddAfter(IntervalCounts other)
    {
        AddCounts(other);
        Copies = other.Copies;
        EndSeconds = other.EndSeconds;
        Seconds += other.Seconds;
        Process = Process.Before(other.Process);
    }

    private void AddCounts(IntervalCounts other)
    {
        for (int account = 0; account < Accounts.Length; account++)
        {
            Accounts[account].Add(other.Accounts[account]);
        }

        other.Lag.AddTo(Lag);
        Started += other.Started;
        Due += other.Due;
        Transport += other.Transport;
    }
}

/// <summary>One account of an interval.</summary>
internal sealed class StepCounts
{
    /// <summary>How long successful operations took; their number is its count.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Application bytes moved, both ways.</summary>
    public long Bytes { get; set; }

    /// <summary>Failures by kind.</summary>
    public SortedDictionary<string, long> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>Failures of all kinds.</summary>
    public long Failed => Failures.Values.Sum();

    /// <summary>Adds another account.</summary>
    public void Add(StepCounts other)
    {
        other.Latency.AddTo(Latency);
        Bytes += other.Bytes;
        foreach ((string kind, long number) in other.Failures)
        {
            Failures[kind] = Failures.TryGetValue(kind, out long before) ? before + number : number;
        }
    }
}

/// <summary>What the harness's processes used.</summary>
/// <param name="CpuSeconds">Processor time, user and kernel.</param>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap.</param>
/// <param name="WorkingSetBytes">Resident memory; the largest reading.</param>
/// <param name="Seconds">In how long; the last interval of a load also has what ended after it.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long AllocatedBytes, long WorkingSetBytes, double Seconds)
{
    /// <summary>With another process's.</summary>
    public ProcessUsage Beside(ProcessUsage other) =>
        new(CpuSeconds + other.CpuSeconds, AllocatedBytes + other.AllocatedBytes, WorkingSetBytes + other.WorkingSetBytes, Math.Max(Seconds, other.Seconds));

    /// <summary>With what the same process used later.</summary>
    public ProcessUsage Before(ProcessUsage other) =>
        new(CpuSeconds + other.CpuSeconds, AllocatedBytes + other.AllocatedBytes, Math.Max(WorkingSetBytes, other.WorkingSetBytes), Seconds + other.Seconds);

    /// <summary>What was used since an earlier reading of counters that only rise.</summary>
    public ProcessUsage Since(ProcessUsage earlier) =>
        new(CpuSeconds - earlier.CpuSeconds, AllocatedBytes - earlier.AllocatedBytes, WorkingSetBytes, Seconds - earlier.Seconds);
}

/// <summary>What connections did.</summary>
/// <param name="PacketsSent">QUIC packets sent.</param>
/// <param name="PacketsReceived">QUIC packets received.</param>
/// <param name="PacketsLost">Packets sent and declared lost.</param>
/// <param name="RttReadings">How many times a connection's round trip was read.</param>
/// <param name="RttMicroseconds">The sum of the smoothed round trips that were read (RFC 9002 §5.3).</param>
/// <param name="MinRttMicroseconds">The shortest round trip; 0 where none was read.</param>
internal readonly record struct TransportUsage(
    long PacketsSent, long PacketsReceived, long PacketsLost, long RttReadings, double RttMicroseconds, double MinRttMicroseconds)
{
    /// <summary>The mean of the smoothed round trips.</summary>
    public double MeanRttMicroseconds => RttReadings == 0 ? 0 : RttMicroseconds / RttReadings;

    /// <summary>Both together.</summary>
    public static TransportUsage operator +(TransportUsage left, TransportUsage right) => new(
        left.PacketsSent + right.PacketsSent,
        left.PacketsReceived + right.PacketsReceived,
        left.PacketsLost + right.PacketsLost,
        left.RttReadings + right.RttReadings,
        left.RttMicroseconds + right.RttMicroseconds,
        left.RttReadings == 0 || (right.RttReadings > 0 && right.MinRttMicroseconds < left.MinRttMicroseconds)
            ? right.MinRttMicroseconds
            : left.MinRttMicroseconds);
}
