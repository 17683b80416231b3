using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Interop.Tests.Sides;

/// <summary>
/// Our engine as the interop tests drive it: listen or connect, open and accept streams, ask for facts. <see cref="HotQuicSide"/> puts it
/// on HotQuic's API; the tests know only this, so that what is particular to that API stays in one file.
/// </summary>
internal interface IHotQuicSide
{
    Task<IHotQuicServer> ListenAsync(SideOptions options, CancellationToken cancellationToken);

    /// <exception cref="ConnectFailedException">The handshake failed.</exception>
    Task<IHotQuicConnection> ConnectAsync(int port, SideOptions options, CancellationToken cancellationToken);
}

internal interface IHotQuicServer : IAsyncDisposable
{
    int Port { get; }

    /// <summary>The next connection whose handshake completed; failed handshakes are passed over.</summary>
    Task<IHotQuicConnection> AcceptAsync(CancellationToken cancellationToken);
}

internal interface IHotQuicConnection : IAsyncDisposable
{
    ConnectionFacts Facts { get; }

    Task<SideStream> OpenStreamAsync(StreamKind kind, CancellationToken cancellationToken);

    /// <summary>The next stream of the peer, null when the connection has ended.</summary>
    Task<SideStream?> AcceptStreamAsync(CancellationToken cancellationToken);
}

internal enum StreamKind
{
    Bidirectional,
    Unidirectional,
}

/// <summary>A stream, and the way to send its FIN.</summary>
internal sealed record SideStream(Stream Data, StreamKind Kind, Action CompleteWrites);

/// <summary>How our side is to behave; the defaults are the engine's own.</summary>
internal sealed record SideOptions
{
    public required string Alpn { get; init; }

    /// <summary>The only cipher suite, when set.</summary>
    public TlsCipherSuite? CipherSuite { get; init; }

    /// <summary>Server: take part in no key exchange but P-384's, for which no client sends a key share at first.</summary>
    public bool RequireSecp384R1 { get; init; }

    /// <summary>Start a key update after so many packets, and again.</summary>
    public long? PacketsPerKey { get; init; }

    /// <summary>Server: validate every address with a Retry.</summary>
    public bool AlwaysRetry { get; init; }

    /// <summary>Client: the version of the first packet.</summary>
    public uint? FirstVersion { get; init; }

    /// <summary>Client: the root to trust; null trusts the system's.</summary>
    public X509Certificate2? TrustedRoot { get; init; }
}

/// <summary>What our engine knows of a connection.</summary>
internal sealed record ConnectionFacts
{
    public required string Alpn { get; init; }

    public required TlsCipherSuite CipherSuite { get; init; }

    /// <summary>The client met a Retry, or the server's client came back with a Retry token.</summary>
    public required bool Retried { get; init; }

    /// <summary>The key exchange was P-384's. No client here sends a share for it at first, so a HelloRetryRequest led to it.</summary>
    public required bool UsedSecp384R1 { get; init; }

    public required int KeyUpdatesStartedHere { get; init; }

    public required int KeyUpdatesStartedByPeer { get; init; }
}

/// <summary>Our client could not connect.</summary>
internal sealed class ConnectFailedException(string message, Exception inner) : Exception(message, inner)
{
    /// <summary>The transport error code that either side gave.</summary>
    public long? TransportErrorCode { get; init; }

    public bool CertificateRefused { get; init; }

    public bool NoCommonVersion { get; init; }
}
