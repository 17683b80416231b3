namespace HotQuic.Load.Measuring;

/// <summary>What one side's connections sent and received. A later reading minus an earlier one is what happened between them.</summary>
/// <param name="Sent">QUIC packets sent.</param>
/// <param name="Received">QUIC packets received.</param>
/// <param name="Retransmitted">Packets declared lost, whose frames were sent again.</param>
/// <param name="LargestUdpPayload">Bytes of the largest UDP payload sent so far; a maximum, not a sum.</param>
public readonly record struct PacketCounters(long Sent, long Received, long Retransmitted, int LargestUdpPayload)
{
    /// <summary>Both together.</summary>
    public static PacketCounters operator +(PacketCounters left, PacketCounters right) => new(
        left.Sent + right.Sent,
        left.Received + right.Received,
        left.Retransmitted + right.Retransmitted,
        Math.Max(left.LargestUdpPayload, right.LargestUdpPayload));

    /// <summary>What was added since the earlier reading.</summary>
    public static PacketCounters operator -(PacketCounters later, PacketCounters earlier) => new(
        later.Sent - earlier.Sent,
        later.Received - earlier.Received,
        later.Retransmitted - earlier.Retransmitted,
        later.LargestUdpPayload);
}
