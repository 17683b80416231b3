using System.Runtime.CompilerServices;

namespace HotQuic.Core.Protection;

/// <summary>
/// Takes header protection off packets as they come, up to eight masks at a time: where others of the same connection came together with a
/// packet, their masks are computed with its own, and wait here. A mask depends on nothing but the key and the sample that it is kept with
/// (RFC 9001 §5.4.2), so one object serves all connections of a thread; a mask of a key that is gone unprotects nothing but copies of
/// old packets, which then fail to open.
/// </summary>
/// <remarks>HeaderProtectionBenchmarks.UnprotectTrain: what a packet costs alone, and among others.</remarks>
internal sealed class HeaderMasks
{
    private const int Capacity = 8;

    private HeaderProtection? _protection;
    private Blocks _samples;
    private Blocks _masks;
    private int _count;
    private int _next;

    /// <summary>
    /// Takes the protection off one packet's header; false where the packet is too short to be sampled, and thus is to be dropped.
    /// </summary>
    /// <param name="protection">The peer's header protection key.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="following">The packets that came with it, each of its length but the last; only looked at.</param>
    /// <param name="packetNumberOffset">Where the packet number starts in each.</param>
    /// <param name="header">What was under the protection.</param>
    public bool TryUnprotect(
        HeaderProtection protection, Span<byte> packet, ReadOnlySpan<byte> following, int packetNumberOffset, out UnprotectedHeader header)
    {
        if (packet.Length < packetNumberOffset + PacketProtector.MinLengthFromPacketNumber)
        {
            header = default;
            return false;
        }

        if (_next >= _count || protection != _protection || !PacketProtector.Sample(packet, packetNumberOffset).SequenceEqual(Slot(_samples, _next)))
        {
            if (!IsSameConnection(packet, following, packetNumberOffset))
            {
                return PacketProtector.TryUnprotect(protection, packet, packetNumberOffset, out header);
            }

            Compute(protection, packet, following, packetNumberOffset);
        }

        header = PacketProtector.Unmask(packet, packetNumberOffset, Slot(_masks, _next++));
        return true;
    }

    private void Compute(HeaderProtection protection, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> following, int packetNumberOffset)
    {
        PacketProtector.Sample(packet, packetNumberOffset).CopyTo(_samples);
        for (_count = 1; _count < Capacity && IsSameConnection(packet, following, packetNumberOffset); _count++)
        {
            PacketProtector.Sample(following, packetNumberOffset).CopyTo(Slot(_samples, _count));
            following = following[Math.Min(packet.Length, following.Length)..];
        }

        int length = _count * HeaderProtection.SampleLength;
        protection.ComputeMasks(_samples[..length], _masks[..length]);
        _protection = protection;
        _next = 0;
    }

    /// <summary>Whether a packet follows that has the same destination connection ID, which is all between a short header's first byte and its number.</summary>
    private static bool IsSameConnection(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> following, int packetNumberOffset) =>
        following.Length >= packetNumberOffset + PacketProtector.MinLengthFromPacketNumber
        && following[1..packetNumberOffset].SequenceEqual(packet[1..packetNumberOffset]);

    private static Span<byte> Slot(Span<byte> blocks, int index) =>
        blocks.Slice(index * HeaderProtection.SampleLength, HeaderProtection.SampleLength);

    [InlineArray(Capacity * HeaderProtection.SampleLength)]
    private struct Blocks
    {
        private byte _first;
    }
}
