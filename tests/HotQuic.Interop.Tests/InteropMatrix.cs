namespace HotQuic.Interop.Tests;

public enum InteropCase
{
    Handshake,
    Download20MB,
    Upload20MB,
    ParallelStreams200,
    Retry,
    VersionNegotiation,
    HelloRetryRequest,
    ChaCha20,
    Aes256,
    KeyUpdateByHotQuic,
    KeyUpdateByPeer,
    UnknownAlpn,
    UntrustedCertificate,
}

/// <summary>Which role HotQuic has; the peer has the other.</summary>
public enum Direction
{
    HotQuicClient,
    HotQuicServer,
}

/// <summary>Every peer in every case and direction, and the one list of what a peer cannot do.</summary>
internal static class InteropMatrix
{
    private static readonly string[] Peers = ["quinn-deno", "quiche", "lsquic-bun", "quic-go", "ngtcp2"];

    private static readonly (string Peer, InteropCase Case, Direction Direction, string Reason)[] Impossible =
    [
        ("quinn-deno", InteropCase.Retry, Direction.HotQuicClient, "Deno's server has no way to send a Retry."),
        ("lsquic-bun", InteropCase.Retry, Direction.HotQuicClient, "Bun's validateAddress option does nothing."),

        ("quinn-deno", InteropCase.VersionNegotiation, Direction.HotQuicServer, "Deno's client always offers version 1."),
        ("quiche", InteropCase.VersionNegotiation, Direction.HotQuicServer, "The package's client always offers version 1."),

        ("quinn-deno", InteropCase.HelloRetryRequest, Direction.HotQuicClient, "Deno's groups cannot be chosen; they include all of ours."),
        ("quiche", InteropCase.HelloRetryRequest, Direction.HotQuicClient, "Its groups cannot be chosen; they include all of ours."),

        ("quiche", InteropCase.KeyUpdateByPeer, Direction.HotQuicClient, "quiche 0.18 never starts a key update."),
        ("quiche", InteropCase.KeyUpdateByPeer, Direction.HotQuicServer, "quiche 0.18 never starts a key update."),
        ("lsquic-bun", InteropCase.KeyUpdateByPeer, Direction.HotQuicClient, "Bun's updateKey() does nothing."),
        ("lsquic-bun", InteropCase.KeyUpdateByPeer, Direction.HotQuicServer, "Bun's updateKey() does nothing."),
        ("ngtcp2", InteropCase.KeyUpdateByPeer, Direction.HotQuicClient, "gtlsserver never starts a key update."),

        ("ngtcp2", InteropCase.Upload20MB, Direction.HotQuicClient, "gtlsserver discards uploads, so nothing shows that they arrived."),
        ("ngtcp2", InteropCase.UntrustedCertificate, Direction.HotQuicServer, "gtlsclient accepts any certificate."),
    ];

    public static TheoryData<string, InteropCase, Direction> Rows()
    {
        TheoryData<string, InteropCase, Direction> rows = [];
        foreach (string peer in Peers)
        {
            foreach (InteropCase interopCase in Enum.GetValues<InteropCase>())
            {
                foreach (Direction direction in Enum.GetValues<Direction>())
                {
                    rows.Add(peer, interopCase, direction);
                }
            }
        }

        return rows;
    }

    /// <summary>Why this cannot be tried, null when it can.</summary>
    public static string? ReasonAgainst(string peer, InteropCase interopCase, Direction direction)
    {
        return Array.Find(Impossible, row => row.Peer == peer && row.Case == interopCase && row.Direction == direction).Reason;
    }
}
