using System.Net;
using System.Security.Authentication;
using HotQuic.Load.Measuring;

namespace HotQuic.Load.Protocol;

/// <summary>
/// A connection of its own to the server, for nothing but its counters, so that asking does not wait behind the load.
/// <see cref="OpenAsync"/>, <see cref="ReadAsync"/> one at a time, then dispose. It is awaited whatever the load uses.
/// </summary>
internal sealed class ServerProbe : IAsyncDisposable
{
    /// <summary>
    /// How long a busy server may take to answer: what is asked queues behind the load, whose operations themselves take seconds where a
    /// thousand connections have tens outstanding each. A server that is gone ends the connection, sooner or at the same time.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The alert no_application_protocol (RFC 7301 §3.2) as a transport error (RFC 9001 §4.8).</summary>
    private const long NoApplicationProtocol = 0x100 + 120;

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

    /// <summary>The address that answered, which may be one of several of the server's name.</summary>
    public IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>What the server runs with.</summary>
    public ServerFacts Server { get; private set; } = null!;

    /// <summary>Connects, and asks once, so that later answers come from code that is warm on both sides.</summary>
    /// <exception cref="InvalidDataException">Something else than a server of this version is there.</exception>
    public static async Task<ServerProbe> OpenAsync(PerfClient client, CancellationToken cancellation)
    {
        QuicConnection connection = await ConnectAsync(client, cancellation);
        try
        {
            QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
            ServerProbe probe = new(client, connection, stream);
            probe.Server = (await probe.AskAsync(cancellation)).Server
                ?? throw new InvalidDataException("It does not tell what it runs with.");
            return probe;
        }
        catch (Exception e)
        {
            await client.CloseAsync(connection);
            throw IsMisunderstanding(e)
                ? new InvalidDataException(
                    "The server does not answer as a 'hotquic perf-server' of this version does: expected both sides to be of one version.", e)
                : e;
        }
    }

    /// <summary>The server's counters now.</summary>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public async Task<ProcessCounters> ReadAsync()
    {
        ControlReply reply = await AskAsync(CancellationToken.None);
        return reply.Counters ?? throw new InvalidDataException("The server's answer has no counters.");
    }

    /// <summary>Closes the connection, first of all: a stream's own end would wait for a server that may be gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _client.CloseAsync(_connection);
        await _stream.DisposeAsync();
    }

    private static async Task<QuicConnection> ConnectAsync(PerfClient client, CancellationToken cancellation)
    {
        try
        {
            return await client.ConnectAsync(cancellation);
        }
        catch (AuthenticationException e) when (e.InnerException is QuicException { TransportErrorCode: NoApplicationProtocol })
        {
            throw new InvalidDataException(
                $"The server does not speak '{PerfProtocol.ApplicationProtocol}': expected a 'hotquic perf-server' there.", e);
        }
    }

    private static bool IsMisunderstanding(Exception exception) => exception
        is InvalidDataException
        or QuicException { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: PerfProtocol.ProtocolViolation };

    private async Task<ControlReply> AskAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Patience);
        try
        {
            return await PerfClient.AskAsync(_channel, new ControlRequest(Work: null), timeout.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"The server did not tell its counters within {Patience.TotalSeconds} seconds.", e);
        }
    }
}
