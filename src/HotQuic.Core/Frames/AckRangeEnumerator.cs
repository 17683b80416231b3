using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>The ranges of an ACK frame, from the largest packet numbers down: <c>foreach (AckRange range in frame.Ranges)</c>.</summary>
internal ref struct AckRangeEnumerator
{
    private WireReader _further;
    private AckRange _next;

    /// <param name="first">The range that ends with Largest Acknowledged.</param>
    /// <param name="further">The Gap and ACK Range Length fields, already checked by <see cref="AckFrame.TryRead"/>.</param>
    public AckRangeEnumerator(AckRange first, ReadOnlySpan<byte> further)
    {
        _next = first;
        _further = new WireReader(further);
        Current = default;
    }

    public AckRange Current { get; private set; }

    public readonly AckRangeEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_next.Largest.IsNone)
        {
            return false;
        }

        Current = _next;
        if (!TryReadNext(ref _further, Current.Smallest, out _next))
        {
            _next = new AckRange(PacketNumber.None, PacketNumber.None);
        }

        return true;
    }

    /// <summary>Reads one Gap and ACK Range Length; false where they are truncated or lead below packet number 0.</summary>
    internal static bool TryReadNext(ref WireReader reader, PacketNumber previousSmallest, out AckRange range)
    {
        range = default;
        if (!reader.TryReadVarInt(out ulong gap) || !reader.TryReadVarInt(out ulong length))
        {
            return false;
        }

        // RFC 9000 §19.3.1: the gap is one less than the count of missing packets.
        long largest = previousSmallest.Value - (long)gap - 2;
        long smallest = largest - (long)length;
        if (largest < 0 || smallest < 0)
        {
            return false;
        }

        range = new AckRange(new PacketNumber(smallest), new PacketNumber(largest));
        return true;
    }
}
