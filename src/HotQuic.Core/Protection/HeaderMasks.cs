using System.Runtime.CompilerServices;

namespace HotQuic.Core.Protection;

/// <summary>
/// Takes header protection off the packets of one connection as they come, up to eight masks at a time: where others came together with
/// a packet, their masks are computed with its own, and wait here. A mask depends on nothing but the key and the sample that it is kept
/// with (RFC 9001 §5.4.2), so it serves whichever packet has that sample. <see cref="Clear"/> when the key changes.
/// </summary>
/// <remarks>PacketProtectionBenchmarks.UnprotectTrain: what a packet costs alone, and among others.</remarks>
internal struct HeaderMasks
{
    private const int Capacity = 8;

    private Blocks _samples;
    private Blocks _masks;
    private int _count;
    private int _next;

    public void Clear() => _count = 0;

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

        if (_next >= _count || !PacketProtector.Sample(packet, packetNumberOffset).SequenceEqual(Slot(_samples, _next)))
        {
            if (following.IsEmpty)
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
        int size = packet.Length;
        PacketProtector.Sample(packet, packetNumberOffset).CopyTo(_samples);
        for (_count = 1; _count < Capacity && following.Length >= packetNumberOffset + PacketProtector.MinLengthFromPacketNumber; _count++)
        {
            PacketProtector.Sample(following, packetNumberOffset).CopyTo(Slot(_samples, _count));
            following = following[Math.Min(size, following.Length)..];
        }

        int length = _count * HeaderProtection.SampleLength;
        protection.ComputeMasks(_samples[..length], _masks[..length]);
        _next = 0;
    }

    private static Span<byte> Slot(Span<byte> blocks, int index) =>
        blocks.Slice(index * HeaderProtection.SampleLength, HeaderProtection.SampleLength);

    [InlineArray(Capacity * HeaderProtection.SampleLength)]
    private struct Blocks
    {
        private byte _first;
    }
}
