namespace HotQuic.Kestrel.Connections;

/// <summary>For how long a client has said nothing though it had something to acknowledge: <see cref="Measure"/> now and then, on one thread at a time.</summary>
internal sealed class ClientSilence
{
    private long _packetsReceived = -1;
    private long _since;

    /// <summary>Milliseconds since the last reading at which something had come, or nothing was under way.</summary>
    /// <param name="statistics">The connection's.</param>
    /// <param name="now">The time, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    public long Measure(in QuicConnectionStatistics statistics, long now)
    {
        if (statistics.PacketsReceived != _packetsReceived || statistics.BytesInFlight == 0)
        {
            _packetsReceived = statistics.PacketsReceived;
            _since = now;
        }

        return now - _since;
    }
}
