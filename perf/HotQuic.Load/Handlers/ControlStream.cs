using HotQuic.Load.Protocol;

namespace HotQuic.Load.Handlers;

/// <summary>
/// The server's end of a control stream: one request after the other, each answered before the next is looked at. Counters come from several
/// shards: the stream pauses until <see cref="OnCounters"/> brings them.
/// </summary>
internal sealed class ControlStream(HandlerServer server, ServedConnection connection, QuicStreamHandle stream) : QuicStreamHandler
{
    private readonly ControlLines _lines = new();
    private bool _awaitsCounters;
    private bool _isEnded;

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        int consumed = 0;
        do
        {
            consumed += _lines.Add(data[consumed..]);
            _isEnded = isEnd && consumed == data.Length;
        }
        while (TryConverse() && consumed < data.Length && !_awaitsCounters);

        return consumed;
    }

    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode) => stream.Connection.Close(PerfProtocol.ProtocolViolation);

    public override void OnWritingAborted(QuicStreamHandle stream, long errorCode) => stream.Connection.Close(PerfProtocol.ProtocolViolation);

    /// <summary>The counters that a request asked for.</summary>
    public void OnCounters(ControlReply counters)
    {
        _awaitsCounters = false;
        if (stream.IsValid && Send(counters) && TryConverse())
        {
            stream.ResumeReading();
        }
    }

    /// <summary>Answers what has come; false where the client does not keep to the protocol, which ends the connection.</summary>
    private bool TryConverse()
    {
        try
        {
            while (!_awaitsCounters && _lines.TryTake(ControlJson.Default.ControlRequest) is { } request)
            {
                if (request.Work is not { } work)
                {
                    _awaitsCounters = true;
                    _ = FetchCountersAsync(stream.Connection);
                }
                else if (!Send(new(connection.Accept(work))))
                {
                    return false;
                }
            }

            if (_isEnded && !_awaitsCounters)
            {
                _lines.End();
                stream.CompleteWrites();
            }

            return true;
        }
        catch (InvalidDataException)
        {
            stream.Connection.Close(PerfProtocol.ProtocolViolation);
            return false;
        }
    }

    private async Task FetchCountersAsync(QuicConnectionHandle from) => from.Post(await server.TellCountersAsync());

    /// <summary>Sends a reply; false where the client has left so many unread that the send buffer is full.</summary>
    private bool Send(ControlReply reply)
    {
        byte[] line = ControlLines.ToLine(reply, ControlJson.Default.ControlReply);
        bool isSent = stream.Write(line) == line.Length;
        if (!isSent)
        {
            stream.Connection.Close(PerfProtocol.ProtocolViolation);
        }

        return isSent;
    }
}
