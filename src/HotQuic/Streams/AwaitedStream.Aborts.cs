using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>Tells the handle that asked for it when the stream ends before its time.</summary>
internal sealed partial class AwaitedStream
{
    private QuicStream? _watcher;
    private Failure? _abortedBy;

    private void OnWatchAborts(QuicStream handle)
    {
        _watcher = handle;
        if ((_abortedBy ?? Connection.Failure) is { } failure)
        {
            TellAborted(failure);
        }
    }

    /// <summary>The first cause is told, once.</summary>
    private void TellAborted(Failure failure)
    {
        _abortedBy ??= failure;
        if (_watcher is not { } watcher || _isDisposed)
        {
            return;
        }

        _watcher = null;
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
