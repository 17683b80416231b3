using HotQuic.Core.CongestionControl;

namespace HotQuic.Core.Recovery;

/// <summary>
/// Settings of loss recovery. Set what differs, then <see cref="Validate"/> once.
/// <code>
/// setting            default    meaning
/// InitialRtt         333 ms     assumed before the first sample (RFC 9002 §6.2.2), or what an earlier connection knew
/// PacketThreshold    3          a packet this far below an acknowledged one is lost (RFC 9002 §6.1.1); never less
/// Granularity        1 ms       the least that timers tell apart (RFC 9002 §6.1.2)
/// UseEcn             true       mark packets ECT(0) while the path keeps the marks (RFC 9000 §13.4)
/// Congestion         defaults   of the controller and the pacer
/// </code>
/// </summary>
internal sealed record RecoveryOptions
{
    public static RecoveryOptions Default { get; } = new();

    public TimeSpan InitialRtt { get; init; } = TimeSpan.FromMilliseconds(333);

    public int PacketThreshold { get; init; } = 3;

    public TimeSpan Granularity { get; init; } = TimeSpan.FromMilliseconds(1);

    public bool UseEcn { get; init; } = true;

    public CongestionOptions Congestion { get; init; } = CongestionOptions.Default;

    /// <summary>Throws where a setting is out of range, naming it; returns these options otherwise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public RecoveryOptions Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(InitialRtt, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(InitialRtt, TimeSpan.FromSeconds(60));
        ArgumentOutOfRangeException.ThrowIfLessThan(PacketThreshold, 3);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Granularity, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(Congestion);
        Congestion.Validate();
        return this;
    }
}
