using System.Buffers.Binary;

namespace HotQuic.Core.Protection;

/// <summary>What <see cref="PacketProtector"/> uncovered in a header.</summary>
/// <param name="FirstByte">The packet's first byte, unprotected.</param>
/// <param name="PacketNumberLength">1 to 4 bytes.</param>
/// <param name="TruncatedPacketNumber">The packet number as it is in the packet.</param>
internal readonly record struct UnprotectedHeader(byte FirstByte, int PacketNumberLength, uint TruncatedPacketNumber)
{
    private const byte KeyPhaseBit = 0x04;

    /// <summary>The Key Phase bit, which only short headers have (RFC 9000 §17.3.1).</summary>
    public bool KeyPhase => (FirstByte & KeyPhaseBit) != 0;
}

/// <summary>
/// Puts header protection on sealed packets and takes it off received ones, in place (RFC 9001 §5.4). One packet a call, or a train to be
/// sent: packets one after the other, all of the segment size but the last, which may be shorter, with the packet number at the same
/// offset; then eight masks are computed at a time. <see cref="HeaderMasks"/> does so for received ones.
/// </summary>
internal static class PacketProtector
{
    /// <summary>The sample is taken as though the packet number had its greatest length (RFC 9001 §5.4.2).</summary>
    public const int MaxPacketNumberLength = 4;

    /// <summary>What must follow the start of the packet number, so that there is a sample.</summary>
    public const int MinLengthFromPacketNumber = MaxPacketNumberLength + HeaderProtection.SampleLength;

    private const int Batch = 8;
    private const byte LongHeader = 0x80;
    private const byte PacketNumberLengthBits = 0x03;

    /// <summary>
    /// Protects the header of one sealed packet. The packet number's length is read from the first byte. The sender has padded so that
    /// packet number and payload have at least four bytes.
    /// </summary>
    /// <exception cref="ArgumentException">The packet is too short to be sampled.</exception>
    public static void Protect(HeaderProtection protection, Span<byte> packet, int packetNumberOffset) =>
        ProtectTrain(protection, packet, packet.Length, packetNumberOffset);

    /// <summary>Protects the headers of a train of sealed packets.</summary>
    /// <exception cref="ArgumentException">A packet is too short to be sampled.</exception>
    public static void ProtectTrain(HeaderProtection protection, Span<byte> train, int segmentSize, int packetNumberOffset)
    {
        CheckTrain(train, segmentSize, packetNumberOffset);
        int count = SegmentCount(train.Length, segmentSize);
        if (train.Length - ((count - 1) * segmentSize) < packetNumberOffset + MinLengthFromPacketNumber)
        {
            throw new ArgumentException("Packets padded to at least 20 bytes from the packet number on were expected.", nameof(train));
        }

        Span<byte> samples = stackalloc byte[Batch * HeaderProtection.SampleLength];
        for (int first = 0; first < count; first += Batch)
        {
            int inBatch = Math.Min(Batch, count - first);
            Span<byte> batch = train[(first * segmentSize)..];
            for (int i = 0; i < inBatch; i++)
            {
                Sample(batch[(i * segmentSize)..], packetNumberOffset).CopyTo(Slot(samples, i));
            }

            Span<byte> masks = samples[..(inBatch * HeaderProtection.SampleLength)];
            protection.ComputeMasks(masks, masks);
            for (int i = 0; i < inBatch; i++)
            {
                Span<byte> packet = batch[(i * segmentSize)..];
                int length = (packet[0] & PacketNumberLengthBits) + 1;
                packet[0] ^= FirstByteMask(packet[0], Slot(masks, i));
                MaskPacketNumber(packet.Slice(packetNumberOffset, MaxPacketNumberLength), length, Slot(masks, i));
            }
        }
    }

    /// <summary>
    /// Takes the protection off one packet's header; false where the packet is too short to be sampled, and thus is to be dropped.
    /// </summary>
    public static bool TryUnprotect(HeaderProtection protection, Span<byte> packet, int packetNumberOffset, out UnprotectedHeader header)
    {
        header = default;
        if (packet.Length < packetNumberOffset + MinLengthFromPacketNumber)
        {
            return false; // RFC 9001 §5.4.2
        }

        Span<byte> mask = stackalloc byte[HeaderProtection.SampleLength];
        protection.ComputeMasks(Sample(packet, packetNumberOffset), mask);
        header = Unmask(packet, packetNumberOffset, mask);
        return true;
    }

    /// <summary>Takes a packet's mask off its header.</summary>
    public static UnprotectedHeader Unmask(Span<byte> packet, int packetNumberOffset, ReadOnlySpan<byte> mask)
    {
        packet[0] ^= FirstByteMask(packet[0], mask);
        int length = (packet[0] & PacketNumberLengthBits) + 1;
        uint truncated = MaskPacketNumber(packet.Slice(packetNumberOffset, MaxPacketNumberLength), length, mask);
        return new UnprotectedHeader(packet[0], length, truncated);
    }

    /// <summary>RFC 9001 §5.4.1: four bits of a long header's first byte are masked, five of a short one's.</summary>
    private static byte FirstByteMask(byte firstByte, ReadOnlySpan<byte> mask) =>
        (byte)(mask[0] & ((firstByte & LongHeader) != 0 ? 0x0f : 0x1f));

    /// <summary>
    /// Masks the packet number's bytes and gives its value. All four bytes are read and written whatever the length, so that the time
    /// does not tell it (RFC 9001 §9.5).
    /// </summary>
    private static uint MaskPacketNumber(Span<byte> field, int length, ReadOnlySpan<byte> mask)
    {
        int unused = 8 * (MaxPacketNumberLength - length);
        uint bits = BinaryPrimitives.ReadUInt32BigEndian(mask[1..]) & (uint.MaxValue << unused);
        uint value = BinaryPrimitives.ReadUInt32BigEndian(field) ^ bits;
        BinaryPrimitives.WriteUInt32BigEndian(field, value);
        return value >> unused;
    }

    /// <summary>What a packet's mask is computed from (RFC 9001 §5.4.2).</summary>
    public static ReadOnlySpan<byte> Sample(ReadOnlySpan<byte> packet, int packetNumberOffset) =>
        packet.Slice(packetNumberOffset + MaxPacketNumberLength, HeaderProtection.SampleLength);

    private static Span<byte> Slot(Span<byte> blocks, int index) =>
        blocks.Slice(index * HeaderProtection.SampleLength, HeaderProtection.SampleLength);

    private static int SegmentCount(int length, int segmentSize) => (length + segmentSize - 1) / segmentSize;

    private static void CheckTrain(Span<byte> train, int segmentSize, int packetNumberOffset)
    {
        if (train.IsEmpty)
        {
            throw new ArgumentException("At least one packet was expected.", nameof(train));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(packetNumberOffset);
        if (segmentSize < packetNumberOffset + MinLengthFromPacketNumber)
        {
            throw new ArgumentOutOfRangeException(
                nameof(segmentSize), segmentSize, "At least 20 bytes from the packet number on were expected of each packet.");
        }
    }
}
