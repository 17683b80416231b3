namespace HotQuic.Core.Packets;

/// <summary>
/// Stateless resets (RFC 9000 §10.3): random bytes that look like a 1-RTT packet and end in a token. An endpoint that
/// knows no connection for a datagram asks <see cref="LengthFor"/> and calls <see cref="Write"/>; one that knows, but cannot
/// open it, asks <see cref="TryReadToken"/>.
/// </summary>
internal static class StatelessReset
{
    /// <summary>38 unpredictable bits behind the two fixed ones, and the token.</summary>
    public const int MinLength = 5 + StatelessResetToken.Length;

    /// <summary>As long as the shortest 1-RTT packet whose connection ID has 20 bytes: enough to look like any (RFC 9000 §10.3).</summary>
    public const int MaxLength = 1 + ConnectionId.MaxLength + 5 + StatelessResetToken.Length;

    /// <summary>How long the answer to a datagram may be; 0 where none may be sent.</summary>
    public static int LengthFor(int triggerLength)
    {
        // RFC 9000 §10.3.3: always shorter than what it answers, so that two endpoints cannot go on resetting each other.
        int length = Math.Min(triggerLength - 1, MaxLength);
        return length < MinLength ? 0 : length;
    }

    /// <summary>Fills the whole destination, <see cref="LengthFor"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter than <see cref="MinLength"/>.</exception>
    public static void Write(Span<byte> destination, StatelessResetToken token, RandomSource random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, MinLength, nameof(destination));
        random.Fill(destination[..^StatelessResetToken.Length]);
        destination[0] = (byte)((destination[0] & ~HeaderBits.LongForm) | HeaderBits.Fixed);
        token.Write(destination[^StatelessResetToken.Length..]);
    }

    /// <summary>
    /// The last 16 bytes of a datagram, which any header form may precede (RFC 9000 §10.3.1); false where it is too short
    /// to be a reset.
    /// </summary>
    public static bool TryReadToken(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> token)
    {
        bool isLongEnough = datagram.Length >= MinLength;
        token = isLongEnough ? datagram[^StatelessResetToken.Length..] : default;
        return isLongEnough;
    }
}
