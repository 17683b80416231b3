using System.Diagnostics;

namespace HotQuic.Core.Streams;

/// <summary>
/// Puts the data of one stream back in order (RFC 9000 §2.2). <see cref="Write"/> takes what arrives;
/// <see cref="Read"/>, or <see cref="Peek"/> and <see cref="Consume"/> without a copy, give it to the application, and
/// a reader that waits leaves its own memory with <see cref="SetDestination"/>, where in-order data goes directly.
/// </summary>
/// <remarks>
/// The owner checks the limits before it writes: the buffer holds what is written. Data lies at its final place in
/// pooled chunks; a chunk goes back as soon as it is read, and all of them when nothing is buffered.
/// <para>
/// <see cref="TryLend"/> shows the chunks themselves to a reader on another thread. What is lent changes no more and goes back to the pool
/// only by <see cref="Consume"/>, the reader's word that it is done, or after <see cref="EndLending"/>, which says that nobody looks. Where
/// data is dropped while it is lent, the chunks under it are written off: they never serve another stream.
/// <code>
///        ReadOffset              LentEnd           ContiguousEnd
///   read     │        lent          │   readable         │  ahead of a gap
///   ─────────┴──────────────────────┴────────────────────┴────────────────
/// </code>
/// </para>
/// </remarks>
internal sealed class ReceiveBuffer(StreamBufferPool pool)
{
    private ChunkQueue _chunks = new(pool);
    private ReceivedMap _ahead = new(pool);
    private Memory<byte> _destination;

    /// <summary>Bytes given to the application so far: the offset of the next one.</summary>
    public ulong ReadOffset { get; private set; }

    /// <summary>The end of what arrived without a gap.</summary>
    public ulong ContiguousEnd { get; private set; }

    /// <summary>The end of all that arrived, gaps included.</summary>
    public ulong HighestEnd { get; private set; }

    /// <summary>Bytes that can be read now.</summary>
    public int ReadableBytes => (int)(ContiguousEnd - ReadOffset);

    /// <summary>True if every byte that arrived has been read.</summary>
    public bool IsEmpty => ReadOffset == HighestEnd;

    /// <summary>Bytes that went to the waiting reader's memory since <see cref="SetDestination"/>.</summary>
    public int DestinationFilled { get; private set; }

    /// <summary>The end of what was lent; nothing is where it is not beyond <see cref="ReadOffset"/>.</summary>
    public ulong LentEnd { get; private set; }

    public bool HasDestination => !_destination.IsEmpty;

    /// <summary>Takes a piece of the stream and returns how many bytes became contiguous by it, those already read included.</summary>
    public int Write(ulong offset, ReadOnlySpan<byte> data)
    {
        ulong end = offset + (ulong)data.Length;
        if (end <= ContiguousEnd)
        {
            return 0;
        }

        if (offset < ContiguousEnd)
        {
            data = data[(int)(ContiguousEnd - offset)..];
            offset = ContiguousEnd;
        }

        ulong before = ContiguousEnd;
        if (offset == before)
        {
            Append(data, end);
        }
        else
        {
            StoreAhead(offset, end, data);
        }

        return (int)(ContiguousEnd - before);
    }

    /// <summary>Copies what is readable to <paramref name="destination"/> and returns its length.</summary>
    public int Read(Span<byte> destination)
    {
        Debug.Assert(LentEnd <= ReadOffset, "What is lent is read by who it was lent to.");
        int total = Math.Min(destination.Length, ReadableBytes);
        for (int copied = 0; copied < total;)
        {
            ReadOnlySpan<byte> source = _chunks.Readable(ReadOffset + (ulong)copied);
            int count = Math.Min(source.Length, total - copied);
            source[..count].CopyTo(destination[copied..]);
            copied += count;
        }

        Advance(total);
        return total;
    }

    /// <summary>The first readable bytes, in place: empty only if nothing is readable, but not all that is. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        int readable = ReadableBytes;
        if (readable == 0)
        {
            return default;
        }

