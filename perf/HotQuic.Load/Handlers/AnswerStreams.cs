using HotQuic.Load.Protocol;

namespace HotQuic.Load.Handlers;

/// <summary>
/// The server's end of a connection's streams, one object for all of them: takes what comes, and then sends so many bytes. Only a stream whose
/// answer does not fit its send buffer needs a state, and those are used again.
/// </summary>
internal sealed class AnswerStreams(PerfServer server, long answerLength) : QuicStreamHandler
{
    private static readonly byte[] Content = new byte[PerfProtocol.BulkBufferSize];

    private readonly Stack<Unsent> _spare = [];

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        server.CountReceived(data.Length);
        if (isEnd)
        {
            Keep(stream, Send(stream, answerLength));
        }

        return data.Length;
    }

    public override void OnWritable(QuicStreamHandle stream)
    {
        var unsent = (Unsent)stream.State!;
        unsent.Length = Send(stream, unsent.Length);
    }

    /// <summary>The client has had enough of this stream.</summary>
    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode) =>
        stream.Abort(QuicAbortDirection.Both, PerfProtocol.NoError);

    /// <inheritdoc cref="OnReadingAborted"/>
    public override void OnWritingAborted(QuicStreamHandle stream, long errorCode) =>
        stream.Abort(QuicAbortDirection.Both, PerfProtocol.NoError);

    public override void OnClosed(QuicStreamHandle stream)
    {
        if (stream.State is Unsent unsent)
        {
            _spare.Push(unsent);
        }
    }

    /// <summary>Sends what the send buffer takes; returns what is left.</summary>
    private static long Send(QuicStreamHandle stream, long length)
    {
        int piece;
        int taken;
        do
        {
            piece = (int)Math.Min(length, Content.Length);
            taken = stream.Write(Content.AsSpan(0, piece), completeWrites: piece == length);
            length -= taken;
        }
        while (taken == piece && length > 0);
        return length;
    }

    private void Keep(QuicStreamHandle stream, long length)
    {
        if (length > 0)
        {
            Unsent unsent = _spare.TryPop(out Unsent? spare) ? spare : new Unsent();
            unsent.Length = length;
            stream.State = unsent;
        }
    }

    /// <summary>What is left to send of an answer.</summary>
    private sealed class Unsent
    {
        public long Length { get; set; }
    }
}
