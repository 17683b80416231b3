using HotQuic;

namespace RequestService;

/// <summary>What is posted to a connection from other threads.</summary>
internal enum Order
{
    /// <summary>Take nothing more, answer what has come, then close.</summary>
    Drain,

    /// <summary>Close now.</summary>
    GiveUp,
}

/// <summary>The server's connections: one object for all of them, each with a <see cref="Session"/> as its State.</summary>
internal sealed class CounterConnections(OpenConnections open) : QuicConnectionHandler
{
    private readonly CounterStreams _streams = new();

    public override void OnConnected(QuicConnectionHandle connection) => SessionOf(connection).Client = connection.RemoteEndPoint;

    public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream)
    {
        Session session = SessionOf(connection);
        if (session.IsDraining)
        {
            return null;
        }

        session.Streams.Add(stream);
        stream.State = session.Rent();
        return _streams;
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        Session session = SessionOf(connection);
        session.IsDraining = true;
        if (session.Streams.Count == 0 || message is Order.GiveUp)
        {
            connection.Close(message is Order.GiveUp ? CounterProtocol.GivenUp : CounterProtocol.NoError);
            return;
        }

        foreach (QuicStreamHandle stream in session.Streams)
        {
            // What these cause is told after this call: the set does not change under the loop.
            stream.Abort(QuicAbortDirection.Read, CounterProtocol.NoError);
            stream.CompleteWrites();
        }
    }

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        Session session = SessionOf(connection);
        QuicConnectionStatistics statistics = connection.GetStatistics();
        Output.Write(session.Client is null
            ? $"Handshake: {reason.Message}"
            : $"{session.Client}: {session.Answered} requests, round trip {statistics.SmoothedRtt.TotalMilliseconds:0.000} ms, {statistics.PacketsLost} packets lost. {reason.Message}");
        open.Remove(connection);
    }

    private static Session SessionOf(QuicConnectionHandle connection) => (Session)connection.State!;
}
