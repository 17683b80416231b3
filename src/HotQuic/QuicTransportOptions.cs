namespace HotQuic;

/// <summary>
/// Options of a connection beyond those of System.Net.Quic. They are read when a connection starts.
/// <code>
/// option              default
/// CongestionControl   Cubic
/// IsPacingEnabled     true
/// MaxUdpPayloadSize   1,452 bytes    what path MTU discovery tries to send
/// SendBufferSize      1 MiB          a stream's data that is written and not acknowledged
/// KeyExchangeGroups   X25519, P-256, P-384
/// IoMode              Auto           clients only; a listener has its own
/// CompletesReadsInline  false
/// KeyLogFile          none
/// </code>
/// </summary>
public sealed class QuicTransportOptions
{
    /// <summary>How the sender finds its rate. Default: <see cref="QuicCongestionControl.Cubic"/>.</summary>
    public QuicCongestionControl CongestionControl { get; set; }

    /// <summary>Whether what the congestion window allows is spread over the round trip (RFC 9002 §7.7). Default: true.</summary>
    public bool IsPacingEnabled { get; set; } = true;

    /// <summary>The largest UDP payload that path MTU discovery tries, 1,200 to 65,507 bytes; 1,200 turns it off (RFC 9000 §14.3). Default: 1,452.</summary>
    public int MaxUdpPayloadSize { get; set; } = 1452;

    /// <summary>
    /// The bytes of one stream, 1 byte to 1 GiB, that were written and the peer has not acknowledged: a write completes when all of it fits.
    /// Default: 1 MiB.
    /// </summary>
    public int SendBufferSize { get; set; } = 1 << 20;

    /// <summary>Groups for the key exchange, the preferred first; a client sends a key share for the first only. Default: X25519, P-256, P-384.</summary>
    public IReadOnlyList<QuicKeyExchangeGroup> KeyExchangeGroups { get; set; } =
        [QuicKeyExchangeGroup.X25519, QuicKeyExchangeGroup.Secp256r1, QuicKeyExchangeGroup.Secp384r1];

    /// <summary>How a client's sockets are driven; a listener has <see cref="QuicListenerOptions.IoMode"/>. Default: <see cref="QuicIoMode.Auto"/>.</summary>
    public QuicIoMode IoMode { get; set; }

    /// <summary>
    /// Whether the code after an awaited read runs at once on the shard's own thread, rather than on the thread pool; where the awaiter
    /// has captured a context or scheduler, it goes there all the same. It saves a change of threads for each read. The danger: until that
    /// code awaits something else, every connection of the shard stands still. It must be short and must not block; a blocking read or
    /// write of a stream is refused there. Default: false.
    /// </summary>
    public bool CompletesReadsInline { get; set; }

    /// <summary>
    /// A file to which the secrets of the connection are appended in the NSS key log format, for a packet analyser. Whoever reads it reads
    /// the connection. Default: null, none.
    /// </summary>
    public string? KeyLogFile { get; set; }

    /// <summary>Packets sealed with one key before it is replaced (RFC 9001 §6.6), at least 1; null for the cipher's own limit.</summary>
    internal long? PacketsPerKey { get; set; }
}
