using HotQuic.Load.Protocol;

namespace HotQuic.Load.Handlers;

/// <summary>A connection of the server: its first stream is the control stream, the later ones do what was ordered there.</summary>
internal sealed class ServedConnection(HandlerServer server) : QuicConnectionHandler
{
    private ControlStream? _control;
    private AnswerStreams? _work;

    public override void OnConnected(QuicConnectionHandle connection) => server.Ledger.Add(connection);

    public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream)
    {
        if (_control is not null)
        {
            return _work;
        }

        _control = new ControlStream(server, this, stream);
        return _control;
    }

    /// <summary>Datagrams come back, as far as there is room for them.</summary>
    public override void OnDatagram(QuicConnectionHandle connection, ReadOnlySpan<byte> data)
    {
        if (data.Length <= connection.MaxDatagramSize)
        {
            connection.TrySendDatagram(data);
        }
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        switch (message)
        {
            case HandledLedger.Question:
                server.Ledger.Answer(connection);
                break;
            case ControlReply counters:
                _control!.OnCounters(counters);
                break;
            default:
                connection.Close(PerfProtocol.NoError);
                break;
        }
    }

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason) => server.Ledger.Retire(connection);

    /// <summary>Takes an order on; the reason when it cannot be done.</summary>
    public string? Accept(WorkOrder work)
    {
        string? reason = work.Refusal(hasWork: _work is not null);
        if (reason is null)
        {
            _work = new AnswerStreams(server, work.AnswerLength);
        }

        return reason;
    }
}
