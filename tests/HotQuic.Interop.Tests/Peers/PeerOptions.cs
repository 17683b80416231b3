using System.Net.Security;

namespace HotQuic.Interop.Tests.Peers;

/// <summary>How a peer is to behave; what it cannot do is in <see cref="InteropMatrix"/>, and asking for it fails the test.</summary>
internal sealed record PeerOptions
{
    /// <summary>A server's port: 0 picks a free one. A client's: the server's.</summary>
    public int Port { get; init; }

    /// <summary>The application protocol, when not the peer's own.</summary>
    public string? Alpn { get; init; }

    /// <summary>Server: validate every address with a Retry.</summary>
    public bool Retry { get; init; }

    public TlsCipherSuite? CipherSuite { get; init; }

    /// <summary>The only key exchange group: X25519, P-256 or P-384.</summary>
    public string? Group { get; init; }

    /// <summary>Start key updates: early and, where the stack counts packets, every so many.</summary>
    public bool KeyUpdate { get; init; }

    /// <summary>Client: the version to offer first.</summary>
    public uint? Version { get; init; }

    /// <summary>Client: trust the system's roots only, so that the test's authority is unknown.</summary>
    public bool SystemRootsOnly { get; init; }

    /// <summary>Write the secrets there, in NSS key log format.</summary>
    public string? KeyLogFile { get; init; }

    /// <summary>Client: what to transfer. Server: the most that will be asked for.</summary>
    public Work Work { get; init; } = Work.Small;
}
