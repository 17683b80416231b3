using System.IO.Pipelines;
using HotQuic.Http3.Errors;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;
using HotQuic.Http3.Requests;

namespace HotQuic.Http3.Connections;

/// <summary>
/// The decoder of a connection with what surrounds it: sections that wait for table entries, and the own decoder stream, which is
/// written once <see cref="Begin"/> has given it. All members may be called from any thread.
/// </summary>
/// <param name="options">Capacity, blocked streams, largest section.</param>
internal sealed class FieldDecoding(Http3ConnectionOptions options)
{
    /// <summary>Nobody is at fault: what cannot be processed is given up (RFC 9114 §4.2.2).</summary>
    public static readonly Http3Error TooLarge = new(Http3ErrorCode.RequestCancelled, "a field section is larger than this side accepts") { IsLimit = true };

    private const int InstructionRoom = 64;

    private readonly QpackDecoder _decoder = new(options.QpackTableCapacity, options.QpackBlockedStreams);
    private readonly Lock _gate = new();
    private PipeWriter? _output;
    private TaskCompletionSource? _inserts;
    private bool _isFlushing;

    /// <summary>The own decoder stream is open.</summary>
    public void Begin(PipeWriter output)
    {
        lock (_gate)
        {
            _output = output;
        }

        Flush();
    }

    /// <summary>Decodes a section; where it is blocked, the task ends when it is worth another try.</summary>
    public QpackOutcome Decode(long streamId, ReadOnlySpan<byte> section, ref ResponseFieldSink sink, out Task? inserts)
    {
        inserts = null;
        while (true)
        {
            QpackOutcome outcome = _decoder.Decode(streamId, section, ref sink, options.MaxFieldSectionSize);
            if (outcome.Kind == QpackOutcomeKind.Blocked)
            {
                lock (_gate)
                {
                    if (_decoder.InsertCount >= outcome.RequiredInsertCount)
                    {
                        continue;
                    }

                    inserts = (_inserts ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                }
            }

            FlushIfNeeded();
            return outcome;
        }
    }

    /// <summary>The next bytes of the peer's encoder stream.</summary>
    public Http3Error? OnEncoderStream(ReadOnlySpan<byte> bytes)
    {
        Http3Error? error = _decoder.OnEncoderStream(bytes);
        WakeBlocked();
        FlushIfNeeded();
        return error;
    }

    /// <summary>Has the sections that are blocked looked at again.</summary>
    public void WakeBlocked()
    {
        TaskCompletionSource? inserts;
        lock (_gate)
        {
            inserts = _inserts;
            _inserts = null;
        }

        inserts?.TrySetResult();
    }

    /// <summary>A stream is given up before its end (RFC 9204 §2.2.2.2); without a table there is nothing to say.</summary>
    public void Cancel(long streamId)
    {
        if (options.QpackTableCapacity > 0)
        {
            _decoder.CancelStream(streamId);
            FlushIfNeeded();
        }
    }

    private void FlushIfNeeded()
    {
        if (_decoder.HasDecoderStreamBytes)
        {
            Flush();
        }
    }

    private void Flush()
    {
        lock (_gate)
        {
            while (_output is not null && !_isFlushing && _decoder.HasDecoderStreamBytes)
            {
                ValueTask<FlushResult> flush = WriteTaken(_output);
                if (!flush.IsCompletedSuccessfully)
                {
                    _isFlushing = true;
                    _ = AwaitFlushAsync(flush);
                    return;
                }

                _ = flush.Result;
            }
        }
    }

    private ValueTask<FlushResult> WriteTaken(PipeWriter output)
    {
        while (_decoder.TryTakeDecoderStream(output.GetSpan(InstructionRoom), out int written))
        {
            output.Advance(written);
        }

        return output.FlushAsync();
    }

    /// <summary>The peer takes no more for now: what comes up meanwhile goes when it does.</summary>
    private async Task AwaitFlushAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            FlushResult result = await flush.ConfigureAwait(false);
            if (result.IsCompleted)
            {
                return; // The stream's end is the connection's, and noticed elsewhere.
            }
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            return;
        }

        lock (_gate)
        {
            _isFlushing = false;
        }

        FlushIfNeeded();
    }
}
