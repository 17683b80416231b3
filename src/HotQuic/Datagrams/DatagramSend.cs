using System.Numerics;
using System.Threading.Tasks.Sources;
using HotQuic.Connections;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Datagrams;

/// <summary>
/// A datagram on its way from the application to the shard, with a copy of its data, and who waits for its outcome, if anybody. The
/// application's thread <see cref="Rent"/>s it and posts it, the shard settles it once; it goes back to the pool when the outcome was taken.
/// </summary>
/// <remarks>
/// Messages about it carry its <see cref="Version"/>, which is another after each use: one that comes for an earlier use is void.
/// </remarks>
internal sealed class DatagramSend : IValueTaskSource<QuicDatagramOutcome>
{
    /// <summary>Held for reuse; a datagram's data stays below the largest UDP payload.</summary>
    private const int MaxRetained = 1024;

    private const int MinCapacity = 256;

    private static readonly DefaultObjectPool<DatagramSend> Pool = new(new DefaultPooledObjectPolicy<DatagramSend>(), MaxRetained);

    private ManualResetValueTaskSourceCore<QuicDatagramOutcome> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;
    private QuicConnection? _connection;
    private byte[] _bytes = [];
    private int _length;
    private bool _isUnsettled;

    public ReadOnlySpan<byte> Data => _bytes.AsSpan(0, _length);

    /// <summary>Whether somebody waits for the outcome.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>The shard's name for it; 0 where it has none.</summary>
    public ulong Token { get; set; }

    public short Version => _source.Version;

    /// <summary>Takes one from the pool and copies the data into it.</summary>
    public static DatagramSend Rent(QuicConnection connection, ReadOnlySpan<byte> data, bool isAwaited)
    {
        DatagramSend send = Pool.Get();
        if (send._bytes.Length < data.Length)
        {
            send._bytes = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(data.Length, MinCapacity)));
        }

        data.CopyTo(send._bytes);
        send._length = data.Length;
        send._connection = connection;
        send._isUnsettled = true;
        send.IsAwaited = isAwaited;
        return send;
    }

    /// <summary>The outcome to come. To be called before the datagram is posted.</summary>
    public ValueTask<QuicDatagramOutcome> Await(CancellationToken token)
    {
        var result = new ValueTask<QuicDatagramOutcome>(this, _source.Version);
        _token = token;
        if (token.CanBeCanceled)
        {
            _cancellation = token.UnsafeRegister(static state => ((DatagramSend)state!).PostCancel(), this);
        }

        return result;
    }

    /// <summary>On the shard: whether the message is about this use, which waits to be settled.</summary>
    public bool IsCurrent(short version) => _isUnsettled && version == _source.Version;

    /// <summary>On the shard of a connection: whether its wait is to be cancelled, when the message says so of this use.</summary>
    public bool IsCancelled(AwaitedConnection connection, short version) =>
        _connection?.Awaited == connection && IsCurrent(version) && _token.IsCancellationRequested;

    /// <summary>On the shard: the outcome is known; where nobody waits for it, or for the data any more, that is all.</summary>
    public void Settle(QuicDatagramOutcome outcome)
    {
        EndWait();
        if (IsAwaited)
        {
            _source.SetResult(outcome);
        }
        else
        {
            Return();
        }
    }

    /// <summary>On the shard: the wait was cancelled.</summary>
    public void Cancel()
    {
        CancellationToken token = _token;
        EndWait();
        _source.SetException(new OperationCanceledException(token));
    }

    /// <summary>The connection that it was for is gone.</summary>
    public void Discard(short version)
    {
        if (IsCurrent(version))
        {
            Settle(QuicDatagramOutcome.Discarded);
        }
    }

    public QuicDatagramOutcome GetResult(short token)
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
                Return();
            }
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>It may come late, when the object serves another send: all that it says is that the token ought to be looked at.</summary>
    private void PostCancel() => _connection?.Post(ConnectionMessageKind.CancelSendDatagram, this, _source.Version);

    private void EndWait()
    {
        // Not Dispose, which would wait for a callback that may itself wait for the shard.
        _cancellation.Unregister();
        _cancellation = default;
        _token = default;
        _isUnsettled = false;
        Token = 0;
    }

    private void Return()
    {
        _source.Reset();
        _connection = null;
        Pool.Return(this);
    }
}
