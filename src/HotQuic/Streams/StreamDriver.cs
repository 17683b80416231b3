using HotQuic.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Shards;

namespace HotQuic.Streams;

/// <summary>
/// The shard's side of one stream: does what the handle asks (messages) and what the protocol reports (the On… methods). It is pooled
/// by the shard: handles know it together with its <see cref="Generation"/>, and it goes back when the handle was disposed of, the
/// stream has ended and no result is outstanding.
/// </summary>
/// <remarks>
/// All members but <see cref="Reading"/>, <see cref="Writing"/> and those fixed at the beginning belong to the shard's thread. Once
/// <see cref="OnClosed"/> was called the protocol's stream is gone; after the connection's end it stays, to be read to its end.
/// </remarks>
internal sealed class StreamDriver : IShardTarget
{
    private QuicStreamState? _stream;
    private bool _isDisposed;
    private bool _isFinishWanted;
    private TaskCompletionSource? _disposal;

    public StreamHalf Reading { get; } = new();

    public StreamHalf Writing { get; } = new();

    public ConnectionDriver Connection { get; private set; } = null!;

    public StreamId Id { get; private set; }

    /// <summary>Counts the lives of this object.</summary>
    public uint Generation { get; private set; } = StreamHalf.FirstGeneration;

    /// <summary>Its place in its connection's list.</summary>
    public int Index { get; set; }

    private StreamSet Streams => Connection.Core.Streams;

    /// <summary>Begins a life.</summary>
    public void Begin(ConnectionDriver connection, QuicStreamState stream, bool isOurs)
    {
        Connection = connection;
        Id = stream.Id;
        _stream = stream;
        stream.UserState = this;
        if (stream.Id.Direction == StreamDirection.Unidirectional)
        {
            StreamHalf absent = isOurs ? Reading : Writing;
            absent.End(failure: null);
            absent.Close(failure: null);
        }
    }

    public void OnMessage(in ShardMessage message)
    {
        if (message.Generation != Generation)
        {
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
                OnCancel(Reading, (short)message.Value);
                break;
            case StreamMessageKind.CancelWrite:
                OnCancel(Writing, (short)message.Value);
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
            case StreamMessageKind.Dispose:
                OnDispose((TaskCompletionSource)message.Argument!);
                break;
        }

        Connection.Touch();
    }

    public void OnFault(Exception exception) => Connection.OnFault(exception);

    /// <summary>More can be read, or the end was reached.</summary>
    public void OnReadable()
    {
        if (Reading.IsWaiting)
        {
            bool waitsForDestination = !Reading.Destination.IsEmpty;
            if (waitsForDestination && Streams.TakeReadDestination(_stream!) is { } read && (read.Count > 0 || read.IsEnd))
            {
                OnReadDone(read);
            }
            else if (waitsForDestination)
            {
                Streams.SetReadDestination(_stream!, Reading.Destination);
            }
            else if (_stream!.Receive.ReadableBytes > 0)
            {
                Reading.Complete(0);
            }
        }
    }

    /// <summary>The end came when everything before it had been read.</summary>
    public void OnReceiveFinished()
    {
        if (Reading.IsWaiting && !Reading.Destination.IsEmpty)
        {
            OnReadDone(Streams.TakeReadDestination(_stream!));
        }
        else
        {
            EndReading(failure: null);
        }
    }

    /// <summary>The peer gave the stream up.</summary>
    public void OnReceiveReset(ulong code)
    {
        _ = TakeDestination();
        EndReading(Failure.ReadingAbortedByPeer(code));
    }

    /// <summary>The peer wants no more.</summary>
    public void OnSendStopped(ulong code) => EndWriting(Failure.WritingAbortedByPeer(code));

    public void OnWritable()
    {
        if (Writing.IsWaiting)
        {
            Write();
        }
    }

    /// <summary>The peer has everything, the end included.</summary>
    public void OnSendAcknowledged() => EndWriting(failure: null);

    /// <summary>Nobody will ever have a handle on the stream.</summary>
    public void GiveUp() => OnDispose(new TaskCompletionSource());

    /// <summary>Both parts have ended: the protocol's stream is back in its pool.</summary>
    public void OnClosed()
    {
        _stream = null;
        _disposal?.TrySetResult();
        TryReturn();
    }

