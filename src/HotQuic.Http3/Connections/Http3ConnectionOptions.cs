using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using HotQuic.Http3.Connections;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3;

/// <summary>Options of an <see cref="Http3Connection"/>. They are read when it connects; one object may serve any number of connections, and should.</summary>
public sealed record Http3ConnectionOptions
{
    /// <summary>The control stream, QPACK's two, and some of types that are ignored (RFC 9114 §6.2).</summary>
    private const int InboundStreams = 16;

    /// <summary>What was prepared of which options: beside them, since it is no part of what they say, and no copy's.</summary>
    private static readonly ConditionalWeakTable<Http3ConnectionOptions, QuicClientConnectionOptions> Prepared = [];

    /// <summary>Where to connect: an <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/> whose addresses are tried one after another.</summary>
    public required EndPoint RemoteEndPoint { get; init; }

    /// <summary>Where to send from; null, the default, for any address and port.</summary>
    public IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>
    /// The TLS side: how the server's certificate is judged, client certificates, cipher suites. Without a TargetHost, the host of
    /// <see cref="RemoteEndPoint"/> counts; without ApplicationProtocols, h3 (RFC 9114 §3.1).
    /// </summary>
    public SslClientAuthenticationOptions? ClientAuthenticationOptions { get; init; }

    /// <summary>What belongs to the transport: windows, congestion control, key log, where continuations run. Null for the defaults.</summary>
    public QuicTransportOptions? Transport { get; init; }

    /// <summary>Receive windows to begin with; null for the defaults.</summary>
    public QuicReceiveWindowSizes? InitialReceiveWindowSizes { get; init; }

    /// <summary>How long the connection lives without a word from the server: above 0, or infinite; zero, the default, for 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>How often an idle connection is kept alive; infinite, the default, for never.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long connecting may take; above 0, 10 s by default; infinite for no limit.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest field section that is accepted, in bytes as RFC 9114 §4.2.2 counts them: 1 to 2^30, 64 KiB by default. The server is told.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxFieldSectionSize
    {
        get;
        init => field = Checked(value, 1, 1 << 30, nameof(MaxFieldSectionSize));
    }

        = 64 * 1024;

    /// <summary>
    /// The capacity of the table that the server may compress fields with, in bytes: 0 to 2^24, 4,096 by default (RFC 9204 §3.2.3). With 0 fields
    /// are larger, and need no acknowledgment.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int QpackTableCapacity
    {
        get;
        init => field = Checked(value, 0, QpackDecoder.LargestTableCapacity, nameof(QpackTableCapacity));
    }

        = 4096;

    /// <summary>How many responses may wait for entries of that table at a time: 0 to 65,535, 16 by default (RFC 9204 §2.1.2).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int QpackBlockedStreams
    {
        get;
        init => field = Checked(value, 0, ushort.MaxValue, nameof(QpackBlockedStreams));
    }

        = 16;

    /// <summary>Made once, since what a connection needs of it is prepared and kept there.</summary>
    internal QuicClientConnectionOptions ToQuicOptions() => Prepared.GetValue(this, static options => new QuicClientConnectionOptions
    {
        RemoteEndPoint = options.RemoteEndPoint,
        LocalEndPoint = options.LocalEndPoint,
        ClientAuthenticationOptions = TlsOptions.For(options.ClientAuthenticationOptions, HostOf(options.RemoteEndPoint)),
        DefaultStreamErrorCode = (long)Http3ErrorCode.RequestCancelled,
        DefaultCloseErrorCode = (long)Http3ErrorCode.NoError,
        MaxInboundUnidirectionalStreams = InboundStreams,
        IdleTimeout = options.IdleTimeout,
        KeepAliveInterval = options.KeepAliveInterval,
        HandshakeTimeout = options.HandshakeTimeout,
        InitialReceiveWindowSizes = options.InitialReceiveWindowSizes ?? new QuicReceiveWindowSizes(),
        Transport = options.Transport ?? new QuicTransportOptions(),
        StreamCapacityCallback = StreamCredit.OnCapacity,
    });

    /// <summary>The same, to somewhere else.</summary>
    internal Http3ConnectionOptions For(EndPoint remote, SslClientAuthenticationOptions? tls, string host) => this with
    {
        RemoteEndPoint = remote,
        ClientAuthenticationOptions = TlsOptions.For(tls, host),
    };

    private static string HostOf(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint address => address.Address.ToString(),
        _ => throw new ArgumentException($"Expected an IPEndPoint or a DnsEndPoint, not {endPoint}.", nameof(endPoint)),
    };

    private static int Checked(int value, int least, int most, string name) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"Expected {least} to {most}."));
}
