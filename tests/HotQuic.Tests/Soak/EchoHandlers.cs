namespace HotQuic.Tests.Soak;

/// <summary>Sends back what comes on every stream; one object for all connections.</summary>
internal sealed class EchoConnectionHandler : QuicConnectionHandler
{
    private readonly EchoStreamHandler _streams = new();

    public override QuicStreamHandler OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => _streams;

    private sealed class EchoStreamHandler : QuicStreamHandler
    {
        public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd) => stream.Write(data, isEnd);

        public override void OnWritable(QuicStreamHandle stream) => stream.ResumeReading();
    }
}

/// <summary>
/// A client's handler that opens streams one after another, some at a time, each with a message that has to come back. Post the number to
/// open, and await <see cref="NextRoundAsync"/>.
/// </summary>
internal sealed class AskingHandler : QuicConnectionHandler
{
    private const int AtATime = 16;

    private readonly Asking _streams;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _round = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _toOpen;
    private int _open;

    public AskingHandler() => _streams = new Asking(this);

    public Task WhenConnected => _connected.Task;

    public Task WhenClosed => _closed.Task;

    /// <summary>Answers that were not what was asked.</summary>
    public int Mismatches { get; private set; }

    public Task NextRoundAsync(QuicConnectionHandle connection, int count)
    {
        _round = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(connection.Post(count));
        return _round.Task;
    }

    public override void OnConnected(QuicConnectionHandle connection) => _connected.TrySetResult();

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        if (message is int count)
        {
            _toOpen = count;
            OpenMore(connection);
        }
        else
        {
            connection.Close(0);
        }
    }

    public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional) => OpenMore(connection);

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        _round.TrySetException(reason.ToException());
        _ = _round.Task.Exception;
        _connected.TrySetException(reason.ToException());
        _ = _connected.Task.Exception;
        _closed.TrySetResult();
    }

    private void OpenMore(QuicConnectionHandle connection)
    {
        Span<byte> message = stackalloc byte[64];
        while (_toOpen > 0 && _open < AtATime && connection.TryOpenStream(QuicStreamType.Bidirectional, _streams, null, out QuicStreamHandle stream))
        {
            _toOpen--;
            _open++;
            message.Fill((byte)(stream.Id >> 2));
            stream.Write(message, completeWrites: true);
        }
    }

    private sealed class Asking(AskingHandler asker) : QuicStreamHandler
    {
        public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
        {
            if (data.ContainsAnyExcept((byte)(stream.Id >> 2)))
            {
                asker.Mismatches++;
            }

            return data.Length;
        }

        public override void OnClosed(QuicStreamHandle stream)
        {
            asker._open--;
            asker.OpenMore(stream.Connection);
            if (asker._open == 0 && asker._toOpen == 0)
            {
                asker._round.TrySetResult();
            }
        }
    }
}
