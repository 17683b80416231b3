using System.Diagnostics;

namespace HotQuic.Core.Streams;

/// <summary>
/// The stream objects of one shard that are not in use, so that opening and closing streams allocates nothing, and the schedulers of
/// connections that have nothing to schedule. What is kept is bounded; <see cref="Outstanding"/> is the ledger.
/// </summary>
internal sealed class StreamStatePool(StreamBufferPool buffers, int retainedStreams = StreamStatePool.DefaultRetainedStreams)
{
    public const int DefaultRetainedStreams = 4096;

    private const int RetainedSchedulers = 1024;

    private readonly Stack<StreamScheduler> _schedulers = new();
    private QuicStreamState[] _free = new QuicStreamState[16];
    private int _freeCount;

    public StreamBufferPool Buffers { get; } = buffers;

    /// <summary>Streams rented and not returned.</summary>
    public int Outstanding { get; private set; }

    public QuicStreamState Rent()
    {
        Outstanding++;
        if (_freeCount == 0)
        {
            return new QuicStreamState(Buffers);
        }

        QuicStreamState stream = _free[--_freeCount];
        _free[_freeCount] = null!;
        return stream;
    }

    /// <summary>Ends the stream's life and keeps the object for another.</summary>
    public void Return(QuicStreamState stream)
    {
        Debug.Assert(Outstanding > 0, "More streams were returned than rented.");
        Debug.Assert(stream.Link(StreamLinkSlot.Control).Owner is null, "A stream leaves its lists before it is returned.");
        Debug.Assert(stream.Link(StreamLinkSlot.Data).Owner is null, "A stream leaves its lists before it is returned.");
        Outstanding--;
        stream.Release();
        if (_freeCount == retainedStreams)
        {
            return;
        }

        if (_freeCount == _free.Length)
        {
            Array.Resize(ref _free, _free.Length * 2);
        }

        _free[_freeCount++] = stream;
    }

    public StreamScheduler RentScheduler() => _schedulers.TryPop(out StreamScheduler? scheduler) ? scheduler : new StreamScheduler();

    /// <summary>Takes back a scheduler in whose lists no stream is.</summary>
    public void Return(StreamScheduler scheduler)
    {
        scheduler.Begin();
        if (_schedulers.Count < RetainedSchedulers)
        {
            _schedulers.Push(scheduler);
        }
    }
}
