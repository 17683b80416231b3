using System.Collections.Concurrent;

namespace HotQuic.Tests.Soak;

/// <summary>Opens a number of streams one after another, checks what comes back, and notes their handles once they are over.</summary>
internal sealed class NotingHandler(ConcurrentStack<QuicStreamHandle> stale) : QuicConnectionHandler
{
    private const int Streams = 7;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<QuicStreamHandle> _over = [];
    private Exception? _failure;
    private int _opened;

    public Task Done => _done.Task;

    public Task WhenClosed => _closed.Task;

    public int Mismatches { get; private set; }

    public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional)
    {
        if (_opened == 0)
        {
            OpenNext(connection);
        }
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        if (message is not Action action)
        {
            connection.Close(0);
            return;
        }

        try
        {
            action();
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        _over.ForEach(stale.Push);
        _done.TrySetException(reason.ToException());
        _ = _done.Task.Exception;
        _closed.TrySetResult();
    }

    private void OpenNext(QuicConnectionHandle connection)
    {
        if (_failure is not null)
        {
            _done.TrySetException(_failure);
            return;
        }

        var checking = new Checking(this, seed: _opened);
        if (connection.TryOpenStream(QuicStreamType.Bidirectional, checking, null, out QuicStreamHandle stream))
        {
            _opened++;
            checking.Ask(stream);
        }
    }

    private sealed class Checking(NotingHandler owner, int seed) : QuicStreamHandler
    {
        private readonly byte[] _sent = new byte[StaleHandleTests.MessageLength];
        private readonly List<byte> _received = [];
        private QuicStreamHandle _self;

        public void Ask(QuicStreamHandle stream)
        {
            _self = stream;
            new Random(seed).NextBytes(_sent);
            Assert.Equal(StaleHandleTests.MessageLength, stream.Write(_sent, completeWrites: true));
        }

        public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
        {
            _received.AddRange(data);
            return data.Length;
        }

        public override void OnClosed(QuicStreamHandle stream)
        {
            if (stream != _self || !_received.SequenceEqual(_sent))
            {
                owner.Mismatches++;
            }

            if (owner._opened == Streams)
            {
                owner._done.TrySetResult();
            }
            else
            {
                owner.OpenNext(stream.Connection);
            }

            owner._over.Add(stream);
        }
    }
}
