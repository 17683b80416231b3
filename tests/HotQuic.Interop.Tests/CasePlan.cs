using System.Net.Security;
using HotQuic.Interop.Tests.Peers;
using HotQuic.Interop.Tests.Sides;

namespace HotQuic.Interop.Tests;

/// <summary>
/// What a case asks of the peer and of our side, and what must be so afterwards. <see cref="For"/> gives it for a row of the matrix.
/// </summary>
internal sealed record CasePlan(PeerOptions Peer, SideOptions Side)
{
    private const long NoApplicationProtocol = 0x178;
    private const string UnknownAlpn = "nonsense";

    /// <summary>So few that the acknowledgements of a long download reach it.</summary>
    private const long PacketsPerKey = 20;

    /// <summary>A version of the form that RFC 9000 §15 reserves for exercising version negotiation.</summary>
    private const uint ReservedVersion = 0x1a2a3a4a;

    /// <summary>quic-go knows no reserved version, but this draft of version 2, which we do not speak.</summary>
    private const uint DraftVersion2 = 0x709a50c4;

    /// <summary>The peer, as client, must not get what it asks for.</summary>
    public bool PeerMustFail { get; init; }

    /// <summary>Our client must fail to connect, and so.</summary>
    public Action<ConnectFailedException>? VerifyFailure { get; init; }

    public Action<ConnectionFacts> VerifyFacts { get; init; } = static _ => { };

    public Action<PeerReport> VerifyReport { get; init; } = static _ => { };

    public static CasePlan For(Peer peer, InteropCase interopCase, Direction direction)
    {
        CasePlan handshake = new(new PeerOptions(), new SideOptions { Alpn = peer.Protocol.Alpn, TrustedRoot = TestFiles.Authority });
        return interopCase switch
        {
            InteropCase.Handshake => handshake,
            InteropCase.Download20MB => handshake.With(Work.Download20MB),
            InteropCase.Upload20MB => handshake.With(Work.Upload20MB),
            InteropCase.ParallelStreams200 => handshake.With(Work.ParallelStreams200),
            InteropCase.Retry => Retry(handshake, direction),
            InteropCase.VersionNegotiation => VersionNegotiation(handshake, peer, direction),
            InteropCase.HelloRetryRequest => HelloRetryRequest(handshake, direction),
            InteropCase.ChaCha20 => OnlyCipherSuite(handshake, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256),
            InteropCase.Aes256 => OnlyCipherSuite(handshake, TlsCipherSuite.TLS_AES_256_GCM_SHA384),
            InteropCase.KeyUpdateByHotQuic => KeyUpdateByHotQuic(handshake, peer, direction),
            InteropCase.KeyUpdateByPeer => KeyUpdateByPeer(handshake, peer, direction),
            InteropCase.UnknownAlpn => UnknownProtocol(handshake, peer, direction),
            InteropCase.UntrustedCertificate => UntrustedCertificate(handshake, direction),
            _ => throw new ArgumentOutOfRangeException(nameof(interopCase), interopCase, "not in the matrix"),
        };
    }

    private CasePlan With(Work work) => this with { Peer = Peer with { Work = work } };

    private static CasePlan Retry(CasePlan plan, Direction direction)
    {
        plan = plan with { VerifyFacts = static facts => Assert.True(facts.Retried) };
        return direction == Direction.HotQuicClient
            ? plan with { Peer = plan.Peer with { Retry = true } }
            : plan with
            {
                Side = plan.Side with { AlwaysRetry = true },
                VerifyReport = static report => Assert.NotEqual(false, report.RetrySeen),
            };
    }

