using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Shards;

namespace HotQuic.Streams;

/// <summary>The stream's pipes: shows the reader what was received, and puts what the writer flushed into the send buffer.</summary>
internal sealed partial class AwaitedStream
{
    private PipeReading? _pipeReading;
    private PipeWriting? _pipeWriting;

    /// <summary>Bytes that may be written at first: fixed when a life begins, then from any thread.</summary>
    public ulong FirstRoom { get; private set; }

    private bool ShowsReceived => _pipeReading is { IsAttached: true } && Core is not null && !Reading.IsEnded;

    /// <summary>The state behind the pipe's reader, from any thread. Null where the generation has passed.</summary>
    public PipeReading? GetPipeReading(uint generation) => GetPipe(ref _pipeReading, generation, static g => new PipeReading(g));

    /// <summary>The state behind the pipe's writer, from any thread. Null where the generation has passed.</summary>
    public PipeWriting? GetPipeWriting(uint generation) => GetPipe(ref _pipeWriting, generation, static g => new PipeWriting(g));

    /// <summary>State that a late caller made for a life that had ended is replaced.</summary>
    private static T? GetPipe<T>(ref T? field, uint generation, Func<uint, T> create)
        where T : class, IPipeState
    {
        while (true)
        {
            T? state = Volatile.Read(ref field);
            if (state is not null && state.Generation >= generation)
            {
                return state.Generation == generation ? state : null;
            }

            T created = create(generation);
            if (Interlocked.CompareExchange(ref field, created, state) == state)
            {
                return created;
            }
        }
    }

    private void OnPipeMessage(in ShardMessage message)
    {
        switch ((StreamMessageKind)message.Kind)
        {
            case StreamMessageKind.PipeAttach:
                OnAttach();
                break;
            case StreamMessageKind.PipeAdvance:
                OnAdvance(new StreamAdvance(message.Value));
                break;
            case StreamMessageKind.PipeRequire:
                if (ShowsReceived)
                {
                    Streams.Require(Core!, (ulong)message.Value);
                }

                break;
            case StreamMessageKind.PipeCompleteRead:
                OnCompleteRead();
                break;
            case StreamMessageKind.PipeFlush:
                OnFlush((WrittenChunk?)message.Argument);
                break;
            case StreamMessageKind.PipeCompleteWrite:
                if (message.Argument is WrittenChunk rest)
                {
                    OnFlush(rest);
                }

                Finish();
                break;
            case StreamMessageKind.PipeResetWrite:
                AbortWriting(Connection.DefaultStreamErrorCode, new EndCause(Failure.WritingAborted));
                break;
        }
    }

    /// <summary>A message for a stream that is gone brings chunks that belong to the shard.</summary>
    private void ReturnChunks(in ShardMessage message)
    {
        if (message.Argument is WrittenChunk first)
        {
            Connection.Shard.Chunks.Return(first);
        }
    }

    private void OnAttach()
    {
        PipeReading reading = _pipeReading!;
        if (reading.IsAttached)
        {
            return;
        }

        reading.CompletesInline = CompletesInline;

        if (Reading.IsWaiting)
        {
            reading.Refuse();
        }
        else if (Reading.IsEnded && Reading.Failure is null)
        {
            reading.Attach(0);
            reading.Publish(0, isFinal: true);
        }
        else if (Core is null || Reading.IsEnded)
        {
            _ = reading.Revoke(Reading.Failure ?? Failure.ReadingAborted);
        }
        else
        {
            reading.Attach(Core.Receive.ReadOffset);
            ShowReceived();
            if (Connection.Failure is { } failure)
            {
                reading.Fail(failure);
            }
        }
    }

    /// <summary>Shows the pipe's reader everything that can be read, and the end with it where it is known.</summary>
    private void ShowReceived()
    {
        if (!ShowsReceived)
        {
            return;
        }

        PipeReading reading = _pipeReading!;
        ReceiveStream receive = Core!.Receive;
        while (Streams.TryLend(Core, out LentPiece piece))
        {
            reading.Append(piece);
        }

        // Behind a failure nothing is lent: what was not lent before is not there to be shown, and neither is the end.
        ulong end = Math.Max(receive.LentEnd, reading.Published.Offset);
        bool isFinal = receive.State is ReceiveStreamState.DataRecvd or ReceiveStreamState.DataRead;
        reading.Publish(end, isFinal && end == receive.ContiguousEnd);
    }

