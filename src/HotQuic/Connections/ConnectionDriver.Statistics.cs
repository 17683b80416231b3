using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using HotQuic.Shards;

namespace HotQuic.Connections;

/// <summary>
/// What other threads may know of a connection without asking its shard: numbers and parameters, published before the application is told
/// what happened and before a train leaves, so that whoever learned of an event finds it counted.
/// </summary>
/// <remarks>
/// The numbers are a sequence lock: the version is odd while the shard writes, and a reader whose version changed meanwhile reads again.
/// The shard never waits for readers.
/// </remarks>
internal sealed partial class ConnectionDriver
{
    private QuicConnectionStatistics _published;
    private int _publishedVersion;
    private Instant _startedAt;
    private volatile int _maxDatagramLength = -1;
    private volatile bool _isCreditScarce;
    private volatile TransportParameters? _localParameters;
    private volatile TransportParameters? _peerParameters;

    /// <summary>The most data in a datagram that can be sent now; below 0 where the peer takes none. From any thread.</summary>
    public int MaxDatagramLength => _maxDatagramLength;

    /// <summary>
    /// Whether the peer has little credit left (RFC 9000 §4.1), so that the shard must wake for what is consumed. From any thread: who posts
    /// without waking the shard and then, behind a barrier, finds it false, was before the shard's last look at its mailbox.
    /// </summary>
    public bool IsCreditScarce => _isCreditScarce;

    /// <summary>What this side declared; null before. From any thread.</summary>
    public TransportParameters? LocalParameters => _localParameters;

    /// <summary>What the peer declared; null before the handshake has shown it to be the peer's. From any thread.</summary>
    public TransportParameters? PeerParameters => _peerParameters;

    /// <summary>What was measured and counted, as it was published last. From any thread.</summary>
    public QuicConnectionStatistics LastStatistics
    {
        get
        {
            if (Shard.IsCurrent)
            {
                return ReadStatistics();
            }

            QuicConnectionStatistics read;
            var wait = default(SpinWait);
            while (true)
            {
                int version = Volatile.Read(ref _publishedVersion);
                read = _published;
                Volatile.ReadBarrier();
                if ((version & 1) == 0 && version == _publishedVersion)
                {
                    break;
                }

                wait.SpinOnce();
            }

            return _failure is null ? read with { Elapsed = ShardClock.Now - _startedAt } : read;
        }
    }

    /// <summary>Lets other threads see the numbers of this moment.</summary>
    public void Publish()
    {
        _publishedVersion++;
        Volatile.WriteBarrier();
        _published = ReadStatistics();
        Volatile.Write(ref _publishedVersion, _publishedVersion + 1);
        PublishParameters();

        int maxDatagramLength = Core.Datagrams.MaxDataLength;
        if (maxDatagramLength != _maxDatagramLength)
        {
            _maxDatagramLength = maxDatagramLength;
        }

        if (Core.Streams.IsCreditScarce != _isCreditScarce)
        {
            // Behind it the shard looks at its mailbox before it sleeps, as a poster looks here behind its post: one of the two sees the other.
            _isCreditScarce = !_isCreditScarce;
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>What was measured and counted so far. The shard's thread only.</summary>
    public QuicConnectionStatistics ReadStatistics()
    {
        ref readonly ConnectionStatistics counters = ref Core.Statistics;
        LossRecovery recovery = Core.Recovery;
        EcnCounts reported = recovery.Ecn.Reported;
        return new QuicConnectionStatistics
        {
            Elapsed = _failure is null ? Shard.Now - _startedAt : _published.Elapsed,
            SmoothedRtt = recovery.Rtt.Smoothed,
            LatestRtt = recovery.Rtt.Latest,
            MinRtt = recovery.Rtt.Min,
            RttVariance = recovery.Rtt.Variation,
            CongestionWindow = recovery.Congestion.CongestionWindow,
            BytesInFlight = recovery.BytesInFlight,
            DeliveryRate = recovery.Statistics.DeliveryRate,
            PathMtu = Core.Path.Mtu,
            PacketsSent = counters.PacketsSent,
            PacketsReceived = counters.PacketsReceived,
            PacketsLost = recovery.Statistics.PacketsLost,
            PacketsSpuriouslyLost = recovery.Statistics.SpuriousLosses,
            PacketsDropped = counters.PacketsDropped,
            BytesSent = counters.BytesSent,
            BytesReceived = counters.BytesReceived,
            BytesLost = recovery.Statistics.BytesLost,
            ProbeTimeouts = recovery.Statistics.ProbeTimeouts,
            CongestionEvents = recovery.Statistics.CongestionEvents,
            UdpDatagramsSent = counters.DatagramsSent,
            UdpDatagramsReceived = counters.DatagramsReceived,
            LargestUdpPayloadSent = counters.LargestDatagramSent,
            IsEcnInUse = recovery.Ecn.CodepointToSend != EcnCodepoint.NotEct,
            EcnMarkedPacketsSent = recovery.Ecn.MarkedSent,
            EcnReportedEct0 = (long)reported.Ect0,
            EcnReportedEct1 = (long)reported.Ect1,
            EcnReportedCe = (long)reported.Ce,
            DatagramsSent = Core.Datagrams.Sent,
            DatagramsAcknowledged = Core.Datagrams.Acknowledged,
            DatagramsLost = Core.Datagrams.Lost,
            DatagramsDiscarded = Core.Datagrams.SendRefused + Core.Datagrams.SendDropped,
            DatagramsReceived = Core.Datagrams.Received,
            DatagramsDropped = Core.Datagrams.ReceivedDropped,
            BidirectionalStreamsOpened = Core.Streams.OpenedByUs(StreamDirection.Bidirectional),
            UnidirectionalStreamsOpened = Core.Streams.OpenedByUs(StreamDirection.Unidirectional),
            BidirectionalStreamsReceived = Core.Streams.OpenedByPeer(StreamDirection.Bidirectional),
            UnidirectionalStreamsReceived = Core.Streams.OpenedByPeer(StreamDirection.Unidirectional),
            Version = (uint)Core.Version,
            UsedRetry = Core.Attempt.RetrySourceId is not null,
            UsedHelloRetryRequest = Core.Handshake.Facts.UsedHelloRetryRequest,
            KeyExchangeGroup = Core.Handshake.Facts.Group is { } group ? (QuicKeyExchangeGroup)(ushort)group : null,
            KeyUpdatesInitiated = counters.KeyUpdatesInitiated,
            KeyUpdatesReceived = counters.KeyUpdatesByPeer,
        };
    }

    private void ResetPublished()
    {
        _publishedVersion++;
        Volatile.WriteBarrier();
        _published = default;
        Volatile.Write(ref _publishedVersion, _publishedVersion + 1);
        _startedAt = default;
        _localParameters = null;
        _peerParameters = null;
        _maxDatagramLength = -1;
        _isCreditScarce = false;
    }

    /// <summary>A connection that rests shares its parameters with others that declared the same.</summary>
    private void PublishParameters()
    {
        if (_localParameters != Core.LocalTransportParameters)
        {
            _localParameters = Core.LocalTransportParameters;
        }

        // RFC 9000 §7.4: authenticated only when the handshake is complete.
        if (_peerParameters != Core.Handshake.PeerParameters && Core.Handshake.IsComplete)
        {
            _peerParameters = Core.Handshake.PeerParameters;
        }
    }
}
