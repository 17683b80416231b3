using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Packets;

/// <summary>
/// Retry (RFC 9000 §17.2.5), which fills a datagram. A server calls <see cref="Write"/> and has Protection append the
/// integrity tag; a client calls <see cref="TryRead"/> and has Protection compare <see cref="IntegrityTag"/>.
/// </summary>
internal readonly ref struct RetryPacket
{
    public const int IntegrityTagLength = 16;

    public QuicVersion Version { get; private init; }

    public ReadOnlySpan<byte> DestinationConnectionId { get; private init; }

    public ReadOnlySpan<byte> SourceConnectionId { get; private init; }

    /// <summary>Never empty in a packet that was read.</summary>
    public ReadOnlySpan<byte> Token { get; private init; }

    /// <summary>What the tag protects, together with the original destination connection ID (RFC 9001 §5.8).</summary>
    public ReadOnlySpan<byte> WithoutIntegrityTag { get; private init; }

    public ReadOnlySpan<byte> IntegrityTag { get; private init; }

    /// <summary>Reads the packet; false where it is none, or one that a client must discard for its form alone.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out RetryPacket retry)
    {
        retry = default;

        // RFC 9000 §17.2.5.2: an empty token is discarded.
        if (ProtectedPacket.TryRead(datagram, 0, FixedBitRule.Ignored, out ProtectedPacket packet) != DropReason.None
            || packet.Type != PacketType.Retry || packet.Token.IsEmpty)
        {
            return false;
        }

        retry = new RetryPacket
        {
            Version = packet.Version,
            DestinationConnectionId = packet.DestinationConnectionId,
            SourceConnectionId = packet.SourceConnectionId,
            Token = packet.Token,
            WithoutIntegrityTag = datagram[..^IntegrityTagLength],
            IntegrityTag = datagram[^IntegrityTagLength..],
        };
        return true;
    }

    /// <summary>Writes all but the tag.</summary>
    public static void Write(
        ref WireWriter writer,
        QuicVersion version,
        scoped ReadOnlySpan<byte> destinationConnectionId,
        scoped ReadOnlySpan<byte> sourceConnectionId,
        scoped ReadOnlySpan<byte> token)
    {
        writer.WriteByte(PacketType.Retry.LongHeaderBits(version));
        LongHeader.WriteConnectionIds(ref writer, version, destinationConnectionId, sourceConnectionId);
        writer.WriteBytes(token);
    }
}
