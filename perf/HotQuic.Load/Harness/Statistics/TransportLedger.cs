namespace HotQuic.Load.Harness.Statistics;

/// <summary>
/// Sums what connections tell of themselves now and then: <see cref="Read"/> with a reading and the one before it, from any thread;
/// <see cref="Take"/> what came since the last time.
/// </summary>
internal sealed class TransportLedger
{
    private readonly Lock _gate = new();
    private TransportUsage _usage;

    /// <summary>Counts what a connection did since the reading before, which becomes this one.</summary>
    public void Read(QuicConnectionStatistics now, ref QuicConnectionStatistics before)
    {
        bool hasRtt = now.SmoothedRtt > TimeSpan.Zero && now.PacketsReceived > 0;
        TransportUsage usage = new(
            now.PacketsSent - before.PacketsSent,
            now.PacketsReceived - before.PacketsReceived,
            now.PacketsLost - before.PacketsLost,
            hasRtt ? 1 : 0,
            hasRtt ? now.SmoothedRtt.TotalMicroseconds : 0,
            hasRtt ? now.MinRtt.TotalMicroseconds : 0);
        before = now;
        lock (_gate)
        {
            _usage += usage;
        }
    }

    /// <summary>What came since the last time.</summary>
    public TransportUsage Take()
    {
        lock (_gate)
        {
            TransportUsage usage = _usage;
            _usage = default;
            return usage;
        }
    }
}
