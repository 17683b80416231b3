using System.Net.Security;

namespace HotQuic;

/// <summary>
/// Options of connections that a server accepts, given by <see cref="QuicListenerOptions.ConnectionOptionsCallback"/> or made into a
/// <see cref="QuicServerConfiguration"/>.
/// </summary>
public sealed class QuicServerConnectionOptions : QuicConnectionOptions
{
    /// <summary>Makes options with the defaults of a server.</summary>
    public QuicServerConnectionOptions()
        : base(bidirectionalStreams: 100, unidirectionalStreams: 10)
    {
    }

    /// <summary>
    /// The TLS side: a certificate (as context, certificate or selection callback), what client certificates are wanted, cipher suites, and
    /// application protocols, which default to the listener's. It must be set. Giving the same object to every connection saves the work of
    /// preparing its certificate anew.
    /// </summary>
    public SslServerAuthenticationOptions ServerAuthenticationOptions { get; set; } = null!;
}
