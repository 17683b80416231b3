using HotQuic.Core.CongestionControl;
using HotQuic.Core.Datagrams;
using HotQuic.Core.Events;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;

namespace HotQuic.Core.Connections;

/// <summary>
/// What one connection may be told before it starts. Every limit has a default; a frozen object may be shared by any
/// number of connections.
/// </summary>
internal sealed record ConnectionSettings
{
    public static ConnectionSettings Default { get; } = new();

    /// <summary>Our max_idle_timeout; zero or infinite turns it off (RFC 9000 §10.1).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A PING is sent when nothing was for so long; zero or infinite turns it off.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.Zero;

    /// <summary>A handshake that takes longer is given up.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an acknowledgment may wait: our max_ack_delay (RFC 9000 §18.2).</summary>
    public TimeSpan MaxAckDelay { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Windows and stream counts that we grant.</summary>
    public StreamLimits Streams { get; init; } = new();

    /// <summary>The largest UDP payload we accept: our max_udp_payload_size, at least 1,200 bytes.</summary>
    public int MaxUdpPayloadSize { get; init; } = 65527;

    /// <summary>The largest UDP payload that path MTU discovery tries to send; as large as the lower bound turns it off.</summary>
    public int MtuUpperBound { get; init; } = 1452;

    /// <summary>The UDP payload that every path is taken to carry once the handshake is confirmed, at least 1,200 bytes.</summary>
    public int MtuLowerBound { get; init; } = 1200;

    /// <summary>The datagrams that we accept and hold; off by default (RFC 9221).</summary>
    public DatagramLimits Datagrams { get; init; } = new();

    public CongestionControlAlgorithm CongestionControl { get; init; } = CongestionControlAlgorithm.Cubic;

    /// <summary>How losses are found, and how the window starts.</summary>
    public RecoveryOptions Recovery { get; init; } = RecoveryOptions.Default;

    /// <summary>Spreads what the window allows over the round trip (RFC 9002 §7.7).</summary>
    public bool IsPacingEnabled { get; init; } = true;

    /// <summary>Makes the connection's event sink in place of the endpoint's factory; a server's begins when it is configured.</summary>
    public Func<Connection, ConnectionEventSink?>? SinkFactory { get; init; }

    /// <summary>Shows the round trip to observers on most connections (RFC 9000 §17.4).</summary>
    public bool IsSpinBitEnabled { get; init; } = true;

    /// <summary>Which implementation of the ciphers serves; the platform's is for tests and unknown processors.</summary>
    public CipherBackend CipherBackend { get; init; } = CipherBackend.Auto;

    /// <summary>1-RTT keys are replaced after this many packets, or as soon after as is possible; the cipher's own limit holds besides (RFC 9001 §6.6).</summary>
    public long PacketsPerKey { get; init; } = 1L << 23;
}
