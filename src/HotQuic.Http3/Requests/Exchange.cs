using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using HotQuic.Http3.Errors;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Http3.Requests;

/// <summary>
/// One request and its response on one stream: <see cref="SendAsync"/> makes it and answers when the response's fields are there; then the
/// body is read, by one reader at a time (<see cref="EnterRead"/>, <see cref="LeaveRead"/>); <see cref="End"/> gives it up. It serves other
/// requests later, so whoever comes from outside says which generation he means, and what works on it has hold of it
/// (<see cref="TryEnter"/>, <see cref="Leave"/>): with the last hold it goes back to the pool.
/// </summary>
internal sealed partial class Exchange
{
    private const int MaxRetained = 4096;

    private static readonly DefaultObjectPool<Exchange> Pool = new(new DefaultPooledObjectPolicy<Exchange>(), MaxRetained);

    private readonly Action _settleSending;
    private readonly Action _settleDisposal;
    private Http3Connection _connection = null!;
    private QuicStream _stream = null!;
    private PipeReader _input = null!;
    private ValueTask _disposal;

    /// <summary>The generation in the upper half, the number of holds in the lower.</summary>
    private long _life;
    private int _isReading;
    private volatile bool _isShut;

    /// <summary>Why reading and writing fail, where this side knows better than the transport.</summary>
    private volatile Http3Failure? _failure;

    public Exchange()
    {
        _settleSending = SettleSending;
        _settleDisposal = SettleDisposal;
    }

    /// <summary>Neighbours in the connection's list of what is under way; the connection's own.</summary>
    internal Exchange? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal Exchange? Next { get; set; }

    public int Generation => (int)(Volatile.Read(ref _life) >> 32);

    public long StreamId { get; private set; }

    /// <summary>Sends a request and waits for the fields of its response.</summary>
    /// <exception cref="Http3Exception">The request failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<Http3Response> SendAsync(Http3Connection connection, RequestMessage message, CancellationToken cancellationToken)
    {
        QuicStream stream;
        connection.ThrowIfRefused(message);
        try
        {
            stream = await connection.OpenStreamAsync(message.Priority, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException || Http3Failure.IsTransports(e))
        {
            throw connection.OnNotOpened(e, cancellationToken);
        }

        Exchange exchange = Pool.Get();
        int generation = exchange.Begin(connection, stream, message);
        try
        {
            if (connection.Register(exchange) is { } refusal)
            {
                throw refusal;
            }

            exchange.StartSending(message, cancellationToken);
            await exchange.NextAsync(cancellationToken).ConfigureAwait(false);
            return new Http3Response(exchange);
        }
        catch
        {
            exchange.End(generation);
            throw;
        }
    }

    public void ThrowIfNot(int generation) => ObjectDisposedException.ThrowIf(Generation != generation, typeof(Http3Response));

    public bool TryEnter(int generation)
    {
        long life = Volatile.Read(ref _life);
        while ((int)(life >> 32) == generation)
        {
            long seen = Interlocked.CompareExchange(ref _life, life + 1, life);
            if (seen == life)
            {
                return true;
            }

            life = seen;
        }

        return false;
    }

    public void Leave()
    {
        if ((int)Interlocked.Decrement(ref _life) == 0)
        {
            Recycle();
        }
    }

    /// <summary>Gives it up: what was not read is not wanted any more, what is not yet sent neither. A second time does nothing.</summary>
    public void End(int generation)
    {
        long life = Volatile.Read(ref _life);
        while ((int)(life >> 32) == generation)
        {
            long seen = Interlocked.CompareExchange(ref _life, life + (1L << 32), life);
            if (seen == life)
            {
                Shut();
                return;
            }

            life = seen;
        }
    }

    /// <summary>The connection's: the server will not process this request (RFC 9114 §5.2). Whoever reads or writes learns why.</summary>
    internal void Refuse(int generation, Http3Failure failure)
    {
        if (TryEnter(generation))
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
            _stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
            Leave();
        }
    }

    private int Begin(Http3Connection connection, QuicStream stream, in RequestMessage message)
    {
        _connection = connection;
        _stream = stream;
        _input = stream.Input;
        _onInterim = message.OnInterim;
        _isHead = message.IsHead;
        StreamId = stream.Id;
        Interlocked.Increment(ref _life);
        return Generation;
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "It is awaited once, in SettleDisposal, without a state machine.")]
    private void Shut()
    {
        _connection.Unregister(this);
        if (IsSending)
        {
            _stream.Abort(QuicAbortDirection.Write, (long)Http3ErrorCode.RequestCancelled);
            CancelBody();
        }

        // Who reads at this moment, which he should not, fails by the disposal and lets go himself.
        _isShut = true;
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            EndReading();
        }
        else
        {
            _connection.Fields.WakeBlocked();
        }

        _disposal = _stream.DisposeAsync();
        ValueTaskAwaiter awaiter = _disposal.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            SettleDisposal();
        }
        else
        {
            awaiter.UnsafeOnCompleted(_settleDisposal);
        }
    }

    private void SettleDisposal()
    {
        _disposal.GetAwaiter().GetResult();
        if (_isSendingUnderWay)
        {
            ValueTaskAwaiter awaiter = _sending.GetAwaiter();
            if (awaiter.IsCompleted)
            {
                SettleSending();
            }
            else
            {
                awaiter.UnsafeOnCompleted(_settleSending);
            }
        }

        Leave();
    }

    private void Recycle()
    {
        _connection = null!;
        _stream = null!;
        _input = null!;
        _disposal = default;
        _failure = null;
        _isReading = 0;
        _isShut = false;
        ResetReading();
        ResetSending();
        Pool.Return(this);
    }
}
