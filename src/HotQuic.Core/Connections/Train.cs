using HotQuic.Core.Packets;
using HotQuic.Core.Paths;

namespace HotQuic.Core.Connections;

/// <summary>
/// Datagrams that leave together: laid end to end in one buffer, all of <see cref="SegmentSize"/> bytes but the last,
/// which may be shorter, and all on one path. A length of 0 means that there is nothing to send.
/// </summary>
internal readonly record struct Train(int Length, int SegmentSize, PathAddress Remote, PathAddress Local, EcnCodepoint Ecn)
{
    public bool IsEmpty => Length == 0;
}

/// <summary>One UDP datagram for a connection; its bytes are opened in place.</summary>
internal readonly ref struct ReceivedDatagram
{
    public required Span<byte> Bytes { get; init; }

    /// <summary>
    /// The datagrams that came together with it and are given next, each of its length but the last, or nothing: a look ahead, at what may
    /// be another connection's.
    /// </summary>
    public ReadOnlySpan<byte> Following { get; init; }

    public required PathAddress Remote { get; init; }

    /// <summary>The address it was sent to.</summary>
    public required PathAddress Local { get; init; }

    public required Time.Instant At { get; init; }

    public EcnCodepoint Ecn { get; init; }
}
