using HotQuic.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Shards;

namespace HotQuic.Streams;

/// <summary>
/// A stream whose application awaits: it does what a <see cref="QuicStream"/> asks by messages, and completes the operations of its two
/// halves. It goes back to its pool when the handle was disposed of, the stream has ended and no result is outstanding.
/// </summary>
/// <remarks>
/// All members but <see cref="Reading"/> and <see cref="Writing"/> belong to the shard's thread. After the connection's end the protocol's
/// stream stays, to be read to its end.
/// </remarks>
internal sealed partial class AwaitedStream : StreamDriver, IShardTarget
{
    private bool _isFinishWanted;

    public AwaitedStream()
    {
        Reading = new StreamHalf(this, isReading: true);
        Writing = new StreamHalf(this, isReading: false);
    }

    public StreamHalf Reading { get; }

    public StreamHalf Writing { get; }

    /// <summary>Whether awaiters go on at once, on the shard's thread, in place of the thread pool. Set at the beginning of a life.</summary>
    public bool CompletesInline
    {
        get;
        set
        {
            field = value;
            Reading.CompletesInline = value;
            Writing.CompletesInline = value;
        }
    }

    public override void Begin(ConnectionDriver connection, QuicStreamState stream, bool isOurs)
    {
        base.Begin(connection, stream, isOurs);
        FirstRoom = Streams.FirstRoom;
        if (stream.Id.Direction == StreamDirection.Unidirectional)
        {
            StreamHalf absent = isOurs ? Reading : Writing;
            absent.End(failure: null);
            absent.Close(failure: null);
        }
    }

    /// <summary>Leaves a message for the shard. From any thread.</summary>
    public void Post(StreamMessageKind kind, uint generation, object? argument = null, long value = 0) =>
        Connection.Shard.Post(new ShardMessage(this, (int)kind, argument, value) { Generation = generation });

    /// <summary>
    /// Leaves word of what was read, for which the shard need not wake unless the peer may be waiting for the credit. From any thread.
    /// </summary>
    public void PostWithoutWaking(StreamMessageKind kind, uint generation, long value)
    {
        ConnectionDriver connection = Connection;
        connection.Shard.PostWithoutWaking(new ShardMessage(this, (int)kind, Value: value) { Generation = generation });
        if (connection.IsCreditScarce)
        {
            connection.Shard.Wake();
        }
    }

    public void OnMessage(in ShardMessage message)
    {
        if (message.Generation != Generation)
        {
            ReturnChunks(message);
            return;
        }

        switch ((StreamMessageKind)message.Kind)
        {
            case StreamMessageKind.Read:
                OnRead();
                break;
            case StreamMessageKind.Write:
                OnWrite();
                break;
            case StreamMessageKind.CancelRead:
                OnTokenCancelled(Reading);
                break;
            case StreamMessageKind.CancelWrite:
                OnTokenCancelled(Writing);
                break;
            case StreamMessageKind.AbortRead:
                AbortReading(message.Value, new EndCause(Failure.ReadingAborted));
                break;
            case StreamMessageKind.AbortWrite:
                AbortWriting(message.Value, new EndCause(Failure.WritingAborted));
                break;
            case StreamMessageKind.CompleteWrites:
                Finish();
                break;
            case StreamMessageKind.SetPriority:
                SetPriority(QuicStreamPriority.FromValue(message.Value).ToCore());
                break;
            case StreamMessageKind.WatchAborts:
                OnWatchAborts((QuicStream)message.Argument!);
                break;
            case StreamMessageKind.Dispose:
                OnDispose((StreamDisposal)message.Argument!);
                break;
            case StreamMessageKind.Return:
                TryReturn();
                break;
            default:
                OnPipeMessage(message);
                break;
        }

        Connection.Touch();
    }

    public void OnFault(Exception exception) => FailConnection(exception);

