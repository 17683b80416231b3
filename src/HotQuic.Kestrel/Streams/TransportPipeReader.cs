using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace HotQuic.Kestrel.Streams;

/// <summary>
/// A stream's own <see cref="QuicStream.Input"/> as Kestrel expects a transport's: its failures are those of connections. It lives as long
/// as its context and reads one stream after another.
/// </summary>
internal sealed class TransportPipeReader(QuicStreamContext context) : PipeReader
{
    private PipeReader? _input;

    /// <summary>Whether the end of the stream was seen, after which nothing can go wrong with it.</summary>
    public bool HasSeenEnd { get; private set; }

    private PipeReader Input => _input ?? throw new InvalidOperationException("The stream cannot be read, or is over.");

    /// <summary>Takes a stream's pipe; null where the stream cannot be read.</summary>
    public void Begin(PipeReader? input)
    {
        _input = input;
        HasSeenEnd = input is null;

        // Asked for now, what has arrived is there when Kestrel comes to read it.
        if (input is not null && input.TryRead(out ReadResult result))
        {
            input.AdvanceTo(result.Buffer.Start);
        }
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

    private ValueTask<ReadResult> Convert(ValueTask<ReadResult> read)
    {
        if (!read.IsCompletedSuccessfully)
        {
            return AwaitAsync(read);
        }

        ReadResult result = read.Result;
        HasSeenEnd |= result.IsCompleted;
        return new ValueTask<ReadResult>(result);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read)
    {
        try
        {
            ReadResult result = await read.ConfigureAwait(false);
            HasSeenEnd |= result.IsCompleted;
            return result;
        }
        catch (Exception exception) when (QuicStreamContext.IsFailure(exception))
        {
            throw context.OnFailed(exception);
        }
    }
}
