namespace HotQuic.Core.CongestionControl;

/// <summary>
/// Settings of a congestion controller and of its pacer. Set what differs, then <see cref="Validate"/> once.
/// <code>
/// setting                  default       meaning
/// MaxDatagramSize          1200          bytes of UDP payload, until the path is known to take more
/// InitialWindowPackets     10            initial window in datagrams, at most max(14720, 2 datagrams) (RFC 9002 §7.2)
/// MaximumWindow            1 GiB         the window never grows past it
/// UseHyStart               true          HyStart++ in the first slow start of CUBIC (RFC 9406)
/// UseFastConvergence       true          CUBIC gives way to new flows sooner (RFC 9438 §4.7)
/// PacingTrainInterval      1 ms          a paced train carries what the rate gives in this time ...
/// PacingMinTrainPackets    10            ... but at least this many packets (while the window is several times that),
/// PacingMaxTrainPackets    64            ... and at most this many
/// PacingCreditInterval     2 ms          unused credit is kept for this long, so that a late timer costs no throughput
/// </code>
/// </summary>
internal sealed record CongestionOptions
{
    public static CongestionOptions Default { get; } = new();

    public int MaxDatagramSize { get; init; } = 1200;

    public int InitialWindowPackets { get; init; } = 10;

    public long MaximumWindow { get; init; } = 1L << 30;

    public bool UseHyStart { get; init; } = true;

    public bool UseFastConvergence { get; init; } = true;

    public TimeSpan PacingTrainInterval { get; init; } = TimeSpan.FromMilliseconds(1);

    public int PacingMinTrainPackets { get; init; } = 10;

    public int PacingMaxTrainPackets { get; init; } = 64;

    public TimeSpan PacingCreditInterval { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Throws where a setting is out of range, naming it; returns these options otherwise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public CongestionOptions Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDatagramSize, 1200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDatagramSize, 65527);
        ArgumentOutOfRangeException.ThrowIfLessThan(InitialWindowPackets, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumWindow, 2L * 65527);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumWindow, 1L << 40);
        ArgumentOutOfRangeException.ThrowIfLessThan(PacingMinTrainPackets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PacingMaxTrainPackets, PacingMinTrainPackets);
        ArgumentOutOfRangeException.ThrowIfLessThan(PacingTrainInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(PacingCreditInterval, PacingTrainInterval);
        return this;
    }
}
