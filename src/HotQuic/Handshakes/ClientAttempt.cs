using System.Net;
using System.Net.Sockets;
using HotQuic.Certificates;
using HotQuic.Core.Connections;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Options;
using HotQuic.Shards;
using HotQuic.Udp;

namespace HotQuic.Handshakes;

/// <summary>What a client connects with: its options, checked and prepared once for all connections that are tried with them.</summary>
internal sealed class ClientAttempt
{
    private readonly IPEndPoint? _local;
    private readonly UdpIo _io;
    private readonly ClientOptionsSnapshot? _values;

    public ClientAttempt(QuicClientConnectionOptions options)
    {
        _values = ClientOptionsSnapshot.TryTake(options);
        _local = options.LocalEndPoint;
        _io = IoModes.ToUdp(options.Transport.IoMode);
        Version = options.FirstVersion == 0 ? QuicVersion.Version1 : (QuicVersion)options.FirstVersion;
        DefaultStreamErrorCode = options.DefaultStreamErrorCode;
        DefaultCloseErrorCode = options.DefaultCloseErrorCode;
        CanAcceptStreams = options.MaxInboundBidirectionalStreams + options.MaxInboundUnidirectionalStreams > 0;
        CompletesInline = options.Transport.CompletesInline;
        HoldsEmptyStreamsBack = options.HoldsEmptyStreamsBack;
        CapacityCallback = options.StreamCapacityCallback;
        Configuration = TlsConfigurations.ForClient(options, NameOf(options.RemoteEndPoint));
        Settings = ConnectionSettingsMapping.ToSettings(options);
        Verifier = TlsConfigurations.VerifierForClient(options.ClientAuthenticationOptions, nameof(options));
    }

    /// <summary>That of the first packets.</summary>
    public QuicVersion Version { get; }

    public long DefaultStreamErrorCode { get; }

    public long DefaultCloseErrorCode { get; }

    /// <summary>Whether the peer may open streams at all.</summary>
    public bool CanAcceptStreams { get; }

    /// <summary>Whether who awaits a read goes on at once, on the shard's thread.</summary>
    public bool CompletesInline { get; }

    /// <summary>Whether streams of the peer are accepted when something has come on them.</summary>
    public bool HoldsEmptyStreamsBack { get; }

    /// <summary>Whom an awaiting application has told of more streams; null for nobody.</summary>
    public Action<QuicConnection, QuicStreamCapacityChangedArgs>? CapacityCallback { get; }

    public TlsClientConfiguration Configuration { get; }

    public ConnectionSettings Settings { get; }

    public CertificateVerifier Verifier { get; }

    /// <summary>Those that were prepared with the same options before, where these have not changed since.</summary>
    /// <param name="options">Checked options.</param>
    public static ClientAttempt For(QuicClientConnectionOptions options)
    {
        ClientAttempt? prepared = Volatile.Read(ref options.Prepared);
        if (prepared?._values is null || !prepared._values.IsOf(options))
        {
            prepared = new ClientAttempt(options);
            Volatile.Write(ref options.Prepared, prepared);
        }

        return prepared;
    }

    /// <summary>On the shard: the socket that the connection sends from.</summary>
    /// <exception cref="SocketException">None can be had, or none that reaches the address.</exception>
    public ShardSocket OpenSocket(Shard shard, IPEndPoint remote)
    {
        ShardSocket socket;
        if (_local is { } local)
        {
            UdpSocket udp = UdpSocket.Bind(new UdpSocketOptions { LocalEndPoint = local, Io = _io, ReportErrors = true });
            socket = new ShardSocket(udp, port: null) { IsOwned = true };
        }
        else
        {
            socket = shard.ClientSocket(_io);
        }

        bool takesIPv6 = socket.Udp.LocalEndPoint.AddressFamily == AddressFamily.InterNetworkV6;
        bool takesIPv4 = !takesIPv6 || socket.Udp.Capabilities.DualMode;
        bool isReachable = remote.AddressFamily == AddressFamily.InterNetworkV6 && !remote.Address.IsIPv4MappedToIPv6 ? takesIPv6 : takesIPv4;
        if (socket.IsOwned && isReachable)
        {
            shard.AddSocket(socket);
        }
        else if (!isReachable)
        {
            if (socket.IsOwned)
            {
                socket.Udp.Dispose();
            }

            throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        }

        return socket;
    }

    private static string? NameOf(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint dns => dns.Host,
        IPEndPoint ip => ip.Address.ToString(),
        _ => null,
    };
}