    public override void OnReadable()
    {
        Offer();
        if (ShowsReceived)
        {
            ShowReceived();
        }
        else if (Reading.IsWaiting)
        {
            bool waitsForDestination = !Reading.Destination.IsEmpty;
            if (waitsForDestination && Streams.TakeReadDestination(Core!) is { } read && (read.Count > 0 || read.IsEnd))
            {
                OnReadDone(read);
            }
            else if (waitsForDestination)
            {
                Streams.SetReadDestination(Core!, Reading.Destination);
            }
            else if (Core!.Receive.ReadableBytes > 0)
            {
                Reading.Complete(0);
            }
        }
    }

    public override void OnReceiveFinished()
    {
        Offer();
        ShowReceived();
        if (Reading.IsWaiting && !Reading.Destination.IsEmpty)
        {
            OnReadDone(Streams.TakeReadDestination(Core!));
        }
        else
        {
            EndReading(failure: null);
        }
    }

    public override void OnReceiveReset(ulong code)
    {
        Offer();
        _ = TakeDestination();
        var failure = Failure.ReadingAbortedByPeer(code);
        EndReading(failure);
        TellAborted(failure);
    }

    public override void OnSendStopped(ulong code)
    {
        Offer();
        var failure = Failure.WritingAbortedByPeer(code);
        EndWriting(failure);
        TellAborted(failure);
    }

    public override void OnWritable()
    {
        if (Writing.IsWaiting)
        {
            Write();
        }

        TellRoom();
    }

    public override void OnSendAcknowledged() => EndWriting(failure: null);

    public override void OnClosed()
    {
        Detach();
        CompleteDisposal();
        TryReturn();
    }

    public override void OnConnectionClosed(Failure failure)
    {
        if (Core is null)
        {
            return;
        }

        Reading.Close(failure);
        _pipeReading?.Fail(failure);
        EndWriting(failure);
        if (Reading.IsWaiting)
        {
            _ = TakeDestination();
            EndReading(failure);
        }

        CompleteDisposal();
        TellAborted(failure);
        GiveUpIfHeldBack();
    }

    public override void OnReleased(Failure failure)
    {
        Detach();
        EndReading(failure);
        EndWriting(failure);
        CompleteDisposal();
        GiveUpIfHeldBack();
        TryReturn();
    }

    private void OnRead()
    {
        if (!Reading.IsPending)
        {
            return;
        }

        if (Reading.Token.IsCancellationRequested)
        {
            Cancel(Reading);
        }
        else if (!TryTakeReadingBack())
        {
            Reading.Fail(new InvalidOperationException("Input is being read: complete its read, with AdvanceTo, before the next."));
        }
        else if (Reading.IsEnded)
        {
            CompleteEnded(Reading);
        }
        else if (Reading.Destination.IsEmpty)
        {
            ReadNothing();
        }
        else
        {
            Read();
        }
    }

    private void Read()
    {
        StreamResult result = Streams.Read(Core!, Reading.Destination.Span, out StreamRead read);
        if (result == StreamResult.Done && (read.Count > 0 || read.IsEnd))
        {
            OnReadDone(read);
        }
        else if (Connection.Failure is { } failure)
        {
            EndReading(failure);
            CompleteEnded(Reading);
        }
        else
        {
            Reading.IsWaiting = true;
            if (result == StreamResult.Done)
            {
                Streams.SetReadDestination(Core!, Reading.Destination);
            }
        }
    }

    /// <summary>A read of no bytes waits until there is something to read.</summary>
    private void ReadNothing()
    {
        if (Core!.Receive.ReadableBytes > 0)
        {
            Reading.Complete(0);
        }
        else if (Connection.Failure is { } failure)
        {
            EndReading(failure);
            CompleteEnded(Reading);
        }
        else
        {
            Reading.IsWaiting = true;
        }
    }

    private void OnReadDone(StreamRead read)
    {
        if (read.IsEnd)
        {
            // Closed before the read returns, so that a reader that saw the end finds the task completed.
            Reading.End(failure: null);
            Reading.Close(failure: null);
        }

        Reading.Complete(read.Count);
    }

