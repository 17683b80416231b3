using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// ACK, types 0x02 and 0x03 (RFC 9000 §19.3). Reading checks every range, so that enumerating <see cref="Ranges"/>
/// cannot fail. To send one, fill an <see cref="AckFrameContent"/> and call the static <see cref="Write"/>, which takes
/// as many ranges as fit.
/// </summary>
internal readonly ref struct AckFrame
{
    private readonly AckRange _first;
    private readonly ReadOnlySpan<byte> _further;

    private AckFrame(AckRange first, ReadOnlySpan<byte> further, int rangeCount)
    {
        _first = first;
        _further = further;
        RangeCount = rangeCount;
    }

    public PacketNumber LargestAcknowledged => _first.Largest;

    /// <summary>The field as it was sent; <see cref="Frames.AckDelay.Decode"/> makes a time of it.</summary>
    public ulong AckDelay { get; private init; }

    /// <summary>The counts of a frame of type 0x03.</summary>
    public EcnCounts? EcnCounts { get; private init; }

    /// <summary>How many ranges <see cref="Ranges"/> gives: at least one.</summary>
    public int RangeCount { get; }

    /// <summary>What is acknowledged, from the largest packet numbers down.</summary>
    public AckRangeEnumerator Ranges => new(_first, _further);

    public static bool TryRead(FrameType type, scoped ref WireReader reader, out AckFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong largest) || !reader.TryReadVarInt(out ulong delay)
            || !reader.TryReadVarInt(out ulong count) || !reader.TryReadVarInt(out ulong firstLength) || firstLength > largest)
        {
            return false;
        }

        var first = new AckRange(new PacketNumber((long)(largest - firstLength)), new PacketNumber((long)largest));
        if (!TryReadFurther(ref reader, first.Smallest, count, out ReadOnlySpan<byte> further)
            || !TryReadEcnCounts(type, ref reader, out EcnCounts? counts))
        {
            return false;
        }

        frame = new AckFrame(first, further, (int)count + 1) { AckDelay = delay, EcnCounts = counts };
        return true;
    }

    /// <summary>
    /// Writes the first ranges of the content, as many as fit, and returns how many: 0, with nothing written, where not
    /// even one does.
    /// </summary>
    public static int Write(ref WireWriter writer, in AckFrameContent content)
    {
        ReadOnlySpan<AckRange> ranges = content.Ranges;
        int fitting = CountFitting(in content, Math.Min(writer.Remaining, content.MaxLength));
        if (fitting == 0)
        {
            return 0;
        }

        writer.WriteVarInt((ulong)(content.EcnCounts is null ? FrameType.Ack : FrameType.AckEcn));
        writer.WriteVarInt((ulong)ranges[0].Largest.Value);
        writer.WriteVarInt(content.AckDelay);
        writer.WriteVarInt((ulong)(fitting - 1));
        writer.WriteVarInt(LengthField(ranges[0]));
        for (int i = 1; i < fitting; i++)
        {
            writer.WriteVarInt(GapField(ranges[i - 1], ranges[i]));
            writer.WriteVarInt(LengthField(ranges[i]));
        }

        if (content.EcnCounts is { } counts)
        {
            writer.WriteVarInt(counts.Ect0);
            writer.WriteVarInt(counts.Ect1);
            writer.WriteVarInt(counts.Ce);
        }

        return fitting;
    }

    private static int CountFitting(in AckFrameContent content, int room)
    {
        ReadOnlySpan<AckRange> ranges = content.Ranges;
        if (ranges.IsEmpty)
        {
            throw new ArgumentException("An ACK frame needs at least one range.", nameof(content));
        }

        int length = 1 + VarInt.LengthOf((ulong)ranges[0].Largest.Value) + VarInt.LengthOf(content.AckDelay)
            + VarInt.LengthOf(LengthField(ranges[0]));
        if (content.EcnCounts is { } counts)
        {
            length += VarInt.LengthOf(counts.Ect0) + VarInt.LengthOf(counts.Ect1) + VarInt.LengthOf(counts.Ce);
        }

        int fitting = 0;
        while (length + VarInt.LengthOf((ulong)fitting) <= room)
        {
            fitting++;
            if (fitting == ranges.Length)
            {
                break;
            }

            length += VarInt.LengthOf(GapField(ranges[fitting - 1], ranges[fitting])) + VarInt.LengthOf(LengthField(ranges[fitting]));
        }

        return fitting;
    }

    private static ulong LengthField(AckRange range) => (ulong)(range.Largest.Value - range.Smallest.Value);

    private static ulong GapField(AckRange higher, AckRange lower) => (ulong)(higher.Smallest.Value - lower.Largest.Value - 2);

    private static bool TryReadFurther(scoped ref WireReader reader, PacketNumber smallest, ulong count, out ReadOnlySpan<byte> further)
    {
        further = default;

        // A range takes at least two bytes: a count that cannot fit is refused before it is walked.
        if (count > (ulong)reader.Remaining / 2)
        {
            return false;
        }

        int start = reader.Position;
        for (ulong i = 0; i < count; i++)
        {
            if (!AckRangeEnumerator.TryReadNext(ref reader, smallest, out AckRange range))
            {
                return false;
            }

            smallest = range.Smallest;
        }

        further = reader.ConsumedSince(start);
        return true;
    }

    private static bool TryReadEcnCounts(FrameType type, scoped ref WireReader reader, out EcnCounts? counts)
    {
        counts = null;
        if (type != FrameType.AckEcn)
        {
            return true;
        }

        if (!reader.TryReadVarInt(out ulong ect0) || !reader.TryReadVarInt(out ulong ect1) || !reader.TryReadVarInt(out ulong ce))
        {
            return false;
        }

        counts = new EcnCounts(ect0, ect1, ce);
        return true;
    }
}
