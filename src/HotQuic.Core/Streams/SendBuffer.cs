using HotQuic.Core.Frames;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Streams;

/// <summary>
/// What the application wrote to one stream and the peer has not acknowledged. <see cref="Write"/> copies it in; the
/// sender takes <see cref="TryGetLost"/> before <see cref="TryGetUnsent"/>, reads the bytes in place with
/// <see cref="Slice"/> and says <see cref="OnSent"/>; then each sent piece ends in <see cref="OnAcknowledged"/> or
/// <see cref="OnLost"/>.
/// </summary>
/// <remarks>
/// Every byte is unsent, in flight, lost or acknowledged. Memory goes back from the front as it is acknowledged. In order
/// and without loss every call is O(1), and the two sets of ranges stay empty.
/// </remarks>
internal sealed class SendBuffer(StreamBufferPool pool)
{
    private ChunkQueue _chunks = new(pool);
    private RangeSet _acknowledged;
    private RangeSet _lost;

    /// <summary>Everything before this offset is acknowledged and gone.</summary>
    public ulong AcknowledgedEnd { get; private set; }

    /// <summary>The end of what was sent at least once.</summary>
    public ulong SentEnd { get; private set; }

    /// <summary>The end of what the application wrote.</summary>
    public ulong WrittenEnd { get; private set; }

    /// <summary>Bytes held for the peer: those sent and not acknowledged, and those not sent.</summary>
    public ulong BufferedBytes => WrittenEnd - AcknowledgedEnd;

    public ulong UnsentBytes => WrittenEnd - SentEnd;

    public bool HasLost => !_lost.IsEmpty;

    /// <summary>True once everything that was written is acknowledged.</summary>
    public bool IsAcknowledged => AcknowledgedEnd == WrittenEnd;

    /// <summary>Copies data in.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        _chunks.Write(WrittenEnd, data);
        WrittenEnd += (ulong)data.Length;
    }

    /// <summary>
    /// Takes a piece that was written into a chunk of the writer's own. The chunk itself becomes part of the buffer, and its node loses
    /// it, where the piece lies at its place and the place is free; else the bytes are copied.
    /// </summary>
    public void Adopt(WrittenChunk piece)
    {
        byte[] chunk = piece.Bytes!;
        int count = piece.End - piece.Start;
        if (((int)WrittenEnd & (pool.ChunkSize - 1)) == piece.Start && _chunks.TryPlace(WrittenEnd, chunk))
        {
            piece.Bytes = null;
        }
        else
        {
            _chunks.Write(WrittenEnd, chunk.AsSpan(piece.Start, count));
        }

        WrittenEnd += (ulong)count;
    }

    /// <summary>The next bytes that were never sent.</summary>
    public bool TryGetUnsent(out OffsetRange range)
    {
        range = new OffsetRange(SentEnd, WrittenEnd);
        return !range.IsEmpty;
    }

    /// <summary>The lowest bytes that were lost and not sent again.</summary>
    public bool TryGetLost(out OffsetRange range)
    {
        range = _lost.IsEmpty ? default : _lost.First;
        return !_lost.IsEmpty;
    }

    /// <summary>The bytes from <paramref name="offset"/> on, in place: at most <paramref name="max"/>, and fewer where a chunk ends.</summary>
    public ReadOnlySpan<byte> Slice(ulong offset, int max)
    {
        ReadOnlySpan<byte> chunk = _chunks.Readable(offset);
        return chunk.Length > max ? chunk[..max] : chunk;
    }

    /// <summary>Copies the bytes into the payload.</summary>
    public void CopyTo(ref WireWriter writer, ulong offset, int length)
    {
        while (length > 0)
        {
            ReadOnlySpan<byte> piece = Slice(offset, length);
            writer.WriteBytes(piece);
            offset += (ulong)piece.Length;
            length -= piece.Length;
        }
    }

    /// <summary>Ends the payload with the bytes: the last chunk's part stays in place as the packet's tail, what lies in chunks before it is copied.</summary>
    public void AttachTo(ref FrameWriter writer, ulong offset, int length)
    {
        ReadOnlySpan<byte> piece = Slice(offset, length);
        while (piece.Length < length)
        {
            writer.Wire.WriteBytes(piece);
            offset += (ulong)piece.Length;
            length -= piece.Length;
            piece = Slice(offset, length);
        }

        writer.AttachTail(piece);
    }

    /// <summary>A piece of what <see cref="TryGetLost"/> or <see cref="TryGetUnsent"/> offered is in flight.</summary>
    public void OnSent(ulong offset, int length)
    {
        ulong end = offset + (ulong)length;
        if (offset < SentEnd)
        {
            _lost.Remove(new OffsetRange(offset, end));
        }

        SentEnd = Math.Max(SentEnd, end);
    }

    public void OnAcknowledged(ulong offset, ulong length)
    {
        var range = new OffsetRange(offset, offset + length);
        if (range.End <= AcknowledgedEnd)
        {
            return;
        }

        if (!_lost.IsEmpty)
        {
            _lost.Remove(range);
        }

        if (range.Start > AcknowledgedEnd)
        {
            _acknowledged.Add(range);
            return;
        }

        AcknowledgedEnd = range.End;
        while (!_acknowledged.IsEmpty && _acknowledged.First.Start <= AcknowledgedEnd)
        {
            OffsetRange joined = _acknowledged.First;
            AcknowledgedEnd = Math.Max(AcknowledgedEnd, joined.End);
            _acknowledged.Remove(joined);
        }

        if (IsAcknowledged)
        {
            _chunks.ReleaseAll(AcknowledgedEnd);
        }
        else
        {
            _chunks.ReleaseBefore(AcknowledgedEnd);
        }
    }

    /// <summary>A piece has to be sent again, save what of it was acknowledged from another packet.</summary>
    public void OnLost(ulong offset, ulong length)
    {
        var range = new OffsetRange(Math.Max(offset, AcknowledgedEnd), offset + length);
        if (range.IsEmpty)
        {
            return;
        }

        _lost.Add(range);
        for (int i = _acknowledged.IndexAfter(range.Start); i < _acknowledged.Count && _acknowledged[i].Start < range.End; i++)
        {
            _lost.Remove(_acknowledged[i]);
        }
    }

    /// <summary>Returns all memory and keeps the offsets: nothing of this stream will be sent any more.</summary>
    public void Discard()
    {
        _chunks.Reset();
        _acknowledged.Clear();
        _lost.Clear();
        AcknowledgedEnd = WrittenEnd;
        SentEnd = WrittenEnd;
    }

    /// <summary>Returns all memory and starts again at offset 0, for another stream.</summary>
    public void Reset()
    {
        WrittenEnd = 0;
        Discard();
    }
}