    /// <summary>The connection has ended: nothing more comes or goes, but what came may still be read.</summary>
    public void OnConnectionClosed(Failure failure)
    {
        if (_stream is null)
        {
            return;
        }

        Reading.Close(failure);
        EndWriting(failure);
        if (Reading.IsWaiting)
        {
            _ = TakeDestination();
            EndReading(failure);
        }

        _disposal?.TrySetResult();
    }

    /// <summary>The connection gives its memory back: what was not read is gone.</summary>
    public void OnReleased(Failure failure)
    {
        EndReading(failure);
        EndWriting(failure);
        _stream = null;
        _disposal?.TrySetResult();
        TryReturn();
    }

    private void OnRead()
    {
        if (!Reading.IsPending)
        {
            return;
        }

        if (Reading.IsCancelledEarly)
        {
            Cancel(Reading);
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
        StreamResult result = Streams.Read(_stream!, Reading.Destination.Span, out StreamRead read);
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
                Streams.SetReadDestination(_stream!, Reading.Destination);
            }
        }
    }

    /// <summary>A read of no bytes waits until there is something to read.</summary>
    private void ReadNothing()
    {
        if (_stream!.Receive.ReadableBytes > 0)
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

        if (Writing.IsCancelledEarly)
        {
            Cancel(Writing);
        }
        else if (Writing.IsEnded)
        {
            CompleteEnded(Writing);
        }
        else if (_isFinishWanted || _stream!.Send.IsFinished)
        {
            Writing.Fail(new InvalidOperationException("The writing side was completed: nothing can be written after that."));
        }
        else
        {
            Write();
        }
    }

    private void Write()
    {
        StreamResult result = Streams.Write(_stream!, Writing.Source.Span, out int accepted);
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
            Streams.Finish(_stream!);
        }

        Writing.Complete(0);
    }

    private void Finish()
    {
        if (Writing.IsPending)
        {
            _isFinishWanted = true;
        }
        else if (!Writing.IsEnded && _stream is not null)
        {
            Streams.Finish(_stream);
        }
    }

    private void OnCancel(StreamHalf half, short version)
    {
        if (!half.IsPending || half.Version != version)
        {
            return;
        }

        if (half.IsWaiting)
        {
            Cancel(half);
        }
        else
        {
            half.IsCancelledEarly = true;
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
        if (!Reading.IsEnded && _stream is not null && Connection.Failure is null)
        {
            _ = TakeDestination();
            Streams.StopSending(_stream, (ulong)code);
        }

        EndReading(cause.Failure, cause.Now);
    }

    private void AbortWriting(long code, EndCause cause)
    {
        if (!Writing.IsEnded && _stream is not null && Connection.Failure is null)
        {
            Streams.Reset(_stream, (ulong)code);
        }

        EndWriting(cause.Failure, cause.Now);
    }

    private void EndReading(Failure? failure, Exception? now = null)
    {
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
        Reading.IsWaiting && !Reading.Destination.IsEmpty && _stream is not null ? Streams.TakeReadDestination(_stream) : default;

    private void OnDispose(TaskCompletionSource completion)
    {
        _isDisposed = true;
        _disposal = completion;
        if (!Reading.IsEnded)
        {
            AbortReading(Connection.DefaultStreamErrorCode, new EndCause(Failure.ReadingAborted));
        }

        if (Writing.IsPending)
        {
            AbortWriting(Connection.DefaultStreamErrorCode, new EndCause(Failure.WritingAborted));
        }
        else
        {
            Finish();
        }

        if (_stream is null || Connection.Failure is not null)
        {
            completion.TrySetResult();
        }

        TryReturn();
    }

    private void TryReturn()
    {
        if (_isDisposed && _stream is null && Reading.TryRecycle(Generation) && Writing.TryRecycle(Generation))
        {
            Generation++;
            _isDisposed = false;
            _isFinishWanted = false;
            _disposal = null;
            Connection.Shard.Streams.Return(this);
        }
    }

    /// <summary>Why a direction ends, and what the operation under way throws, where that is something else.</summary>
    private readonly record struct EndCause(Failure Failure, Exception? Now = null);
}