    private static CasePlan VersionNegotiation(CasePlan plan, Peer peer, Direction direction)
    {
        if (direction == Direction.HotQuicClient)
        {
            return plan with
            {
                Side = plan.Side with { FirstVersion = ReservedVersion },
                VerifyFailure = static failure => Assert.True(failure.NoCommonVersion, failure.ToString()),
            };
        }

        return plan with
        {
            Peer = plan.Peer with { Version = peer == CommonPeer.QuicGo ? DraftVersion2 : ReservedVersion },
            PeerMustFail = peer is CommonPeer, // they stop when they have seen our versions; ngtcp2 goes on with version 1
            VerifyReport = static report => Assert.True(report.VersionNegotiationSeen),
        };
    }

    private static CasePlan HelloRetryRequest(CasePlan plan, Direction direction)
    {
        plan = plan with { VerifyFacts = static facts => Assert.True(facts.UsedSecp384R1) };
        return direction == Direction.HotQuicClient
            ? plan with { Peer = plan.Peer with { Group = "P-384" } }
            : plan with { Side = plan.Side with { RequireSecp384R1 = true } };
    }

    private static CasePlan OnlyCipherSuite(CasePlan plan, TlsCipherSuite cipherSuite)
    {
        return plan.With(Work.Medium) with
        {
            Side = plan.Side with { CipherSuite = cipherSuite },
            VerifyFacts = facts => Assert.Equal(cipherSuite, facts.CipherSuite),
            VerifyReport = report => Assert.Equal(cipherSuite.ToString(), report.CipherSuite ?? cipherSuite.ToString()),
        };
    }

    private static CasePlan KeyUpdateByHotQuic(CasePlan plan, Peer peer, Direction direction)
    {
        // We count the packets we send, so we send the data; gtlsserver takes none, so there acknowledgements have to do.
        Work work = direction == Direction.HotQuicServer ? Work.Medium
            : peer is Ngtcp2Peer ? Work.Download20MB
            : Work.Medium with { Kind = WorkKind.Upload };
        return plan.With(work) with
        {
            Side = plan.Side with { PacketsPerKey = PacketsPerKey },
            VerifyFacts = static facts => Assert.True(facts.KeyUpdatesStartedHere >= 1),
        };
    }

    private static CasePlan KeyUpdateByPeer(CasePlan plan, Peer peer, Direction direction)
    {
        // The peer counts the packets it sends, so it sends the data; gtlsclient goes by time, and its log tells of it.
        WorkKind peerSends = direction == Direction.HotQuicClient ? WorkKind.Download : WorkKind.Upload;
        Work work = peer is Ngtcp2Peer ? Work.Small : Work.Medium with { Kind = peerSends };
        plan = plan.With(work);
        return plan with
        {
            Peer = plan.Peer with { KeyUpdate = true },
            VerifyFacts = static facts => Assert.True(facts.KeyUpdatesStartedByPeer >= 1),
            VerifyReport = static report => Assert.NotEqual(0, report.LocalKeyUpdates),
        };
    }

    private static CasePlan UnknownProtocol(CasePlan plan, Peer peer, Direction direction)
    {
        if (direction == Direction.HotQuicClient)
        {
            return plan with
            {
                Side = plan.Side with { Alpn = UnknownAlpn },
                VerifyFailure = static failure => Assert.Equal(NoApplicationProtocol, failure.TransportErrorCode),
            };
        }

        plan = plan with { PeerMustFail = true, VerifyReport = static report => Assert.Equal(NoApplicationProtocol, report.ErrorCode) };
        return peer is Ngtcp2Peer
            ? plan with { Side = plan.Side with { Alpn = UnknownAlpn } } // gtlsclient offers h3 whatever we would like
            : plan with { Peer = plan.Peer with { Alpn = UnknownAlpn } };
    }

    private static CasePlan UntrustedCertificate(CasePlan plan, Direction direction)
    {
        return direction == Direction.HotQuicClient
            ? plan with
            {
                Side = plan.Side with { TrustedRoot = null },
                VerifyFailure = static failure => Assert.True(failure.CertificateRefused, failure.ToString()),
            }
            : plan with { Peer = plan.Peer with { SystemRootsOnly = true }, PeerMustFail = true };
    }
}
