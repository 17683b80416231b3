using System.Buffers.Binary;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Packets;

/// <summary>
/// Version Negotiation (RFC 9000 §17.2.1), which fills a datagram. A server answers with <see cref="Write"/>; a client
/// reads it with <see cref="TryRead"/>, compares the connection IDs, drops it where it <see cref="Lists"/> the version
/// tried, and asks <see cref="TrySelect"/>.
/// </summary>
internal readonly ref struct VersionNegotiationPacket
{
    private readonly ReadOnlySpan<byte> _versions;

    private VersionNegotiationPacket(scoped in InvariantHeader header, ReadOnlySpan<byte> versions)
    {
        DestinationConnectionId = header.DestinationConnectionId;
        SourceConnectionId = header.SourceConnectionId;
        _versions = versions;
    }

    public ReadOnlySpan<byte> DestinationConnectionId { get; }

    public ReadOnlySpan<byte> SourceConnectionId { get; }

    public int VersionCount => _versions.Length / sizeof(uint);

    /// <summary>One of the listed versions, by its place.</summary>
    public QuicVersion this[int index] => (QuicVersion)BinaryPrimitives.ReadUInt32BigEndian(_versions[(index * sizeof(uint))..]);

    /// <summary>Reads the packet; false where it is none, lists nothing, or ends inside a version.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out VersionNegotiationPacket packet)
    {
        packet = default;
        if (!InvariantHeader.TryRead(datagram, 0, out InvariantHeader header)
            || !header.IsLongHeader || header.Version != QuicVersion.Negotiation)
        {
            return false;
        }

        ReadOnlySpan<byte> versions = datagram[header.Length..];
        if (versions.IsEmpty || versions.Length % sizeof(uint) != 0)
        {
            return false;
        }

        packet = new VersionNegotiationPacket(in header, versions);
        return true;
    }

    /// <summary>Bytes that <see cref="Write"/> takes.</summary>
    public static int LengthFor(scoped in InvariantHeader trigger, int supportedCount) =>
        7 + trigger.DestinationConnectionId.Length + trigger.SourceConnectionId.Length + (sizeof(uint) * (supportedCount + 1));

    /// <summary>Writes the answer to a packet of a version that is not supported, and returns its length.</summary>
    /// <param name="destination">Room for <see cref="LengthFor"/> bytes.</param>
    /// <param name="trigger">The packet that is answered; its connection IDs come back in each other's place.</param>
    /// <param name="supported">Our versions, the best first.</param>
    /// <param name="random">For the bits that mean nothing, and the reserved version that is listed with ours.</param>
    public static int Write(
        Span<byte> destination, scoped in InvariantHeader trigger, ReadOnlySpan<QuicVersion> supported, RandomSource random)
    {
        ulong randomBits = random.NextUInt64();
        var writer = new WireWriter(destination);
        writer.WriteByte((byte)(HeaderBits.LongForm | HeaderBits.Fixed | (byte)(randomBits >> 56)));
        LongHeader.WriteConnectionIds(ref writer, QuicVersion.Negotiation, trigger.SourceConnectionId, trigger.DestinationConnectionId);
        foreach (QuicVersion version in supported)
        {
            writer.WriteUInt32((uint)version);
        }

        writer.WriteUInt32(ReservedVersion((uint)randomBits, trigger.Version));
        return writer.Position;
    }

    public bool Lists(QuicVersion version)
    {
        for (int i = 0; i < VersionCount; i++)
        {
            if (this[i] == version)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first of our versions that the packet lists; what we do not speak, reserved versions among it, is skipped.</summary>
    public bool TrySelect(ReadOnlySpan<QuicVersion> preferred, out QuicVersion version)
    {
        foreach (QuicVersion candidate in preferred)
        {
            if (Lists(candidate))
            {
                version = candidate;
                return true;
            }
        }

        version = default;
        return false;
    }

    // RFC 9000 §6.3: listing one keeps peers ignoring what they do not know. It must not be the version that the client
    // tried, or the client would drop the packet (§6.2).
    private static uint ReservedVersion(uint random, QuicVersion tried)
    {
        uint reserved = (random & 0xf0f0f0f0) | 0x0a0a0a0a;
        return reserved == (uint)tried ? reserved ^ 0x1000_0000 : reserved;
    }
}
