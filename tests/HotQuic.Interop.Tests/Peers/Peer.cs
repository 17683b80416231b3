using HotQuic.Interop.Tests.Protocols;

namespace HotQuic.Interop.Tests.Peers;

/// <summary>
/// One independent QUIC stack. Ask <see cref="Missing"/> first (null: it can be started), then start it as server, or run it as client to
/// its end.
/// </summary>
internal abstract class Peer
{
    public static IReadOnlyList<Peer> All { get; } =
    [
        CommonPeer.Quinn,
        CommonPeer.Quiche,
        CommonPeer.Lsquic,
        CommonPeer.QuicGo,
        new Ngtcp2Peer(),
    ];

    public abstract string Name { get; }

    /// <summary>What this peer speaks above QUIC.</summary>
    public abstract IApplicationProtocol Protocol { get; }

    /// <summary>Why the peer cannot be started on this machine, null when it can.</summary>
    public abstract string? Missing { get; }

    public static Peer ByName(string name) => All.Single(peer => peer.Name == name);

    public abstract Task<PeerServer> StartServerAsync(PeerOptions options, CancellationToken cancellationToken);

    public abstract Task<PeerReport> RunClientAsync(PeerOptions options, CancellationToken cancellationToken);

    public override string ToString() => Name;

    protected static string? FirstMissing(params ReadOnlySpan<string> files)
    {
        foreach (string file in files)
        {
            if (!File.Exists(file))
            {
                return $"{file} is missing.";
            }
        }

        return null;
    }
}
