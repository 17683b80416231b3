using System.Net;
using System.Net.Security;
using HotQuic.Load.Awaited;
using HotQuic.Load.Handlers;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;
using HotQuic.Load.Transport;

namespace HotQuic.Load;

/// <summary>
/// Connects to a <see cref="PerfServer"/> and counts what its connections do: <see cref="ConnectAsync"/> as often as needed, each
/// connection handed back with <see cref="CloseAsync"/>. A <see cref="ScenarioRunner"/> makes loads with it.
/// </summary>
public sealed class PerfClient
{
    /// <summary>A connection may wait for long until thousands of others are made, or a scenario of hours is over.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    private readonly QuicClientConnectionOptions _options;
    private readonly QuicClientConnectionOptions _inlineOptions;
    private readonly ConnectionLedger _ledger = new();
    private readonly HandledLedger _handledLedger = new();

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
        _options = ConnectionOptions(options, tls);
        _inlineOptions = ConnectionOptions(options, tls);
        _inlineOptions.Transport.CompletesInline = true;
    }

    /// <summary>Makes a connection, with a full handshake.</summary>
    public Task<QuicConnection> ConnectAsync(CancellationToken cancellation) => ConnectWithAsync(_options, cancellation);

    /// <summary>The same, for one who never blocks: the code after what it awaits goes on on the thread that drives the connection.</summary>
    public Task<QuicConnection> ConnectInlineAsync(CancellationToken cancellation) => ConnectWithAsync(_inlineOptions, cancellation);

    /// <summary>Closes a connection and waits until that is done.</summary>
    public async Task CloseAsync(QuicConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        await connection.CloseAsync(PerfProtocol.NoError);
        _ledger.Retire(connection);
        await connection.DisposeAsync();
    }

    /// <summary>This process's counters.</summary>
    public async Task<ProcessCounters> ReadCountersAsync()
    {
        PacketCounters handled = await _handledLedger.ReadAsync();
        return ProcessCounters.Read(bytesReceived: 0, _ledger.Read() + handled);
    }

    /// <summary>An API to make loads with.</summary>
    /// <param name="api">Which one.</param>
    /// <param name="server">The server's address, which may be one of several of its name.</param>
    internal ILoadApi LoadWith(PerfApi api, IPEndPoint server) => api switch
    {
        PerfApi.Handler => new HandlerLoadApi(QuicClientConfiguration.Create(_options), server, _handledLedger),
        PerfApi.StreamOnPool => new AwaitedLoadApi(this, ConnectAsync),
        _ => new AwaitedLoadApi(this, ConnectInlineAsync),
    };

    internal static async Task<ControlReply> AskAsync(ControlChannel channel, ControlRequest request, CancellationToken cancellation)
    {
        await channel.SendAsync(request, ControlJson.Default.ControlRequest, cancellation);
        ControlReply reply = await channel.ReceiveAsync(ControlJson.Default.ControlReply, cancellation)
            ?? throw new InvalidDataException("The server ended the control stream.");
        return reply.Checked();
    }

    private static QuicClientConnectionOptions ConnectionOptions(PerfClientOptions options, SslClientAuthenticationOptions tls) => new()
    {
        RemoteEndPoint = options.Server,
        ClientAuthenticationOptions = tls,
        DefaultCloseErrorCode = PerfProtocol.NoError,
        DefaultStreamErrorCode = PerfProtocol.NoError,
        KeepAliveInterval = KeepAlive,
        InitialReceiveWindowSizes = PerfWindows.Sizes(),
        Transport = options.Transport.ToOptions(),
    };

    private async Task<QuicConnection> ConnectWithAsync(QuicClientConnectionOptions options, CancellationToken cancellation)
    {
        QuicConnection connection = await QuicConnection.ConnectAsync(options, cancellation);
        _ledger.Add(connection);
        return connection;
    }
}
