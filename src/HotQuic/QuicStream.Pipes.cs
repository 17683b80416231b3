using System.IO.Pipelines;
using HotQuic.Errors;
using HotQuic.Streams;

namespace HotQuic;

/// <summary>The stream as pipes, for parsers and servers that work on buffers in place.</summary>
public sealed partial class QuicStream
{
    private StreamPipeReader? _input;
    private StreamPipeWriter? _output;
    private volatile bool _areWritesCompleted;

    /// <summary>
    /// The reading side as a pipe: what it shows is the memory that packets were decrypted into, with no copy and no loop between. It
    /// shows everything that has arrived in order; the peer may send more as <see cref="PipeReader.AdvanceTo(SequencePosition)"/> consumes
    /// (RFC 9000 §4.1), or as a reader that has examined everything waits for more, up to
    /// <see cref="QuicTransportOptions"/>' windows. The last bytes and <see cref="ReadResult.IsCompleted"/> come together.
    /// </summary>
    /// <remarks>
    /// One read at a time, from any thread; it is over with AdvanceTo. Until then its buffer stays as it is, whatever becomes of the stream,
    /// of this object and of the connection. A cancelled token ends the wait and nothing else.
    /// <see cref="PipeReader.Complete"/> aborts reading with <see cref="QuicConnectionOptions.DefaultStreamErrorCode"/> unless the end was
    /// seen. A read throws <see cref="QuicException"/> where <see cref="ReadAsync(Memory{byte}, CancellationToken)"/> would.
    /// The stream's own read methods may be used in turns with it: either refuses to begin while the other is at work.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The stream cannot be read.</exception>
    public PipeReader Input => _input ?? CreateInput();

    /// <summary>
    /// The writing side as a pipe: what is written into its memory becomes part of the send buffer by
    /// <see cref="PipeWriter.FlushAsync"/>, and packets are encrypted from there. A flush hands everything over at once and ends when the
    /// send buffer has room, so that at most what was written since the last one goes beyond it; with
    /// <see cref="FlushResult.IsCompleted"/> when the peer reads no more.
    /// </summary>
    /// <remarks>
    /// One thread at a time. A cancelled token ends the wait and nothing else: what was written is sent.
    /// <see cref="PipeWriter.Complete"/> sends what was not flushed and ends the stream (RFC 9000 §2.4); with an exception it
    /// resets it with <see cref="QuicConnectionOptions.DefaultStreamErrorCode"/>. What was neither flushed nor completed when the stream is
    /// disposed of is lost. A flush throws <see cref="QuicException"/> where WriteAsync would, except for the peer's request to stop.
    /// The stream's own write methods may be used in turns with it: bytes go in the order of the calls, flushes counting as writes, and
    /// a flush refuses to begin while a write is under way.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The stream cannot be written.</exception>
    public PipeWriter Output => _output ?? CreateOutput();

    /// <summary>The life of the stream's state that this handle belongs to.</summary>
    internal uint Generation => _generation;

    /// <summary>Whether one of the stream's own methods reads.</summary>
    internal bool IsReadPending => _driver.Reading.IsPending;

    /// <summary>Whether one of the stream's own methods writes.</summary>
    internal bool IsWritePending => _driver.Writing.IsPending;

    internal bool HasWritingEnded => _driver.Writing.IsEnded;

    /// <summary>Whether the application has said that nothing follows.</summary>
    internal bool AreWritesCompleted
    {
        get => _areWritesCompleted;
        private set => _areWritesCompleted = value;
    }

    /// <summary>Whether the application has not said yet that nothing follows: what it writes, or that, is still to come.</summary>
    internal bool HasWritesToCome => _canWrite && !AreWritesCompleted && !HasWritingEnded && _output is not { IsCompleted: true };

    /// <summary>Whether writing has ended, and why.</summary>
    internal bool TryGetWritingEnd(out Failure? failure)
    {
        bool isEnded = _driver.Writing.IsEnded;
        failure = isEnded ? _driver.Writing.Failure : null;
        return isEnded;
    }

    /// <summary>The reader was shown the end. It has hold of the stream's state.</summary>
    internal void OnInputEnded() => _driver.Reading.Close(failure: null);

    internal void PostPipe(StreamMessageKind kind, long value = 0, object? argument = null) => _driver.Post(kind, _generation, argument, value);

    /// <summary>As <see cref="PostPipe"/>, for what the shard need not wake for.</summary>
    internal void PostPipeWithoutWaking(StreamMessageKind kind, long value) => _driver.PostWithoutWaking(kind, _generation, value);

    /// <summary>Reads and writes through handles of a <see cref="QuicStreamPipe"/>, made where it has none yet, rather than through its own.</summary>
    internal void UsePipes(ref StreamPipeReader? input, ref StreamPipeWriter? output)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_input is not null || _output is not null)
        {
            throw new InvalidOperationException("The stream's Input or Output is in use: expected a stream of which neither was asked for.");
        }

        // Both before either is changed, as a disposal meanwhile makes them throw.
        PipeReading? reading = _canRead ? ReadingState() : null;
        PipeWriting? writing = _canWrite ? WritingState() : null;
        if (reading is not null)
        {
            input ??= new StreamPipeReader(this, reading);
            input.Begin(this, reading);
            _input = input;
        }

        if (writing is not null)
        {
            output ??= new StreamPipeWriter(this, writing, _driver.Connection.Shard.Chunks);
            output.Begin(this, writing, _driver.Connection.Shard.Chunks);
            _output = output;
        }
    }

    /// <summary>Forgets the handles of a <see cref="QuicStreamPipe"/> that goes on to another stream, which this one must not lead to.</summary>
    internal void ForgetPipes()
    {
        _input = null;
        _output = null;
    }

    private StreamPipeReader CreateInput()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return !_canRead
            ? throw new InvalidOperationException("Reading is not allowed on this stream.")
            : Interlocked.CompareExchange(ref _input, new StreamPipeReader(this, ReadingState()), null) ?? _input;
    }

    private StreamPipeWriter CreateOutput()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return !_canWrite
            ? throw new InvalidOperationException("Writing is not allowed on this stream.")
            : Interlocked.CompareExchange(ref _output, new StreamPipeWriter(this, WritingState(), _driver.Connection.Shard.Chunks), null) ?? _output;
    }

    private PipeReading ReadingState()
    {
        PipeReading? state = _driver.GetPipeReading(_generation);
        ObjectDisposedException.ThrowIf(state is null, this);
        return state;
    }

    private PipeWriting WritingState()
    {
        PipeWriting? state = _driver.GetPipeWriting(_generation);
        ObjectDisposedException.ThrowIf(state is null, this);
        state.Begin(_driver.FirstRoom);
        return state;
    }
}
