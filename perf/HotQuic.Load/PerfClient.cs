using System.Net.Security;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;
using HotQuic.Load.Transport;

namespace HotQuic.Load;

/// <summary>
/// Connects to a <see cref="PerfServer"/> and counts what its connections do. <see cref="ConnectAsync"/> as often as needed, each
/// connection handed back with <see cref="CloseAsync"/>; <see cref="PrepareAsync"/> tells the server what a connection's streams are for.
/// </summary>
public sealed class PerfClient
{
    private readonly QuicClientConnectionOptions _options;
    private readonly ConnectionLedger _ledger = new();

    /// <summary>Makes a client that has not connected yet.</summary>
    public PerfClient(PerfClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SslClientAuthenticationOptions tls = new()
        {
            ApplicationProtocols = [new SslApplicationProtocol(PerfProtocol.ApplicationProtocol)],
            TargetHost = options.TargetHost,
            CipherSuitesPolicy = CipherChoice.Policy(options.Transport.Cipher),
        };
        options.Trust.Apply(tls);
        _options = new()
        {
            RemoteEndPoint = options.Server,
            ClientAuthenticationOptions = tls,
            DefaultCloseErrorCode = PerfProtocol.NoError,
            DefaultStreamErrorCode = PerfProtocol.NoError,
            InitialReceiveWindowSizes = PerfWindows.Sizes(),
            Transport = options.Transport.ToOptions(),
        };
    }

    /// <summary>Makes a connection, with a full handshake.</summary>
    public async Task<QuicConnection> ConnectAsync(CancellationToken cancellation)
    {
        QuicConnection connection = await QuicConnection.ConnectAsync(_options, cancellation);
        _ledger.Add(connection);
        return connection;
    }

    /// <summary>Closes a connection and waits until that is done.</summary>
    public async Task CloseAsync(QuicConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        await connection.CloseAsync(PerfProtocol.NoError);
        _ledger.Retire(connection);
        await connection.DisposeAsync();
    }

    /// <summary>Tells the server what the later streams of this new connection are for, and waits until it is ready.</summary>
    public static async Task PrepareAsync(QuicConnection connection, WorkOrder work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connection);
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
        await using (stream)
        {
            ControlChannel channel = new(stream);
            await AskAsync(channel, new ControlRequest(work), cancellation);
            stream.CompleteWrites();
            await channel.ReceiveAsync(ControlJson.Default.ControlReply, cancellation);
        }
    }

    /// <summary>This process's counters.</summary>
    public ProcessCounters ReadCounters() => ProcessCounters.Read(bytesReceived: 0, _ledger.Read());

    internal static async Task<ControlReply> AskAsync(ControlChannel channel, ControlRequest request, CancellationToken cancellation)
    {
        await channel.SendAsync(request, ControlJson.Default.ControlRequest, cancellation);
        ControlReply reply = await channel.ReceiveAsync(ControlJson.Default.ControlReply, cancellation)
            ?? throw new InvalidDataException("The server ended the control stream.");
        return reply.Error is null ? reply : throw new InvalidDataException($"The server answered: {reply.Error}");
    }
}
