using System.Buffers.Binary;
using HotQuic;

namespace RequestService;

/// <summary>
/// Answers requests: one object for all streams of all connections. It is called on the threads of several shards, so that what they have in
/// common, the counters, is changed atomically; what belongs to a stream or a connection is theirs alone. Nothing here allocates or blocks.
/// </summary>
internal sealed class CounterStreams : QuicStreamHandler
{
    private readonly long[] _counters = new long[ushort.MaxValue + 1];

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        var state = (RequestStream)stream.State!;
        int consumed = 0;
        while (consumed < data.Length && state.Unsent.IsEmpty)
        {
            consumed += state.Take(data[consumed..], out ReadOnlySpan<byte> request);
            if (!request.IsEmpty)
            {
                Answer(stream, state, request);
            }
        }

        if (isEnd && consumed == data.Length)
        {
            state.IsEnded = true;
            EndIfDone(stream, state);
        }

        // Where that is less than all, the stream pauses, and with it the client, until OnWritable resumes it.
        return consumed;
    }

    public override void OnWritable(QuicStreamHandle stream)
    {
        var state = (RequestStream)stream.State!;
        state.Keep(state.Unsent[stream.Write(state.Unsent)..]);
        if (state.IsEnded)
        {
            EndIfDone(stream, state);
        }
        else if (state.Unsent.IsEmpty)
        {
            stream.ResumeReading();
        }
    }

    /// <summary>The client gave its requests up; what was answered is still delivered.</summary>
    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode) => stream.CompleteWrites();

    /// <summary>The client does not want the responses: there is no use for its requests.</summary>
    public override void OnWritingAborted(QuicStreamHandle stream, long errorCode) =>
        stream.Abort(QuicAbortDirection.Both, CounterProtocol.GivenUp);

    public override void OnClosed(QuicStreamHandle stream)
    {
        var state = (RequestStream)stream.State!;
        Session session = state.Session;
        session.Streams.Remove(stream);
        session.Return(state);
        if (session is { IsDraining: true, Streams.Count: 0 })
        {
            stream.Connection.Close(CounterProtocol.NoError);
        }
    }

    private static void EndIfDone(QuicStreamHandle stream, RequestStream state)
    {
        if (state.IsInRequest)
        {
            stream.Abort(QuicAbortDirection.Both, CounterProtocol.Malformed);
        }
        else if (state.Unsent.IsEmpty)
        {
            stream.CompleteWrites();
        }
    }

    private void Answer(QuicStreamHandle stream, RequestStream state, ReadOnlySpan<byte> request)
    {
        ushort counter = BinaryPrimitives.ReadUInt16LittleEndian(request);
        long delta = BinaryPrimitives.ReadInt64LittleEndian(request[sizeof(ushort)..]);
        Span<byte> response = stackalloc byte[CounterProtocol.ResponseLength];
        BinaryPrimitives.WriteInt64LittleEndian(response, Interlocked.Add(ref _counters[counter], delta));
        state.Keep(response[stream.Write(response)..]);
        state.Session.Answered++;
    }
}
