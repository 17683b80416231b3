using HotQuic.Core.Wire;

namespace HotQuic.Core.Packets;

/// <summary>
/// What every version of QUIC has in common (RFC 8999 §5): enough to find the connection of a datagram, or to answer a
/// version that nobody here speaks. The first thing read of a datagram; <see cref="ProtectedPacket"/> comes next.
/// </summary>
internal readonly ref struct InvariantHeader
{
    public byte FirstByte { get; private init; }

    public bool IsLongHeader => HeaderBits.IsLong(FirstByte);

    /// <summary>Of a long header; a short one does not say.</summary>
    public QuicVersion Version { get; private init; }

    /// <summary>Up to 255 bytes: versions to come may allow more than 20.</summary>
    public ReadOnlySpan<byte> DestinationConnectionId { get; private init; }

    /// <summary>Up to 255 bytes; empty in a short header, which has none.</summary>
    public ReadOnlySpan<byte> SourceConnectionId { get; private init; }

    /// <summary>Where the version's own part begins.</summary>
    public int Length { get; private init; }

    /// <summary>Reads the header; false where the datagram ends inside it.</summary>
    /// <param name="datagram">A datagram, or what is left of one after a packet.</param>
    /// <param name="localConnectionIdLength">The length of our own connection IDs, which a short header does not tell.</param>
    /// <param name="header">Views of the datagram.</param>
    public static bool TryRead(ReadOnlySpan<byte> datagram, int localConnectionIdLength, out InvariantHeader header)
    {
        header = default;
        var reader = new WireReader(datagram);
        if (!reader.TryReadByte(out byte firstByte))
        {
            return false;
        }

        ReadOnlySpan<byte> destination;
        if (!HeaderBits.IsLong(firstByte))
        {
            if (!reader.TryReadBytes((ulong)localConnectionIdLength, out destination))
            {
                return false;
            }

            header = new InvariantHeader { FirstByte = firstByte, DestinationConnectionId = destination, Length = reader.Position };
            return true;
        }

        if (!reader.TryReadUInt32(out uint version)
            || !reader.TryReadByte(out byte destinationLength) || !reader.TryReadBytes(destinationLength, out destination)
            || !reader.TryReadByte(out byte sourceLength) || !reader.TryReadBytes(sourceLength, out ReadOnlySpan<byte> source))
        {
            return false;
        }

        header = new InvariantHeader
        {
            FirstByte = firstByte,
            Version = (QuicVersion)version,
            DestinationConnectionId = destination,
            SourceConnectionId = source,
            Length = reader.Position,
        };
        return true;
    }
}
