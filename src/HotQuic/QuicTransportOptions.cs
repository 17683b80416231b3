namespace HotQuic;

/// <summary>
/// Options of a connection beyond those of System.Net.Quic. They are read when a connection starts; changes after that have no effect on
/// it. The table has every setting of a connection, with where it is found: C is <see cref="QuicConnectionOptions"/>, W its
/// <see cref="QuicConnectionOptions.InitialReceiveWindowSizes"/>, T this class. A value out of its range is an
/// <see cref="ArgumentOutOfRangeException"/> that names the setting.
/// <code>
/// setting                                  default            range
/// C IdleTimeout                            30 s (as zero)     above 0, or infinite; the peer's counts where it is shorter
/// C KeepAliveInterval                      none               above 0; zero and infinite turn it off
/// C HandshakeTimeout                       10 s               above 0; zero and infinite mean no limit
/// C MaxInboundBidirectionalStreams         server 100, client 0    0 to 65,535
/// C MaxInboundUnidirectionalStreams        server 10, client 0     0 to 65,535
/// W Connection                             16 MiB             1 byte to 1 GiB: the window at first
/// W LocallyInitiatedBidirectionalStream    64 KiB             1 byte to 1 GiB
/// W RemotelyInitiatedBidirectionalStream   64 KiB             1 byte to 1 GiB
/// W UnidirectionalStream                   64 KiB             1 byte to 1 GiB
/// T MaxConnectionReceiveWindow             24 MiB             1 byte to 1 GiB: how far the window grows by itself
/// T MaxStreamReceiveWindow                 16 MiB             1 byte to 1 GiB
/// T SendBufferSize                         16 MiB             1 byte to 1 GiB
/// T CongestionControl                      Cubic              Cubic, NewReno
/// T InitialWindowPackets                   10                 2 to 10
/// T InitialRtt                             333 ms             1 ms to 60 s
/// T IsPacingEnabled                        true
/// T IsEcnEnabled                           true
/// T MinUdpPayloadSize                      1,200 bytes        1,200 to MaxUdpPayloadSize
/// T MaxUdpPayloadSize                      1,452 bytes        1,200 to 65,507
/// T MaxAckDelay                            25 ms              0 to 16,383 ms
/// T IsSpinBitEnabled                       true
/// T MaxDatagramFrameSize                   0: off             0 to 65,535 bytes
/// T DatagramQueueLength                    1,024              1 to 65,536, each way
/// T DatagramBufferSize                     256 KiB            64 KiB to 256 MiB, each way
/// T KeyExchangeGroups                      X25519, P-256, P-384    at least one, each once
/// T IoMode                                 Auto               clients only; a listener has its own
/// T CompletesInline                        false
/// T KeyLogFile                             none
/// T QlogDirectory                          none; see the property
/// </code>
/// </summary>
public sealed class QuicTransportOptions
{
    /// <summary>How the sender finds its rate. Default: <see cref="QuicCongestionControl.Cubic"/>.</summary>
    public QuicCongestionControl CongestionControl { get; set; }

    /// <summary>
    /// The congestion window at first, in UDP datagrams, 2 to 10; in bytes it is at most the larger of 14,720 and two of them
    /// (RFC 9002 §7.2). Default: 10.
    /// </summary>
    public int InitialWindowPackets { get; set; } = 10;

    /// <summary>
    /// The round-trip time that is assumed before one was measured, 1 ms to 60 s (RFC 9002 §6.2.2): it decides how soon the first packets
    /// are sent again. Default: 333 ms.
    /// </summary>
    public TimeSpan InitialRtt { get; set; } = TimeSpan.FromMilliseconds(333);

    /// <summary>Whether what the congestion window allows is spread over the round trip (RFC 9002 §7.7). Default: true.</summary>
    public bool IsPacingEnabled { get; set; } = true;

    /// <summary>Whether packets are marked for ECN where the path keeps the marks (RFC 9000 §13.4). Default: true.</summary>
    public bool IsEcnEnabled { get; set; } = true;

    /// <summary>
    /// The UDP payload that the path is taken to carry once the handshake is confirmed, 1,200 bytes to <see cref="MaxUdpPayloadSize"/>: where
    /// it is wrong, nothing arrives. Default: 1,200, which every path carries (RFC 9000 §14).
    /// </summary>
    public int MinUdpPayloadSize { get; set; } = 1200;

