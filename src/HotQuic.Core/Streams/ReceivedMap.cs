using System.Numerics;

namespace HotQuic.Core.Streams;

/// <summary>
/// Which bytes ahead of the contiguous part of a stream have arrived: one bit a byte, in pooled chunks. Call
/// <see cref="Begin"/> when the first byte arrives out of order, <see cref="Mark"/> for each piece, and
/// <see cref="RunEnd"/> when a gap closes; <see cref="ReleaseBefore"/> and <see cref="End"/> give memory back.
/// </summary>
/// <remarks>
/// A bit a byte costs an eighth of the receive window at most, however finely a peer cuts its data, and each piece costs
/// time in proportion to its length only: a list of ranges has neither bound. A stream without loss never uses it.
/// </remarks>
internal struct ReceivedMap(StreamBufferPool pool)
{
    private ChunkQueue _bits = new(pool.Maps);

    /// <summary>Starts to record bytes from <paramref name="offset"/> on.</summary>
    public void Begin(ulong offset) => _bits.ReleaseAll(offset >> 3);

    /// <summary>Records the bytes from <paramref name="offset"/> up to <paramref name="end"/>.</summary>
    public void Mark(ulong offset, ulong end)
    {
        while (offset < end)
        {
            Span<byte> bits = _bits.Writable(offset >> 3);
            int first = (int)(offset & 7);
            int count = (int)Math.Min(end - offset, (ulong)((bits.Length * 8) - first));
            MarkWithin(bits, first, count);
            offset += (ulong)count;
        }
    }

    /// <summary>The end of the run of recorded bytes that starts at <paramref name="offset"/>: the offset itself if there is none.</summary>
    public readonly ulong RunEnd(ulong offset)
    {
        while (true)
        {
            ReadOnlySpan<byte> bits = _bits.Readable(offset >> 3);
            if (bits.IsEmpty)
            {
                return offset;
            }

            int first = (int)(offset & 7);
            int ones = BitOperations.TrailingZeroCount(~((uint)bits[0] >> first));
            offset += (ulong)ones;
            if (ones < 8 - first)
            {
                return offset;
            }

            bits = bits[1..];
            int full = bits.IndexOfAnyExcept((byte)0xff);
            if (full >= 0)
            {
                return offset + ((ulong)full * 8) + (ulong)BitOperations.TrailingZeroCount(~(uint)bits[full]);
            }

            offset += (ulong)bits.Length * 8;
        }
    }

    public void ReleaseBefore(ulong offset) => _bits.ReleaseBefore(offset >> 3);

    /// <summary>Nothing is recorded any more.</summary>
    public void End() => _bits.Reset();

    private static void MarkWithin(Span<byte> bits, int first, int count)
    {
        int last = first + count;
        int lastByte = last >> 3;
        byte headMask = (byte)(0xff << first);
        byte tailMask = (byte)((1 << (last & 7)) - 1);
        if (lastByte == 0)
        {
            bits[0] |= (byte)(headMask & tailMask);
            return;
        }

        bits[0] |= headMask;
        bits[1..lastByte].Fill(0xff);
        if (tailMask != 0)
        {
            bits[lastByte] |= tailMask;
        }
    }
}
