using System.Threading.Tasks.Sources;
using HotQuic.Connections;

namespace HotQuic.Datagrams;

/// <summary>
/// The one receive of datagrams that may be under way on a connection, reused for each: the application's thread <see cref="TryBegin"/>s it and
/// posts it, the shard <see cref="Complete"/>s or <see cref="Fail"/>s it, the awaiter takes the result.
/// </summary>
/// <remarks>Messages about it carry its <see cref="Version"/>: one that comes for an earlier receive is void.</remarks>
internal sealed class DatagramReceive : IValueTaskSource<int>
{
    private const int Idle = 0;
    private const int Pending = 1;

    private ManualResetValueTaskSourceCore<int> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private QuicConnection? _handle;
    private int _state;
    private bool _isUnsettled;

    /// <summary>Where the datagram is to be put.</summary>
    public Memory<byte> Destination { get; private set; }

    /// <summary>The shard has seen it, and there was no datagram.</summary>
    public bool IsWaiting { get; set; }

    public short Version => _source.Version;

    /// <summary>What cancels it.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>Claims it; false where a receive is under way.</summary>
    /// <param name="handle">Kept alive while somebody waits.</param>
    public bool TryBegin(QuicConnection handle)
    {
        if (Interlocked.CompareExchange(ref _state, Pending, Idle) != Idle)
        {
            return false;
        }

        _handle = handle;
        IsWaiting = false;
        _isUnsettled = true;
        return true;
    }

    /// <summary>The result to come. To be called before the receive is posted.</summary>
    public ValueTask<int> Await(Memory<byte> destination, CancellationToken token)
    {
        var result = new ValueTask<int>(this, _source.Version);
        Destination = destination;
        Token = token;
        if (token.CanBeCanceled)
        {
            _cancellation = token.UnsafeRegister(static state => ((DatagramReceive)state!).PostCancel(), this);
        }

        return result;
    }

    /// <summary>On the shard: whether the message is about this receive, which waits to be settled.</summary>
    public bool IsCurrent(short version) => _isUnsettled && version == _source.Version;

    /// <summary>On the shard: whether it is to be cancelled, when the message says so of this receive.</summary>
    public bool IsCancelled(short version) => IsCurrent(version) && Token.IsCancellationRequested;

    /// <summary>On the shard: the datagram is where it was wanted.</summary>
    public void Complete(int length)
    {
        EndWait();
        _source.SetResult(length);
    }

    /// <summary>On the shard: there is none.</summary>
    public void Fail(Exception exception)
    {
        EndWait();
        _source.SetException(exception);
    }

    public int GetResult(short token)
    {
        bool isMine = token == _source.Version && _source.GetStatus(token) != ValueTaskSourceStatus.Pending;
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            if (isMine)
            {
                _source.Reset();
                Volatile.Write(ref _state, Idle);
            }
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>It may come late, when the next receive is under way: all that it says is that the token ought to be looked at.</summary>
    private void PostCancel() => _handle?.Post(ConnectionMessageKind.CancelReceiveDatagram, this, _source.Version);

    private void EndWait()
    {
        // Not Dispose, which would wait for a callback that may itself wait for the shard.
        _cancellation.Unregister();
        _cancellation = default;
        _handle = null;
        _isUnsettled = false;
        IsWaiting = false;
        Destination = default;
        Token = default;
    }
}
