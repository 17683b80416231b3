using System.IO.Pipelines;

namespace HotQuic.Streams;

/// <summary>
/// What the shard tells the writer of a stream's pipe: how much more it may hand over without a wait, and what the stream's next offset
/// is. The writer hands over by message; where there is no room, its flush waits here.
/// </summary>
internal sealed class PipeWriting(uint generation) : PipeOperation<FlushResult>(generation)
{
    private StreamPipeWriter? _writer;
    private ulong _flushed;
    private ulong _roomEnd;
    private ulong _skew;
    private ulong _wanted;
    private volatile bool _isOver;

    /// <summary>A flush that ends before this count of bytes, those of all flushes added, need not wait.</summary>
    public ulong RoomEnd => Volatile.Read(ref _roomEnd);

    /// <summary>The stream offset that the first flushed byte would have had, were all bytes of the stream flushed through the pipe.</summary>
    public ulong Skew => Volatile.Read(ref _skew);

    /// <summary>Before the first use: the room of an empty send buffer.</summary>
    public void Begin(ulong roomEnd) => Volatile.Write(ref _roomEnd, roomEnd);

    /// <summary>On the writer's thread, before it waits: for <see cref="RoomEnd"/> to pass a count of bytes.</summary>
    public void Want(StreamPipeWriter writer, ulong flushed)
    {
        _writer = writer;
        _wanted = flushed;
    }

    /// <summary>On the shard: so many bytes were taken, and the stream was written up to there.</summary>
    public void OnFlushed(ulong count, ulong writtenEnd)
    {
        _flushed += count;
        Volatile.Write(ref _skew, writtenEnd - _flushed);
    }

    /// <summary>On the shard: there is this much room.</summary>
    public void OnRoom(ulong room)
    {
        Volatile.Write(ref _roomEnd, _flushed + room);
        SignalIfSatisfied();
    }

    /// <summary>On the shard: nothing can be written any more. The stream's writing half says why.</summary>
    public void OnOver()
    {
        _isOver = true;
        SignalIfSatisfied();
    }

    /// <summary>On the shard: the flush cannot be done.</summary>
    public void Refuse() => Signal(PipeSignal.Refused);

    protected override bool IsSatisfied() => _isOver || _wanted < _roomEnd;

    protected override FlushResult Conclude(PipeSignal signal, bool isEnded, CancellationToken token) => _writer!.Conclude(signal, token);

    protected override void Reset()
    {
        _writer = null;
        _flushed = 0;
        _roomEnd = 0;
        _skew = 0;
        _isOver = false;
    }
}
