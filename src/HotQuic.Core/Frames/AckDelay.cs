namespace HotQuic.Core.Frames;

/// <summary>
/// The ACK Delay field: microseconds divided by two to the power of the sender's ack_delay_exponent (RFC 9000 §19.3).
/// </summary>
internal static class AckDelay
{
    /// <summary>
    /// The exponent where no transport parameter changes it (RFC 9000 §18.2), and the one of Initial and Handshake packets.
    /// </summary>
    public const int DefaultExponent = 3;

    /// <summary>The largest exponent that a transport parameter may give (RFC 9000 §18.2).</summary>
    public const int MaxExponent = 20;

    /// <summary>The field of a delay, rounded down; a negative delay counts as none.</summary>
    public static ulong Encode(TimeSpan delay, int exponent) =>
        delay <= TimeSpan.Zero ? 0 : (ulong)(delay.Ticks / TimeSpan.TicksPerMicrosecond) >> exponent;

    /// <summary>The delay of a field; <see cref="TimeSpan.MaxValue"/> where it is longer than that.</summary>
    public static TimeSpan Decode(ulong field, int exponent)
    {
        const ulong longest = (ulong)(long.MaxValue / TimeSpan.TicksPerMicrosecond);
        return field > longest >> exponent
            ? TimeSpan.MaxValue
            : TimeSpan.FromTicks((long)(field << exponent) * TimeSpan.TicksPerMicrosecond);
    }
}