    /// <summary>
    /// The largest UDP payload that path MTU discovery tries, 1,200 to 65,507 bytes; as large as <see cref="MinUdpPayloadSize"/> turns it
    /// off (RFC 9000 §14.3). Default: 1,452.
    /// </summary>
    public int MaxUdpPayloadSize { get; set; } = 1452;

    /// <summary>
    /// How long an acknowledgment may wait for company, in whole milliseconds, 0 to 16,383: the peer is told (RFC 9000 §18.2, max_ack_delay).
    /// Default: 25 ms.
    /// </summary>
    public TimeSpan MaxAckDelay { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Whether this connection may show its round trip to observers on the path (RFC 9000 §17.4); one in sixteen never does. Default: true.</summary>
    public bool IsSpinBitEnabled { get; set; } = true;

    /// <summary>
    /// How far the connection's receive window grows while the reader keeps up, 1 byte to 1 GiB; no further than its initial size turns
    /// growing off. Default: 24 MiB.
    /// </summary>
    public int MaxConnectionReceiveWindow { get; set; } = 24 << 20;

    /// <summary>The same for the receive window of each stream. Default: 16 MiB.</summary>
    public int MaxStreamReceiveWindow { get; set; } = 16 << 20;

    /// <summary>
    /// The most bytes of one stream, 1 byte to 1 GiB, that were written and the peer has not acknowledged. What is held follows what the path
    /// takes: of these bytes no more than 128 KiB wait to be sent, or 1 MiB where the peer's window is smaller than that. A write completes when
    /// all of it fits. Default: 16 MiB.
    /// </summary>
    public int SendBufferSize { get; set; } = 16 << 20;

    /// <summary>
    /// The largest datagram that the peer may send, in bytes of the whole frame, which are up to 5 more than its data: 0 to 65,535
    /// (RFC 9221 §3). 65,535 means whatever fits a packet. Default: 0, none are taken.
    /// </summary>
    public int MaxDatagramFrameSize { get; set; }

    /// <summary>
    /// Datagrams that may wait to be sent, and as many that may wait to be received, 1 to 65,536: beyond that the newest is not sent, and the
    /// oldest received is dropped. Default: 1,024.
    /// </summary>
    public int DatagramQueueLength { get; set; } = 1024;

    /// <summary>The same in bytes of data, 64 KiB to 256 MiB. Default: 256 KiB.</summary>
    public int DatagramBufferSize { get; set; } = 256 << 10;

    /// <summary>Groups for the key exchange, the preferred first; a client sends a key share for the first only. Default: X25519, P-256, P-384.</summary>
    public IReadOnlyList<QuicKeyExchangeGroup> KeyExchangeGroups { get; set; } =
        [QuicKeyExchangeGroup.X25519, QuicKeyExchangeGroup.Secp256r1, QuicKeyExchangeGroup.Secp384r1];

    /// <summary>How a client's sockets are driven; a listener has <see cref="QuicListenerOptions.IoMode"/>. Default: <see cref="QuicIoMode.Auto"/>.</summary>
    public QuicIoMode IoMode { get; set; }

    /// <summary>
    /// Whether the code after an awaited operation of the connection, which are to connect, to close and to dispose of it, and of its
    /// streams, which are to open or accept one, to read, to write and to dispose of it, runs at once on the shard's own thread, rather than on
    /// the thread pool; where the awaiter has captured a context or scheduler, it goes there all the same. For accepting a connection it is
    /// <see cref="QuicListenerOptions.CompletesInline"/>. It saves two changes of threads for each operation. The danger: until that code awaits
    /// something else, every connection of the shard stands still. It must be short and must not block; a blocking read or write of a
    /// stream is refused there. Default: false.
    /// </summary>
    public bool CompletesInline { get; set; }

    /// <summary>
    /// A file to which the secrets of the connection are appended in the NSS key log format, for a packet analyser. Whoever reads it reads
    /// the connection. Default: null, none.
    /// </summary>
    public string? KeyLogFile { get; set; }

    /// <summary>
    /// A directory in which the connection writes a qlog file, created where it does not exist. A server's begins when its options are known:
    /// the packets of the ClientHello are not in it. Default: null, the directory that the AppContext's HotQuic.QlogDirectory names for
    /// the whole process, if it does.
    /// </summary>
    public string? QlogDirectory { get; set; }

    /// <summary>Packets sealed with one key before it is replaced (RFC 9001 §6.6), at least 1; null for the cipher's own limit.</summary>
    internal long? PacketsPerKey { get; set; }
}
