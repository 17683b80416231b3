using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace HotQuic.Kestrel.Streams;

/// <summary>
/// A stream's own <see cref="QuicStream.Output"/> as Kestrel expects a transport's: a flush that fails says that nobody reads any more, and
/// why is told elsewhere. It lives as long as its context and writes one stream after another.
/// </summary>
internal sealed class TransportPipeWriter(QuicStreamContext context) : PipeWriter
{
    private PipeWriter? _output;

    /// <summary>Whether the stream was ended after all that was written.</summary>
    public bool IsCompleted { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _output?.UnflushedBytes ?? 0;

    private PipeWriter Output => _output ?? throw new InvalidOperationException("The stream cannot be written, or is over.");

    /// <summary>Takes a stream's pipe; null where the stream cannot be written.</summary>
    public void Begin(PipeWriter? output)
    {
        _output = output;
        IsCompleted = output is null;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => Output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Output.GetSpan(sizeHint);

    public override void Advance(int bytes) => Output.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => Convert(Output.FlushAsync(cancellationToken));

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        Convert(Output.WriteAsync(source, cancellationToken));

    public override void CancelPendingFlush() => _output?.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (IsCompleted || _output is not { } output)
        {
            return;
        }

        if (exception is null)
        {
            IsCompleted = true;
        }
        else
        {
            context.AbortWriting(exception);
        }

        output.Complete(exception);
    }

    /// <summary>The stream is disposed of.</summary>
    public void End() => _output = null;

    private ValueTask<FlushResult> Convert(ValueTask<FlushResult> flush) => flush.IsCompletedSuccessfully ? flush : AwaitAsync(flush);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> AwaitAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            return await flush.ConfigureAwait(false);
        }
        catch (Exception exception) when (QuicStreamContext.IsFailure(exception))
        {
            _ = context.OnFailed(exception);
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
    }
}