    private void OnAdvance(StreamAdvance advance)
    {
        if (!ShowsReceived)
        {
            return;
        }

        ReceiveStream receive = Core!.Receive;
        if (advance.Consumed > receive.ReadOffset && advance.Consumed <= receive.LentEnd)
        {
            Streams.Consume(Core, (int)(advance.Consumed - receive.ReadOffset), out StreamRead read);
            _pipeReading!.Free(advance.Consumed);
            if (read.IsEnd)
            {
                _pipeReading.Publish(advance.Consumed, isFinal: true);
                Reading.End(failure: null);
                Reading.Close(failure: null);
                return;
            }
        }

        if (advance.NeedsMore)
        {
            Streams.Require(Core, (ulong)receive.ReadableBytes + 1);
        }
    }

    private void OnCompleteRead()
    {
        if (!Reading.IsEnded && ShowsReceived && _pipeReading!.Published.IsFinal)
        {
            // The end was shown: what of it was not consumed is dropped, and nothing is asked of the peer.
            Reading.Close(failure: null);
        }

        if (!Reading.IsEnded)
        {
            AbortReading(Connection.DefaultStreamErrorCode, new EndCause(Failure.ReadingAborted));
        }
    }

    /// <summary>The direction fails: what was shown goes back, unless the reader has hold of it.</summary>
    private void RevokeReceived(Failure? failure)
    {
        if (failure is null || _pipeReading is not { } reading || Reading.IsEnded)
        {
            return;
        }

        if (!reading.Revoke(failure) && Core is not null)
        {
            Streams.EndLending(Core);
        }
    }

    /// <summary>The stream's own methods read: what was shown is not shown any more. False where the pipe's reader is at work.</summary>
    private bool TryTakeReadingBack()
    {
        if (_pipeReading is not { } reading)
        {
            return true;
        }

        if (!reading.TryDetach())
        {
            return false;
        }

        if (Core is not null)
        {
            Streams.EndLending(Core);
        }

        return true;
    }

    private void OnFlush(WrittenChunk? first)
    {
        ChunkExchange chunks = Connection.Shard.Chunks;
        if (Core is null || Writing.IsEnded)
        {
            chunks.Return(first);
            _pipeWriting!.OnOver();
        }
        else if (_isFinishWanted || Core.Send.IsFinished)
        {
            chunks.Return(first);
            _pipeWriting!.Refuse();
        }
        else if (Writing.IsWaiting)
        {
            // Neither may go before the other: nobody could know what the peer reads.
            chunks.Return(first);
            _pipeWriting!.Refuse();
            AbortWriting(
                Connection.DefaultStreamErrorCode,
                new EndCause(Failure.WritingAborted, new InvalidOperationException("Output was flushed while the stream's own methods wrote.")));
        }
        else
        {
            ulong before = Core.Send.WrittenEnd;
            if (Streams.Adopt(Core, first) == StreamResult.Done)
            {
                ulong count = Core.Send.WrittenEnd - before;
                chunks.Adopted(first, Streams.Buffers);
                _pipeWriting!.OnFlushed(count, Core.Send.WrittenEnd);
            }
            else
            {
                // The event that tells why is on its way, or the connection's failure is.
                chunks.Return(first);
            }

            TellRoom();
        }
    }

    /// <summary>Tells the pipe's writer how much more it may hand over; where that is nothing, the send buffer says when there is room.</summary>
    private void TellRoom()
    {
        if (_pipeWriting is { } writing && Core is not null && !Writing.IsEnded && Streams.AskForRoom(Core))
        {
            writing.OnRoom(Streams.Room(Core));
        }
    }

    private bool TryRecyclePipes() =>
        (_pipeReading?.TryRecycle(Generation) ?? true) && (_pipeWriting?.TryRecycle(Generation) ?? true);
}
