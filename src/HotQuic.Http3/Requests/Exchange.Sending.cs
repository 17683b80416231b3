using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using HotQuic.Http3.Errors;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Requests;

/// <summary>The request's way out. It goes on while the response is read, since a server may answer before it has everything.</summary>
internal sealed partial class Exchange
{
    /// <summary>
    /// A body up to this size is copied behind the fields, and then the request into the send buffer, in one write; a second copy of so few bytes
    /// costs less than the pipe that larger ones go through.
    /// </summary>
    private const int LargestJoinedBody = 4 * 1024;

    /// <summary>How much of a larger body is handed over at a time, the first of it together with the fields.</summary>
    private const int BodyPiece = 64 * 1024;

    private byte[]? _joined;
    private ValueTask _sending;
    private bool _isSendingUnderWay;
    private TaskCompletionSource? _sent;

    /// <summary>Tells whoever writes the body that the request is over; cancelled by the caller's token, too.</summary>
    private CancellationTokenSource? _bodyCancellation;

    /// <summary>Whether something of the request is still to be handed to the transport.</summary>
    private bool IsSending => _isSendingUnderWay && !_sending.IsCompleted;

    /// <summary>Gives the exchange up, as <see cref="End"/> does, and waits until the memory of the request's body is the caller's again.</summary>
    public ValueTask EndAsync(int generation)
    {
        if (!TryEnter(generation))
        {
            return ValueTask.CompletedTask;
        }

        Task sent = IsSending ? (_sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        End(generation);
        Leave();
        return new ValueTask(sent);
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "It is awaited once, in SettleSending, without a state machine.")]
    private void StartSending(in RequestMessage message, CancellationToken cancellationToken)
    {
        TryEnter(Generation);
        _isSendingUnderWay = true;
        _sending = message.BodyWriter is { } writer ? SendWrittenAsync(message.Head, writer, cancellationToken)
            : message.Body.IsEmpty ? _stream.WriteAsync(message.Head, completeWrites: true, CancellationToken.None)
            : message.Body.Length <= LargestJoinedBody ? _stream.WriteAsync(Join(message.Head.Span, message.Body.Span), completeWrites: true, CancellationToken.None)
            : SendLargeAsync(message.Head, message.Body);
    }

    /// <summary>Copies the body once, into the send buffer's own memory, and waits there for room: what fits goes out as one piece with fields and end.</summary>
    private async ValueTask SendLargeAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        PipeWriter output = _stream.Output;
        try
        {
            output.Write(head.Span);
            WriteDataHeader(output, body.Length);
            while (body.Length > BodyPiece)
            {
                output.Write(body.Span[..BodyPiece]);
                body = body[BodyPiece..];
                if ((await output.FlushAsync(CancellationToken.None).ConfigureAwait(false)).IsCompleted)
                {
                    output.Complete(); // The server wants no more of it, and may well answer (RFC 9114 §4.1).
                    return;
                }
            }

            output.Write(body.Span);
            output.Complete();
        }
        catch (Exception e)
        {
            output.Complete(e);
            throw;
        }
    }

    private static void WriteDataHeader(PipeWriter output, int length) =>
        output.Advance(new Http3FrameHeader(Http3FrameType.Data, (ulong)length).Write(output.GetSpan(Http3FrameHeader.MaxLength)));

    /// <summary>The HEADERS frame and the one DATA frame.</summary>
    private ReadOnlyMemory<byte> Join(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        _joined = ArrayPool<byte>.Shared.Rent(head.Length + Http3FrameHeader.MaxLength + body.Length);
        head.CopyTo(_joined);
        int length = head.Length;
        length += new Http3FrameHeader(Http3FrameType.Data, (ulong)body.Length).Write(_joined.AsSpan(length));
        body.CopyTo(_joined.AsSpan(length));
        return _joined.AsMemory(0, length + body.Length);
    }

    private async ValueTask SendWrittenAsync(
        ReadOnlyMemory<byte> head, Func<PipeWriter, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        PipeWriter output = _stream.Output;
        BodyWriter body = new(output);
        try
        {
            output.Write(head.Span);
            _bodyCancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await write(body, _bodyCancellation.Token).ConfigureAwait(false);
            if (body.Failure is { } failure)
            {
                throw failure;
            }

            body.Finish();
            if (body.IsAbandoned)
            {
                _stream.Abort(QuicAbortDirection.Write, (long)Http3ErrorCode.RequestCancelled);
            }

            output.Complete();
        }
        catch (Exception) when (body.IsStopped || body.IsCutOff)
        {
            // The server wants no more of it, and may well answer (RFC 9114 §4.1); or the response fails by what cut this off.
            output.Complete();
        }
        catch (Exception e)
        {
            bool isCancelled = e is OperationCanceledException && cancellationToken.IsCancellationRequested;
            Interlocked.CompareExchange(
                ref _failure,
                new Http3Failure(Http3ErrorCode.RequestCancelled, $"The request's body could not be written: {e.Message}", Cause: e) { IsCallers = !isCancelled },
                null);
            output.Complete(e);
            _stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
            throw;
        }
    }

    private void CancelBody()
    {
        try
        {
            _ = _bodyCancellation?.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Sending has come to its end at this moment.
        }
    }

    /// <summary>Sending is over. What failed shows when the response is read; that the server wanted no more is no failure.</summary>
    private void SettleSending()
    {
        _isSendingUnderWay = false;
        _bodyCancellation?.Dispose();
        try
        {
            _sending.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is OperationCanceledException || Http3Failure.IsTransports(e) || _failure is not null)
        {
            // See above: nothing is lost here.
        }

        _sent?.TrySetResult();
        Leave();
    }

    private void ResetSending()
    {
        _sending = default;
        _isSendingUnderWay = false;
        _sent = null;
        _bodyCancellation = null;
        if (_joined is { } joined)
        {
            _joined = null;
            ArrayPool<byte>.Shared.Return(joined);
        }
    }
}
