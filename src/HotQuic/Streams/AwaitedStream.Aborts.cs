using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>Tells the handle that asked for it when the stream ends before its time.</summary>
internal sealed partial class AwaitedStream
{
    private QuicStream? _watcher;
    private volatile Failure? _abortedBy;

    /// <summary>
    /// Has the handle told when the stream ends before its time, from any thread. False where that may have happened already, or the place is
    /// another's: then the shard is to be asked (<see cref="StreamMessageKind.WatchAborts"/>).
    /// </summary>
    public bool TryWatchAborts(QuicStream handle)
    {
        // A handle that was disposed of may come when the state is another stream's: it takes its name back.
        if (Interlocked.CompareExchange(ref _watcher, handle, null) is not null)
        {
            return false;
        }

        // The shard notes why before it looks who watches: one of the two sees the other.
        bool isWatched = _abortedBy is null && Connection.Failure is null && !handle.IsDisposed;
        return isWatched || Interlocked.CompareExchange(ref _watcher, null, handle) != handle;
    }

    private void OnWatchAborts(QuicStream handle)
    {
        Volatile.Write(ref _watcher, handle);
        if ((_abortedBy ?? Connection.Failure) is { } failure)
        {
            TellAborted(failure);
        }
    }

    /// <summary>The first cause is told, once.</summary>
    private void TellAborted(Failure failure)
    {
        _abortedBy ??= failure;
        if (_isDisposed || Interlocked.Exchange(ref _watcher, null) is not { } watcher || watcher.Generation != Generation)
        {
            return;
        }

        var notice = new AbortNotice(watcher, failure);
        if (CompletesInline)
        {
            notice.Tell();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static told => told.Tell(), notice, preferLocal: false);
        }
    }

    private readonly record struct AbortNotice(QuicStream Handle, Failure Failure)
    {
        public void Tell()
        {
            try
            {
                Handle.AbortedCallback?.Invoke(Handle, Failure.ToException());
            }
            catch (Exception)
            {
                // It is told, not asked: what it throws changes nothing.
            }
        }
    }
}
