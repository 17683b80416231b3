using System.Net;
using System.Net.Security;
using HotQuic.Load.Awaited;
using HotQuic.Load.Handlers;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;
using HotQuic.Load.Transport;

namespace HotQuic.Load;

/// <summary>
/// The server that <see cref="PerfClient"/> measures: <see cref="ListenAsync"/>, <see cref="RunAsync"/> until cancelled, dispose.
/// Its counters are those of the whole process, so measure with one client at a time. Clients cannot tell by which API it serves them.
/// </summary>
public abstract class PerfServer : IAsyncDisposable
{
    private readonly ServerFacts _facts;
    private long _bytesReceived;

    private protected PerfServer(PerfServerOptions options) => _facts = new(ApiChoice.NameOf(options.Api), options.SpinMicroseconds);

    /// <summary>Where the server listens, with the real port.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>How long connections may take to end when the server does.</summary>
    private protected static TimeSpan ClosingPatience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>What is listened for.</summary>
    private protected static List<SslApplicationProtocol> Protocols { get; } = [new(PerfProtocol.ApplicationProtocol)];

    /// <summary>Starts to listen.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The port or the address cannot be had.</exception>
    public static async Task<PerfServer> ListenAsync(PerfServerOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Api == PerfApi.Handler
            ? HandlerServer.Listen(options)
            : await AwaitedServer.ListenAsync(options, cancellation);
    }

    /// <summary>Serves every connection until cancelled, closes them all, and returns.</summary>
    public abstract Task RunAsync(CancellationToken cancellation);

    /// <summary>Stops to listen.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>So many application bytes have arrived. From any thread.</summary>
    internal void CountReceived(int bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    /// <summary>What a client gets that asks for the counters.</summary>
    internal async Task<ControlReply> TellCountersAsync()
    {
        PacketCounters packets = await ReadPacketsAsync();
        return new(Error: null, ProcessCounters.Read(Interlocked.Read(ref _bytesReceived), packets), _facts);
    }

    /// <summary>What all connections have sent and received.</summary>
    private protected abstract ValueTask<PacketCounters> ReadPacketsAsync();

    /// <summary>What the server is for each connection.</summary>
    private protected static QuicServerConnectionOptions ConnectionOptions(PerfServerOptions options)
    {
        QuicTransportOptions transport = options.Transport.ToOptions();
        transport.CompletesInline = options.Api == PerfApi.Stream;
        transport.MaxDatagramFrameSize = ushort.MaxValue;
        return new()
        {
            ServerAuthenticationOptions = new()
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(options.Certificate, options.Intermediates, offline: true),
                CipherSuitesPolicy = CipherChoice.Policy(options.Transport.Cipher),
            },
            DefaultCloseErrorCode = PerfProtocol.NoError,
            DefaultStreamErrorCode = PerfProtocol.NoError,
            MaxInboundBidirectionalStreams = PerfProtocol.MostWorkers,
            MaxInboundUnidirectionalStreams = 0,
            InitialReceiveWindowSizes = PerfWindows.Sizes(),
            Transport = transport,
        };
    }
}
