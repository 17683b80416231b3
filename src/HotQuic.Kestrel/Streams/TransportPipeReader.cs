using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace HotQuic.Kestrel.Streams;

/// <summary>
/// A stream's own <see cref="QuicStream.Input"/> as Kestrel expects a transport's: its failures are those of connections. It lives as long
/// as its context and reads one stream after another.
/// </summary>
internal sealed class TransportPipeReader(QuicStreamContext context) : PipeReader, IValueTaskSource<ReadResult>
{
    private PipeReader? _input;

    // The read that is awaited, of which there is one at a time: its failure is translated here, not in a method's state machine, so that
    // a request that waits for its content allocates nothing for it.
    private ManualResetValueTaskSourceCore<ReadResult> _wait;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _read;
    private Action? _onRead;

    /// <summary>Whether the end of the stream was seen, after which nothing can go wrong with it.</summary>
    public bool HasSeenEnd { get; private set; }

    private PipeReader Input => _input ?? throw new InvalidOperationException("The stream cannot be read, or is over.");

    /// <summary>Takes a stream's pipe; null where the stream cannot be read.</summary>
    public void Begin(PipeReader? input)
    {
        _input = input;
        HasSeenEnd = input is null;
    }

    public override bool TryRead(out ReadResult result)
    {
        try
        {
            if (!Input.TryRead(out result))
            {
                return false;
            }
        }
        catch (Exception exception) when (QuicStreamContext.IsFailure(exception))
        {
            throw context.OnFailed(exception);
        }

        HasSeenEnd |= result.IsCompleted;
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Convert(Input.ReadAsync(cancellationToken));

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        Convert(Input.ReadAtLeastAsync(minimumSize, cancellationToken));

    public override void AdvanceTo(SequencePosition consumed) => Input.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => Input.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _input?.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _input?.Complete(exception);

    /// <summary>The stream is disposed of.</summary>
    public void End() => _input = null;

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private ValueTask<ReadResult> Convert(ValueTask<ReadResult> read)
    {
        if (read.IsCompleted)
        {
            try
            {
                return new ValueTask<ReadResult>(Conclude(read.GetAwaiter().GetResult()));
            }
            catch (Exception exception)
            {
                return ValueTask.FromException<ReadResult>(Translate(exception));
            }
        }

        _wait.Reset();
        _read = read.ConfigureAwait(false).GetAwaiter();
        ValueTask<ReadResult> result = new(this, _wait.Version);
        _read.UnsafeOnCompleted(_onRead ??= OnRead);
        return result;
    }

    private void OnRead()
    {
        ReadResult result;
        try
        {
            result = Conclude(_read.GetResult());
        }
        catch (Exception exception)
        {
            _wait.SetException(Translate(exception));
            return;
        }

        _wait.SetResult(result);
    }

    private ReadResult Conclude(ReadResult result)
    {
        HasSeenEnd |= result.IsCompleted;
        return result;
    }

    private Exception Translate(Exception exception) => QuicStreamContext.IsFailure(exception) ? context.OnFailed(exception) : exception;
}