        ReadOnlySpan<byte> chunk = _chunks.Readable(ReadOffset);
        return chunk.Length > readable ? chunk[..readable] : chunk;
    }

    /// <summary>Marks bytes as read; the count may go past what one <see cref="Peek"/> showed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than is readable.</exception>
    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)ReadableBytes, nameof(count));
        Advance(count);
    }

    /// <summary>
    /// Leaves memory of a waiting reader to be filled, at once by what is buffered and later by what arrives in order,
    /// which is then copied once in all. <see cref="ClearDestination"/> ends the wait.
    /// </summary>
    /// <exception cref="InvalidOperationException">A reader waits already.</exception>
    public void SetDestination(Memory<byte> destination)
    {
        if (HasDestination)
        {
            throw new InvalidOperationException("A stream has one waiting reader: clear its destination first.");
        }

        _destination = destination;
        DestinationFilled = 0;
        FillDestination();
    }

    /// <summary>Takes the reader's memory back and returns how much of it was filled.</summary>
    public int ClearDestination()
    {
        int filled = DestinationFilled;
        _destination = default;
        DestinationFilled = 0;
        return filled;
    }

    /// <summary>Lends the next piece that is readable, up to the end of its chunk; false where all of it is lent.</summary>
    public bool TryLend(out LentPiece piece)
    {
        ulong start = Math.Max(LentEnd, ReadOffset);
        if (start == ContiguousEnd)
        {
            piece = default;
            return false;
        }

        ulong chunkStart = start & ~(ulong)(pool.ChunkSize - 1);
        LentEnd = Math.Min(ContiguousEnd, chunkStart + (ulong)pool.ChunkSize);
        piece = new LentPiece(_chunks.ChunkAt(start), chunkStart, start);
        return true;
    }

    /// <summary>Nobody looks at what was lent any more.</summary>
    public void EndLending() => LentEnd = 0;

    /// <summary>Takes what is readable as read by nobody.</summary>
    public void Drop()
    {
        WriteOffLent();
        Advance(ReadableBytes);
    }

    /// <summary>Drops what is buffered and takes the stream as read up to <paramref name="offset"/>.</summary>
    public void SkipTo(ulong offset)
    {
        WriteOffLent();
        ReadOffset = offset;
        ContiguousEnd = offset;
        HighestEnd = offset;
        _ahead.End();
        _chunks.ReleaseAll(offset);
    }

    /// <summary>Returns all memory and starts again at offset 0, for another stream.</summary>
    public void Reset()
    {
        WriteOffLent();
        ReadOffset = 0;
        ContiguousEnd = 0;
        HighestEnd = 0;
        ClearDestination();
        _ahead.End();
        _chunks.Reset();
    }

    private void WriteOffLent()
    {
        if (LentEnd > ReadOffset)
        {
            _chunks.WriteOffBefore(LentEnd);
        }

        LentEnd = 0;
    }

    private void Append(ReadOnlySpan<byte> data, ulong end)
    {
        int direct = 0;
        if (HasDestination && ReadOffset == ContiguousEnd)
        {
            direct = Math.Min(data.Length, _destination.Length - DestinationFilled);
            data[..direct].CopyTo(_destination.Span[DestinationFilled..]);
            DestinationFilled += direct;
        }

        _chunks.Write(ContiguousEnd + (ulong)direct, data[direct..]);
        ContiguousEnd = end;
        if (HighestEnd <= end)
        {
            if (HighestEnd > end - (ulong)data.Length)
            {
                _ahead.End();
            }

            HighestEnd = end;
        }
        else
        {
            CloseGap();
        }

        Advance(direct);
        FillDestination();
    }

    /// <summary>Joins what had arrived ahead of a gap that is now closed.</summary>
    private void CloseGap()
    {
        ContiguousEnd = _ahead.RunEnd(ContiguousEnd);
        if (ContiguousEnd == HighestEnd)
        {
            _ahead.End();
        }
        else
        {
            _ahead.ReleaseBefore(ContiguousEnd);
        }
    }

    private void StoreAhead(ulong offset, ulong end, ReadOnlySpan<byte> data)
    {
        if (HighestEnd == ContiguousEnd)
        {
            _ahead.Begin(ContiguousEnd);
        }

        _chunks.Write(offset, data);
        _ahead.Mark(offset, end);
        HighestEnd = Math.Max(HighestEnd, end);
    }

    private void FillDestination()
    {
        if (HasDestination && ContiguousEnd > ReadOffset)
        {
            DestinationFilled += Read(_destination.Span[DestinationFilled..]);
        }
    }

    private void Advance(int count)
    {
        if (count == 0)
        {
            return;
        }

        ReadOffset += (ulong)count;
        if (IsEmpty)
        {
            _chunks.ReleaseAll(ReadOffset);
        }
        else
        {
            _chunks.ReleaseBefore(ReadOffset);
        }
    }
}
