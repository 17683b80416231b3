using HotQuic.Core.Packets;

namespace HotQuic.Core.Frames;

/// <summary>Consecutive packet numbers, both ends included (RFC 9000 §19.3.1).</summary>
internal readonly record struct AckRange(PacketNumber Smallest, PacketNumber Largest)
{
    /// <summary>How many packet numbers these are.</summary>
    public long Count => Largest.Value - Smallest.Value + 1;

    public bool Contains(PacketNumber number) => number >= Smallest && number <= Largest;
}
