using HotQuic.Load.Measuring;

namespace HotQuic.Load.Protocol;

/// <summary>
/// A connection of its own to the server, for nothing but its counters, so that asking does not wait behind the load.
/// <see cref="OpenAsync"/>, <see cref="ReadAsync"/> one at a time, then dispose.
/// </summary>
internal sealed class ServerProbe : IAsyncDisposable
{
    private readonly PerfClient _client;
    private readonly QuicConnection _connection;
    private readonly QuicStream _stream;
    private readonly ControlChannel _channel;

    private ServerProbe(PerfClient client, QuicConnection connection, QuicStream stream)
    {
        _client = client;
        _connection = connection;
        _stream = stream;
        _channel = new(stream);
    }

    /// <summary>Connects, and asks once, so that later answers come from code that is warm on both sides.</summary>
    public static async Task<ServerProbe> OpenAsync(PerfClient client, CancellationToken cancellation)
    {
        QuicConnection connection = await client.ConnectAsync(cancellation);
        try
        {
            QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
            ServerProbe probe = new(client, connection, stream);
            await probe.ReadAsync(cancellation);
            return probe;
        }
        catch
        {
            await client.CloseAsync(connection);
            throw;
        }
    }

    /// <summary>The server's counters now.</summary>
    public async Task<ProcessCounters> ReadAsync(CancellationToken cancellation)
    {
        ControlReply reply = await PerfClient.AskAsync(_channel, new ControlRequest(Work: null), cancellation);
        return reply.Counters ?? throw new InvalidDataException("The server's answer has no counters.");
    }

    /// <summary>Closes the connection, first of all: a stream's own end would wait for a server that may be gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _client.CloseAsync(_connection);
        await _stream.DisposeAsync();
    }
}
