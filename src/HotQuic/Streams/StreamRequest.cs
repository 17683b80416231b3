using System.Threading.Tasks.Sources;
using HotQuic.Core.Frames;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Streams;

/// <summary>
/// Somebody waits for a stream: one that is to be opened, or one that the peer opens. Rent it, hand out
/// <see cref="Result"/>, <see cref="WatchToken"/>, and queue it; whoever takes it out of its queue <see cref="Complete"/>s or
/// <see cref="Fail"/>s it, once. It goes back to the pool when the result is taken.
/// </summary>
/// <remarks>
/// The callback of a token may come late, when the request serves somebody else: all that it says is that a request's own token ought to
/// be looked at.
/// </remarks>
internal sealed class StreamRequest : IValueTaskSource<QuicStream>, IThreadPoolWorkItem
{
    private const int MaxRetained = 1024;

    private static readonly DefaultObjectPool<StreamRequest> Pool = new(new DefaultPooledObjectPolicy<StreamRequest>(), MaxRetained);

    private ManualResetValueTaskSourceCore<AwaitedStream> _source;
    private CancellationTokenRegistration _cancellation;
    private QuicConnection? _connection;
    private AwaitedStream? _stream;
    private bool _isOurs;
    private int _isSettled;

    /// <summary>Which streams are wanted, where one is to be opened.</summary>
    public StreamDirection Direction { get; private set; }

    /// <summary>What a stream that is to be opened begins with.</summary>
    public QuicStreamPriority Priority { get; set; }

    /// <summary>Cancels the wait.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>Whether who waits has disposed of the connection since. While it waits only.</summary>
    public bool IsConnectionDisposed => _connection!.IsDisposed;

    /// <summary>Where it waits, and its neighbours there; null where it does not wait.</summary>
    public StreamRequestList? List { get; set; }

    public StreamRequest? Next { get; set; }

    public StreamRequest? Previous { get; set; }

    /// <summary>What the caller awaits, once.</summary>
    public ValueTask<QuicStream> Result => new(this, _source.Version);

    /// <summary>A stream that the peer opens.</summary>
    public static StreamRequest Rent(QuicConnection connection, CancellationToken token)
    {
        StreamRequest request = Pool.Get();
        request._connection = connection;
        request._source.RunContinuationsAsynchronously = !connection.Awaited.CompletesInline;
        request._isOurs = false;
        request.Token = token;
        return request;
    }

    /// <summary>A stream that we open.</summary>
    public static StreamRequest Rent(QuicConnection connection, StreamDirection direction, CancellationToken token)
    {
        StreamRequest request = Rent(connection, token);
        request._isOurs = true;
        request.Direction = direction;
        return request;
    }

    /// <summary>Has the connection told when the token is cancelled. To be done before the request is queued, which looks at the token again.</summary>
    public void WatchToken()
    {
        if (Token.CanBeCanceled)
        {
            _cancellation = Token.UnsafeRegister(static state => ((StreamRequest)state!).OnTokenCancelled(), this);
        }
    }

    /// <summary>The stream is there.</summary>
    public void Complete(AwaitedStream stream)
    {
        Settle();
        if (!_source.RunContinuationsAsynchronously)
        {
            _source.SetResult(stream);
            return;
        }

        // As a work item of its own: one made for the awaiter would be an object for each request.
        _stream = stream;
        _source.RunContinuationsAsynchronously = false;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        AwaitedStream stream = _stream!;
        _stream = null;
        _source.SetResult(stream);
    }

    /// <summary>There will be none.</summary>
    public void Fail(Exception exception)
    {
        Settle();
        _source.SetException(exception);
    }

    /// <summary>It was never queued, and nobody has its result.</summary>
    public void Abandon()
    {
        _cancellation.Unregister();
        Return();
    }

    public QuicStream GetResult(short token)
    {
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending || Interlocked.Exchange(ref _isSettled, 0) == 0)
        {
            throw new InvalidOperationException("The result of a value task is taken once, when it is complete.");
        }

        try
        {
            AwaitedStream stream = _source.GetResult(token);
            return new QuicStream(_connection!, stream, _isOurs, Priority);
        }
        finally
        {
            Return();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void OnTokenCancelled() => _connection?.OnTokenCancelled(this, _isOurs);

    private void Settle()
    {
        // Not Dispose, which would wait for a callback that may itself wait for the shard.
        _cancellation.Unregister();
        _isSettled = 1;
    }

    private void Return()
    {
        _cancellation = default;
        _connection = null;
        Token = default;
        Priority = default;
        _source.Reset();
        Pool.Return(this);
    }
}
