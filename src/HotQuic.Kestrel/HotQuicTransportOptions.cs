using System.Diagnostics.CodeAnalysis;

namespace HotQuic.Kestrel;

/// <summary>
/// Options of the transport, for all endpoints of the server. They are read from the section "HotQuic" of the application's
/// configuration, then given to the callback of UseHotQuic, then checked; changes after the server has started have no effect.
/// <code>
/// setting                        default                  range
/// MaxBidirectionalStreamCount    100                      1 to 65,535: requests of a connection at a time
/// MaxUnidirectionalStreamCount   10                       3 to 65,535: HTTP/3 needs three (RFC 9114 §6.2)
/// MaxReadBufferSize              1 MiB a stream           1 byte to 1 GiB
/// MaxWriteBufferSize             16 MiB a stream          1 byte to 1 GiB
/// Backlog                        512                      at least 1
/// DefaultStreamErrorCode         0x10c                    0 to 2^62-1
/// DefaultCloseErrorCode          0x100                    0 to 2^62-1
/// IdleTimeout                    infinite                 above 0, or infinite
/// HandshakeTimeout               10 s                     above 0, or infinite
/// RetryMode                      Automatic                Automatic, Always, Never
/// SharesPort                     false
/// IoMode                         Auto                     Auto, Offload, Sockets
/// StatelessResetKey              made up by the process   at least 32 bytes, as Base64 in the configuration
/// UnsafePreferInlineScheduling   false
/// Transport                      see QuicTransportOptions
/// </code>
/// </summary>
public sealed class HotQuicTransportOptions
{
    /// <summary>The section of the configuration that the options are read from.</summary>
    public const string SectionName = "HotQuic";

    private const int BufferSize = 1 << 20;

    /// <summary>Bidirectional streams, which are requests, that a client may have open at a time, 1 to 65,535. Default: 100.</summary>
    public int MaxBidirectionalStreamCount { get; set; } = 100;

    /// <summary>
    /// Unidirectional streams that a client may have open at a time, 3 to 65,535: HTTP/3 needs three (RFC 9114 §6.2). Default: 10.
    /// </summary>
    public int MaxUnidirectionalStreamCount { get; set; } = 10;

    /// <summary>
    /// Bytes of one stream, 1 byte to 1 GiB, that a client may send ahead of what the application has read (RFC 9000 §4.1). It is
    /// <see cref="QuicTransportOptions.MaxStreamReceiveWindow"/> of <see cref="Transport"/>. Default: 1 MiB.
    /// </summary>
    public int MaxReadBufferSize
    {
        get => Transport.MaxStreamReceiveWindow;
        set => Transport.MaxStreamReceiveWindow = value;
    }

    /// <summary>
    /// Bytes of one stream, 1 byte to 1 GiB, that the application may write ahead of what the client has acknowledged: a flush waits
    /// beyond that. More than this cannot be under way in one round trip, so a small value slows distant clients. It is
    /// <see cref="QuicTransportOptions.SendBufferSize"/> of <see cref="Transport"/>. Default: 16 MiB.
    /// </summary>
    public int MaxWriteBufferSize
    {
        get => Transport.SendBufferSize;
        set => Transport.SendBufferSize = value;
    }

    /// <summary>Handshakes in progress and connections not yet accepted, together, for each endpoint; those beyond are refused. Default: 512.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// The code sent where the transport itself gives up a side of a stream, 0 to 2^62-1. Default: 0x10c, H3_REQUEST_CANCELLED
    /// (RFC 9114 §8.1).
    /// </summary>
    public long DefaultStreamErrorCode { get; set; } = 0x10c;

    /// <summary>The code sent where a connection is disposed of that nobody closed, 0 to 2^62-1. Default: 0x100, H3_NO_ERROR (RFC 9114 §8.1).</summary>
    public long DefaultCloseErrorCode { get; set; } = 0x100;

    /// <summary>
    /// A connection ends when nothing was heard of its client for so long (RFC 9000 §10.1); the client's wish counts where it is shorter.
    /// Default: infinite, since Kestrel ends connections itself, by KestrelServerLimits.KeepAliveTimeout.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The longest that a handshake may take. Default: 10 seconds.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>When clients have to prove their address by a Retry (RFC 9000 §8.1.2). Default: automatic.</summary>
    public QuicRetryMode RetryMode { get; set; }

    /// <summary>Whether other processes that ask for the same may listen on the same UDP ports; see <see cref="QuicListenerOptions.SharesPort"/>. Default: false.</summary>
    public bool SharesPort { get; set; }

    /// <summary>How the sockets of the endpoints work. Default: the fastest way that the system has.</summary>
    public QuicIoMode IoMode { get; set; }

    /// <summary>
    /// A secret of at least 32 bytes, Base64 in the configuration, with which a server that was started again tells its former clients at once
    /// that it knows their connections no more; see <see cref="QuicListenerOptions.StatelessResetKey"/>. Default: null, which means a key that
    /// the process made up.
    /// </summary>
    [SuppressMessage("Performance", "CA1819", Justification = "The configuration can set an array alone, and it is read once.")]
    public byte[]? StatelessResetKey { get; set; }

    /// <summary>
    /// Whether what Kestrel and the application do with a stream begins on the thread that received the packet, rather than on the thread
    /// pool. It saves changes of threads. The danger: while that code does not await something else, all connections of that thread stand
    /// still; blocking calls are forbidden in every handler then. It is <see cref="QuicTransportOptions.CompletesInline"/> of
    /// <see cref="Transport"/>. Default: false.
    /// </summary>
    public bool UnsafePreferInlineScheduling
    {
        get => Transport.CompletesInline;
        set => Transport.CompletesInline = value;
    }

    /// <summary>Congestion control, pacing, packet sizes, diagnosis. Default: its defaults, with a receive window of at most 1 MiB for a stream.</summary>
    public QuicTransportOptions Transport { get; } = new() { MaxStreamReceiveWindow = BufferSize };

    /// <summary>The options of one connection.</summary>
    internal QuicServerConnectionOptions ToConnectionOptions(System.Net.Security.SslServerAuthenticationOptions authentication)
    {
        var options = new QuicServerConnectionOptions
        {
            MaxInboundBidirectionalStreams = MaxBidirectionalStreamCount,
            MaxInboundUnidirectionalStreams = MaxUnidirectionalStreamCount,
            DefaultStreamErrorCode = DefaultStreamErrorCode,
            DefaultCloseErrorCode = DefaultCloseErrorCode,
            IdleTimeout = IdleTimeout,

            // Kestrel reads the type of a stream before it accepts the next: one on which nothing came would stop all that follow.
            HoldsEmptyStreamsBack = true,
            HandshakeTimeout = HandshakeTimeout,
            ServerAuthenticationOptions = authentication,
            Transport = Transport,
        };
        QuicReceiveWindowSizes windows = options.InitialReceiveWindowSizes;
        windows.RemotelyInitiatedBidirectionalStream = Math.Min(windows.RemotelyInitiatedBidirectionalStream, MaxReadBufferSize);
        windows.LocallyInitiatedBidirectionalStream = Math.Min(windows.LocallyInitiatedBidirectionalStream, MaxReadBufferSize);
        windows.UnidirectionalStream = Math.Min(windows.UnidirectionalStream, MaxReadBufferSize);
        windows.Connection = Math.Min(windows.Connection, Transport.MaxConnectionReceiveWindow);
        return options;
    }
}
