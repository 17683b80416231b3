using HotQuic.Core.Parameters;

namespace HotQuic;

/// <summary>
/// What an endpoint declares of itself in the handshake (RFC 9000 §18.2, RFC 9221 §3). "The declarer" is the side whose parameters these are,
/// "the other" its peer. Connection IDs and tokens, which are secrets of the transport, are left out.
/// </summary>
public sealed record QuicTransportParameters
{
    internal QuicTransportParameters(TransportParameters parameters)
    {
        MaxIdleTimeout = parameters.MaxIdleTimeout;
        MaxUdpPayloadSize = parameters.MaxUdpPayloadSize;
        InitialMaxData = (long)parameters.InitialMaxData;
        InitialMaxStreamDataBidirectionalLocal = (long)parameters.InitialMaxStreamDataBidiLocal;
        InitialMaxStreamDataBidirectionalRemote = (long)parameters.InitialMaxStreamDataBidiRemote;
        InitialMaxStreamDataUnidirectional = (long)parameters.InitialMaxStreamDataUni;
        InitialMaxBidirectionalStreams = (long)parameters.InitialMaxStreamsBidi;
        InitialMaxUnidirectionalStreams = (long)parameters.InitialMaxStreamsUni;
        AckDelayExponent = parameters.AckDelayExponent;
        MaxAckDelay = parameters.MaxAckDelay;
        DisableActiveMigration = parameters.DisableActiveMigration;
        ActiveConnectionIdLimit = parameters.ActiveConnectionIdLimit;
        MaxDatagramFrameSize = parameters.MaxDatagramFrameSize;
    }

    /// <summary>The declarer's idle timeout; zero where it has none. The shorter of both sides' counts (RFC 9000 §10.1).</summary>
    public TimeSpan MaxIdleTimeout { get; }

    /// <summary>The largest UDP payload that the declarer receives, in bytes, 1,200 to 65,527.</summary>
    public int MaxUdpPayloadSize { get; }

    /// <summary>Bytes that the other may send on all streams together at first.</summary>
    public long InitialMaxData { get; }

    /// <summary>Bytes that the other may send at first on a bidirectional stream that the declarer opened.</summary>
    public long InitialMaxStreamDataBidirectionalLocal { get; }

    /// <summary>Bytes that the other may send at first on a bidirectional stream that it opened itself.</summary>
    public long InitialMaxStreamDataBidirectionalRemote { get; }

    /// <summary>Bytes that the other may send at first on a unidirectional stream.</summary>
    public long InitialMaxStreamDataUnidirectional { get; }

    /// <summary>Bidirectional streams that the other may open at first, 0 to 2^60.</summary>
    public long InitialMaxBidirectionalStreams { get; }

    /// <summary>Unidirectional streams that the other may open at first, 0 to 2^60.</summary>
    public long InitialMaxUnidirectionalStreams { get; }

    /// <summary>The power of two by which the declarer's ACK Delay fields are scaled, in microseconds, 0 to 20.</summary>
    public int AckDelayExponent { get; }

    /// <summary>The longest that the declarer delays an acknowledgment, in whole milliseconds.</summary>
    public TimeSpan MaxAckDelay { get; }

    /// <summary>Whether the other is asked not to move to another address on purpose (RFC 9000 §9).</summary>
    public bool DisableActiveMigration { get; }

    /// <summary>Connection IDs of the other that the declarer keeps, at least 2.</summary>
    public int ActiveConnectionIdLimit { get; }

    /// <summary>The largest DATAGRAM frame that the declarer receives, in bytes of the whole frame; 0 where it takes none (RFC 9221 §3).</summary>
    public int MaxDatagramFrameSize { get; }
}
