using System.IO.Pipelines;
using HotQuic.Core.Streams;
using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>
/// What the shard shows the reader of a stream's pipe: the chunks that it received into, as a list that it appends to while the reader
/// walks it. Nothing is copied, and nobody takes a lock.
/// <code>
///                consumed          shown            published
///   reader:          │  held        │                   │
///   list:   ┌────────┴───┐ ┌────────┴───┐ ┌─────────────┴─┐
///           │ segment    ├►│ segment    ├►│ segment       │◄── the shard appends, then publishes the new end
///           └────────────┘ └────────────┘ └───────────────┘
///            └ freed by the shard when AdvanceTo's message has passed its end
/// </code>
/// </summary>
/// <remarks>
/// The reader only follows links below the published end, and the shard frees only segments that end before what was consumed, so that
/// neither touches what the other has. The chunk under a segment is the receive buffer's: it goes back to the pool when the bytes in it
/// were consumed, which for the last one may be before its segment is freed (<see cref="LentSegment.End"/>).
/// <para>
/// Where the data is dropped under the reader (reset, abort, disposal, the connection's memory given back), the shard raises Ended. If
/// the reader has hold of a result at that moment, chunks and segments under it are left to the garbage collector and serve nobody else;
/// if not, they are taken back, and the reader never gets hold of them again.
/// </para>
/// </remarks>
internal sealed class PipeReading(uint generation) : PipeOperation<ReadResult>(generation)
{
    private const int RetainedSegments = 64;

    private StreamPipeReader? _reader;
    private ulong _wantedFrom;
    private ulong _wantedCount;
    private ulong _published;
    private ulong _start;
    private LentSegment? _first;
    private LentSegment? _oldest;
    private LentSegment? _newest;
    private LentSegment? _free;
    private int _freeCount;
    private volatile Failure? _failure;

    /// <summary>Stands for the offset at which the shard begins to show, where the reader does not know it yet.</summary>
    public const ulong FromStart = ulong.MaxValue;

    /// <summary>Whether the shard shows what it receives.</summary>
    public bool IsAttached => IsRaised(Attached);

    /// <summary>The offset at which the shard began to show. Valid once attached.</summary>
    public ulong Start => _start;

    /// <summary>The first segment since then. To be asked for once only, when more than <see cref="Start"/> is published.</summary>
    public LentSegment First => _first!;

    /// <summary>Why no more comes; what was published is good all the same.</summary>
    public Failure? Failure => _failure;

    /// <summary>The end of what may be read, and whether the stream ends there.</summary>
    public StreamEnd Published => new(Volatile.Read(ref _published));

    /// <summary>On the reader's thread, before it waits: for so many bytes after an offset.</summary>
    public void Want(StreamPipeReader reader, ulong from, ulong count)
    {
        _reader = reader;
        _wantedFrom = from;
        _wantedCount = count;
    }

    protected override bool IsSatisfied()
    {
        // Before the shard shows what it has there may be data in front of a failure.
        if (!IsAttached)
        {
            return false;
        }

        StreamEnd end = Published;
        ulong from = _wantedFrom == FromStart ? _start : _wantedFrom;
        return _failure is not null || end.IsFinal || end.Offset >= from + _wantedCount;
    }

    /// <summary>On the shard: it shows what comes from <paramref name="start"/> on.</summary>
    public void Attach(ulong start)
    {
        _start = start;
        _first = null;
        Volatile.Write(ref _published, new StreamEnd(start, IsFinal: false).Word);
        Raise(Attached);
    }

    /// <summary>On the shard: adds a piece to what the next <see cref="Publish"/> shows.</summary>
    public void Append(in LentPiece piece)
    {
        if (_newest is { } newest && newest.Chunk == piece.Chunk && newest.Start == piece.ChunkStart)
        {
            return;
        }

        LentSegment segment = _free ?? new LentSegment();
        if (_free is not null)
        {
            _free = segment.Following;
            _freeCount--;
        }

        segment.Begin(piece.Chunk, piece.ChunkStart);
        if (_newest is null)
        {
            _oldest = segment;
            _first = segment;
        }
        else
        {
            // What comes after a chunk that was given back half full lies in another one.
            _newest.Close(piece.Start);
            _newest.Link(segment);
        }

        _newest = segment;
    }

    /// <summary>On the shard: everything up to <paramref name="end"/> may be read.</summary>
    public void Publish(ulong end, bool isFinal)
    {
        Volatile.Write(ref _published, new StreamEnd(end, isFinal).Word);
        SignalIfSatisfied();
    }

    /// <summary>On the shard: the reader does not need what lies before <paramref name="consumed"/>.</summary>
    public void Free(ulong consumed)
    {
        while (_oldest is { } oldest && oldest.End < consumed && oldest != _newest)
        {
            _oldest = oldest.Following;
            Keep(oldest);
        }
    }

    /// <summary>On the shard: nothing more comes, but what was published stays.</summary>
    public void Fail(Failure failure)
    {
        _failure ??= failure;
        SignalIfSatisfied();
    }

    /// <summary>On the shard: what was published is taken back. True where the reader has hold of it, so that it must never be reused.</summary>
    public bool Revoke(Failure failure)
    {
        _failure ??= failure;
        bool isHeld = RaiseEnded();
        if (isHeld)
        {
            // The first segment stays to be asked for: the reader may be about to show what was published before.
            _oldest = null;
            _newest = null;
        }
        else
        {
            FreeAll();
        }

        return isHeld;
    }

    /// <summary>On the shard: shows no more, since the stream's own methods read now. False where the reader is at work.</summary>
    public bool TryDetach()
    {
        if (!TryLower(Attached))
        {
            return false;
        }

        FreeAll();
        return true;
    }

    /// <summary>On the shard: the reader cannot wait while the stream's own methods read.</summary>
    public void Refuse() => Signal(PipeSignal.Refused);

    protected override ReadResult Conclude(PipeSignal signal, bool isEnded, CancellationToken token) => _reader!.Conclude(signal, isEnded, token);

    protected override void Reset()
    {
        FreeAll();
        _reader = null;
        _failure = null;
        _published = 0;
        while (_freeCount > RetainedSegments)
        {
            _free = _free!.Following;
            _freeCount--;
        }
    }

    private void FreeAll()
    {
        while (_oldest is { } oldest)
        {
            _oldest = oldest.Following;
            Keep(oldest);
        }

        _newest = null;
        _first = null;
    }

    private void Keep(LentSegment segment)
    {
        segment.Clear();
        segment.Link(_free);
        _free = segment;
        _freeCount++;
    }
}

/// <summary>How far a stream can be read, and whether it ends there: one word, so that both are seen together.</summary>
internal readonly record struct StreamEnd(ulong Offset, bool IsFinal)
{
    public StreamEnd(ulong word)
        : this(word >> 1, (word & 1) != 0)
    {
    }

    public ulong Word => (Offset << 1) | (IsFinal ? 1u : 0);
}
