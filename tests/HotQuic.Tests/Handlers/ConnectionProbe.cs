using System.Threading.Channels;

namespace HotQuic.Tests.Handlers;

/// <summary>A connection's handler that a test scripts, and that tells the test what happened. One connection each.</summary>
internal sealed class ConnectionProbe : QuicConnectionHandler
{
    private readonly TaskCompletionSource<QuicConnectionHandle> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<QuicCloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<object?> _messages = Channel.CreateUnbounded<object?>();
    private readonly Channel<(int Bidirectional, int Unidirectional)> _limits = Channel.CreateUnbounded<(int, int)>();

    public Action<QuicConnectionHandle>? Connected { get; set; }

    public Func<QuicConnectionHandle, QuicStreamHandle, QuicStreamHandler?>? Stream { get; set; }

    public Action<QuicConnectionHandle, int, int>? StreamsAvailable { get; set; }

    public Action<QuicConnectionHandle, object?>? Message { get; set; }

    public Action<QuicConnectionHandle, byte[]>? Datagram { get; set; }

    public Action<QuicConnectionHandle, long, QuicDatagramOutcome>? DatagramOutcome { get; set; }

    public Action<QuicConnectionHandle, QuicCloseReason>? Closed { get; set; }

    public bool IsConnected => _connected.Task.IsCompletedSuccessfully;

    public Task<QuicConnectionHandle> WhenConnected => _connected.Task.WaitAsync(HandlerPair.Patience);

    public Task<QuicCloseReason> WhenClosed => _closed.Task.WaitAsync(HandlerPair.Patience);

    public ValueTask<(int Bidirectional, int Unidirectional)> NextLimitsAsync() => Next(_limits.Reader);

    public ValueTask<object?> NextMessageAsync() => Next(_messages.Reader);

    /// <summary>Runs something on the connection's shard; what it throws is thrown here, not into the engine.</summary>
    public static async Task RunAsync(QuicConnectionHandle connection, Action action)
    {
        var call = new Call(action);
        Assert.True(connection.Post(call));
        await call.Done.WaitAsync(HandlerPair.Patience);
    }

    public override void OnConnected(QuicConnectionHandle connection)
    {
        _connected.TrySetResult(connection);
        Connected?.Invoke(connection);
    }

    public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => Stream?.Invoke(connection, stream);

    public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional)
    {
        if (StreamsAvailable is { } script)
        {
            script(connection, bidirectional, unidirectional);
            return;
        }

        _limits.Writer.TryWrite((bidirectional, unidirectional));
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        if (message is Call call)
        {
            call.Run();
            return;
        }

        _messages.Writer.TryWrite(message);
        Message?.Invoke(connection, message);
    }

    public override void OnDatagram(QuicConnectionHandle connection, ReadOnlySpan<byte> data) => Datagram?.Invoke(connection, data.ToArray());

    public override void OnDatagramOutcome(QuicConnectionHandle connection, long id, QuicDatagramOutcome outcome) =>
        DatagramOutcome?.Invoke(connection, id, outcome);

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        _closed.TrySetResult(reason);
        if (_connected.TrySetException(reason.ToException()))
        {
            // Looked at here, since a test may not wait for it.
            _ = _connected.Task.Exception;
        }

        Closed?.Invoke(connection, reason);
    }

    private static async ValueTask<T> Next<T>(ChannelReader<T> reader)
    {
        using var patience = new CancellationTokenSource(HandlerPair.Patience);
        return await reader.ReadAsync(patience.Token);
    }

    private sealed class Call(Action action)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public void Run()
        {
            try
            {
                action();
                _done.SetResult();
            }
            catch (Exception exception)
            {
                _done.SetException(exception);
            }
        }
    }
}