    private void OnWrite()
    {
        if (!Writing.IsPending)
        {
            return;
        }

        if (Writing.Token.IsCancellationRequested)
        {
            Cancel(Writing);
        }
        else if (Writing.IsEnded)
        {
            CompleteEnded(Writing);
        }
        else if (_isFinishWanted || Core!.Send.IsFinished)
        {
            // The completion may have found the write begun and left the end to it, though it came here first.
            Streams.Finish(Core!);
            Writing.Fail(new InvalidOperationException("The writing side was completed: nothing can be written after that."));
        }
        else
        {
            Write();
        }
    }

    private void Write()
    {
        StreamResult result = Streams.Write(Core!, Writing.Source.Span, out int accepted);
        if (result != StreamResult.Done)
        {
            // The event that tells why is on its way, or the connection's failure is.
            Writing.IsWaiting = true;
            return;
        }

        Writing.Source = Writing.Source[accepted..];
        if (!Writing.Source.IsEmpty)
        {
            Writing.IsWaiting = true;
            return;
        }

        if (Writing.EndsStream || _isFinishWanted)
        {
            Streams.Finish(Core!);
        }

        Writing.Complete(0);
    }

    private void Finish()
    {
        if (Writing.IsPending)
        {
            _isFinishWanted = true;
        }
        else if (!Writing.IsEnded && Core is not null)
        {
            Streams.Finish(Core);
        }
    }

    /// <summary>An operation that the shard has not seen yet is cancelled when it does, since it looks at the token.</summary>
    private void OnTokenCancelled(StreamHalf half)
    {
        if (half.IsWaiting && half.Token.IsCancellationRequested)
        {
            Cancel(half);
        }
    }

    /// <summary>A cancelled operation leaves the stream at a place that nobody knows: its direction is aborted.</summary>
    private void Cancel(StreamHalf half)
    {
        var cause = new EndCause(half == Reading ? Failure.ReadingAborted : Failure.WritingAborted, new OperationCanceledException(half.Token));
        if (half == Reading)
        {
            AbortReading(Connection.DefaultStreamErrorCode, cause);
        }
        else
        {
            AbortWriting(Connection.DefaultStreamErrorCode, cause);
        }
    }

    private void AbortReading(long code, EndCause cause)
    {
        RevokeReceived(cause.Failure);
        if (!Reading.IsEnded && Core is not null && Connection.Failure is null)
        {
            _ = TakeDestination();
            Streams.StopSending(Core, (ulong)code);
        }

        EndReading(cause.Failure, cause.Now);
    }

    private void AbortWriting(long code, EndCause cause)
    {
        if (!Writing.IsEnded && Core is not null && Connection.Failure is null)
        {
            Streams.Reset(Core, (ulong)code);
        }

        EndWriting(cause.Failure, cause.Now);
    }

    private void EndReading(Failure? failure, Exception? now = null)
    {
        RevokeReceived(failure);
        Reading.End(failure);
        Reading.Close(failure);
        if (Reading.IsPending && (Reading.IsWaiting || now is not null))
        {
            if (now is not null)
            {
                Reading.Fail(now);
            }
            else
            {
                CompleteEnded(Reading);
            }
        }
    }

    private void EndWriting(Failure? failure, Exception? now = null)
    {
        Writing.End(failure);
        Writing.Close(failure);
        _pipeWriting?.OnOver();
        if (Writing.IsPending && (Writing.IsWaiting || now is not null))
        {
            if (now is not null)
            {
                Writing.Fail(now);
            }
            else
            {
                CompleteEnded(Writing);
            }
        }
    }

    private void CompleteEnded(StreamHalf half)
    {
        if (half.Failure is { } failure)
        {
            half.Fail(failure.ToException());
        }
        else if (half == Reading)
        {
            half.Complete(0);
        }
        else
        {
            half.Fail(new InvalidOperationException("The writing side was completed: nothing can be written after that."));
        }
    }

    private StreamRead TakeDestination() =>
        Reading.IsWaiting && !Reading.Destination.IsEmpty && Core is not null ? Streams.TakeReadDestination(Core) : default;

    /// <summary>Why a direction ends, and what the operation under way throws, where that is something else.</summary>
    private readonly record struct EndCause(Failure Failure, Exception? Now = null);
}
