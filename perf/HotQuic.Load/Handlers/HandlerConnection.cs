using System.Net;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>
/// A connection that lasts as long as its load: <see cref="ConnectAsync"/>, then <see cref="RunAsync"/> and <see cref="CloseAsync"/> from any
/// thread. Everything else happens on its shard.
/// </summary>
internal sealed class HandlerConnection : QuicConnectionHandler, ILoadConnection
{
    private readonly HandledLedger _ledger;
    private readonly OrderStream _order;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<HandlerCopy> _copies = [];

    /// <summary>Those that wait until the server lets more streams be opened.</summary>
    private readonly Queue<HandlerCopy> _waiting = [];
    private QuicConnectionHandle _connection;

    private HandlerConnection(HandledLedger ledger, WorkOrder work)
    {
        _ledger = ledger;
        _order = new(work);
    }

    /// <summary>Connects, and waits until the server is ready for the work.</summary>
    public static async Task<ILoadConnection> ConnectAsync(
        QuicClientConfiguration configuration, IPEndPoint server, HandledLedger ledger, WorkOrder work, CancellationToken cancellation)
    {
        HandlerConnection connection = new(ledger, work);
        connection._connection = QuicClient.Connect(configuration, server, connection);
        try
        {
            await connection._order.Accepted.WaitAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.CloseAsync();
            throw;
        }
    }

    public Task RunAsync(LoadCopy copy)
    {
        HandlerCopy begun = HandlerCopy.For(copy);
        if (!_connection.Post(begun))
        {
            begun.Fail(new ObjectDisposedException(nameof(HandlerConnection)));
        }

        return begun.Ended;
    }

    public Task CloseAsync()
    {
        _connection.Post(CloseOrder.Instance);
        return _closed.Task;
    }

    /// <summary>Opens a stream for a copy, now or as soon as the server allows it.</summary>
    public void Open(HandlerCopy copy)
    {
        if (_connection.TryOpenStream(QuicStreamType.Bidirectional, copy, state: null, out QuicStreamHandle stream))
        {
            copy.OnOpened(stream);
        }
        else
        {
            _waiting.Enqueue(copy);
        }
    }

    public override void OnConnected(QuicConnectionHandle connection)
    {
        _ledger.Add(connection);
        if (connection.TryOpenStream(QuicStreamType.Bidirectional, _order, state: null, out QuicStreamHandle stream))
        {
            _order.Send(stream);
        }
        else
        {
            connection.Close(PerfProtocol.ProtocolViolation);
        }
    }

    public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional)
    {
        for (int left = Math.Min(bidirectional, _waiting.Count); left > 0; left--)
        {
            Open(_waiting.Dequeue());
        }
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        switch (message)
        {
            case HandlerCopy copy:
                _copies.Add(copy);
                copy.Begin(this);
                break;
            case HandledLedger.Question:
                _ledger.Answer(connection);
                break;
            default:
                connection.Close(PerfProtocol.NoError);
                break;
        }
    }

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        Exception exception = reason.ToException();
        _order.Fail(exception);
        _copies.ForEach(copy => copy.Fail(exception));
        _ledger.Retire(connection);
        _closed.SetResult();
    }
}
