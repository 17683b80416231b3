using System.Net;

namespace HotQuic;

/// <summary>What client and server connections have in common. The values are read when a connection starts; changes after that have no effect on it.</summary>
public abstract class QuicConnectionOptions
{
    private protected QuicConnectionOptions(int bidirectionalStreams, int unidirectionalStreams)
    {
        MaxInboundBidirectionalStreams = bidirectionalStreams;
        MaxInboundUnidirectionalStreams = unidirectionalStreams;
    }

    /// <summary>Bidirectional streams that the peer may have open at a time, 0 to 65,535. Default: 100 on a server, 0 on a client.</summary>
    public int MaxInboundBidirectionalStreams { get; set; }

    /// <summary>Unidirectional streams that the peer may have open at a time, 0 to 65,535. Default: 10 on a server, 0 on a client.</summary>
    public int MaxInboundUnidirectionalStreams { get; set; }

    /// <summary>
    /// Whether <see cref="QuicConnection.AcceptInboundStreamAsync"/> gives a stream of the peer only once its first byte or its end has come,
    /// or the peer has aborted a side of it. Otherwise it also gives one that is merely open, as all streams are that have lower IDs than one
    /// on which something came (RFC 9000 §2.1): whoever reads streams one after the other would wait there, while others have data. Streams
    /// that are held back count towards the limits above. Default: false.
    /// </summary>
    public bool HoldsEmptyStreamsBack { get; set; }

    /// <summary>
    /// The connection ends when nothing was heard of the peer for so long (RFC 9000 §10.1); the peer's wish counts where it is shorter.
    /// Zero, the default, means 30 seconds; <see cref="Timeout.InfiniteTimeSpan"/> means never.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>The code sent where a side of a stream is aborted without the application naming one, 0 to 2^62-1. It must be set.</summary>
    public long DefaultStreamErrorCode { get; set; } = -1;

    /// <summary>The code sent where the connection is disposed without having been closed, 0 to 2^62-1. It must be set.</summary>
    public long DefaultCloseErrorCode { get; set; } = -1;

    /// <summary>What the peer may send ahead of what is read. Default: 16 MiB for the connection, 64 KiB for each stream, to begin with.</summary>
    public QuicReceiveWindowSizes InitialReceiveWindowSizes { get; set; } = new();

    /// <summary>
    /// A PING is sent whenever nothing was heard for so long, so that the connection does not become idle.
    /// <see cref="Timeout.InfiniteTimeSpan"/>, the default, and zero mean that none is sent.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The longest that a handshake may take. Default: 10 seconds; <see cref="Timeout.InfiniteTimeSpan"/> and zero mean no limit.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Called when the peer lets more streams be opened (RFC 9000 §4.6), the first time with its initial limits, once the handshake is
    /// complete. It runs on the thread pool, or on the shard's thread with <see cref="QuicTransportOptions.CompletesInline"/>, one call at a time
    /// for a connection; what it throws is ignored. Default: none.
    /// </summary>
    public Action<QuicConnection, QuicStreamCapacityChangedArgs>? StreamCapacityCallback { get; set; }

    /// <summary>
    /// Called after a server's client moved to another address, as where a NAT forgot it, and was proven to be there (RFC 9000 §9): with the
    /// new address, which <see cref="QuicConnection.RemoteEndPoint"/> then is too. It runs on the thread pool, one call at a time for a
    /// connection and in the order of the changes; what it throws is ignored. Default: none.
    /// </summary>
    public Action<QuicConnection, IPEndPoint>? RemoteEndPointChangedCallback { get; set; }

    /// <summary>What System.Net.Quic has no option for: congestion control, pacing, buffers, diagnosis. Default: every default.</summary>
    public QuicTransportOptions Transport { get; set; } = new();
}
