using HotQuic.Core.Packets;

namespace HotQuic.Core.Recovery;

internal enum TimeoutKind : byte
{
    /// <summary>No timer had run out.</summary>
    None = 0,

    /// <summary>The time threshold passed for some packets: they were declared lost, and their frames reported.</summary>
    PacketsLost = 1,

    /// <summary>A probe timeout: nothing is lost, but something has to be sent (RFC 9002 §6.2.4).</summary>
    ProbesWanted = 2,
}

/// <summary>What <see cref="LossRecovery.OnTimeout"/> found.</summary>
/// <param name="Kind">Which timer ran out.</param>
/// <param name="Space">The packet number space concerned.</param>
/// <param name="Probes">
/// So many packets, 1 or 2, are to be sent in that space, each ack-eliciting, whatever window and pacer say: with new data; or else
/// with what <see cref="LossRecovery.TryMarkOldestForProbe"/> gives back; or else with a PING.
/// </param>
internal readonly record struct TimeoutResult(TimeoutKind Kind, PacketNumberSpace Space, int Probes)
{
    public static TimeoutResult None => default;
}
