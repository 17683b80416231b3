using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Streams;

/// <summary>
/// The disposal of one handle: goes to the shard with it, which <see cref="Complete"/>s it once. Whoever awaits it takes the result and
/// so gives it back to the pool; where nobody does, since a blocking call disposed of the handle, completing it gives it back.
/// </summary>
internal sealed class StreamDisposal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int MaxRetained = 1024;

    private static readonly DefaultObjectPool<StreamDisposal> Pool = new(new DefaultPooledObjectPolicy<StreamDisposal>(), MaxRetained);

    private ManualResetValueTaskSourceCore<bool> _source;
    private QuicStream? _handle;
    private bool _isAwaited;
    private bool _completesInline;
    private int _isSettled;

    /// <summary>What is disposed of.</summary>
    public QuicStream Handle => _handle!;

    /// <summary>What the caller awaits, once.</summary>
    public ValueTask Result => new(this, _source.Version);

    public static StreamDisposal Rent(QuicStream handle, bool isAwaited)
    {
        StreamDisposal disposal = Pool.Get();
        disposal._handle = handle;
        disposal._isAwaited = isAwaited;
        disposal._completesInline = handle.Driver.CompletesInline;
        return disposal;
    }

    /// <summary>The peer has everything, or never will.</summary>
    public void Complete()
    {
        _handle = null;
        if (!_isAwaited)
        {
            Pool.Return(this);
            return;
        }

        _isSettled = 1;
        if (_completesInline)
        {
            _source.SetResult(true);
        }
        else
        {
            // As a work item of its own: one made for the awaiter would be an object for each disposal.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute() => _source.SetResult(true);

    public void GetResult(short token)
    {
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending || Interlocked.Exchange(ref _isSettled, 0) == 0)
        {
            throw new InvalidOperationException("The result of a value task is taken once, when it is complete.");
        }

        _source.Reset();
        Pool.Return(this);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
