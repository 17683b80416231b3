using System.Net;
using System.Net.Security;
using HotQuic.Handshakes;

namespace HotQuic;

/// <summary>
/// Options of connections that a client makes, given to <see cref="QuicConnection.ConnectAsync"/> or made into a
/// <see cref="QuicClientConfiguration"/>.
/// </summary>
public sealed class QuicClientConnectionOptions : QuicConnectionOptions
{
    /// <summary>Makes options with the defaults of a client.</summary>
    public QuicClientConnectionOptions()
        : base(bidirectionalStreams: 0, unidirectionalStreams: 0)
    {
    }

    /// <summary>
    /// The TLS side: application protocols (at least one), the name that the server's certificate is to prove, how that is judged, client
    /// certificates, cipher suites. It must be set.
    /// </summary>
    public SslClientAuthenticationOptions ClientAuthenticationOptions { get; set; } = null!;

    /// <summary>
    /// Where to connect: an <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/> whose addresses are tried one after another.
    /// It must be set, except for a <see cref="QuicClientConfiguration"/>: <see cref="QuicClient.Connect"/> is given it.
    /// </summary>
    public EndPoint RemoteEndPoint { get; set; } = null!;

    /// <summary>
    /// Where to send from. Null, the default: any address and port, from sockets that connections share. Otherwise a socket of the
    /// connection's own is bound there.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>The version that the first packets carry, to meet a server's version negotiation; 0 for the usual.</summary>
    internal uint FirstVersion { get; set; }

    /// <summary>What was made of these options when they were last used; see <see cref="ClientAttempt.For"/>.</summary>
    internal ClientAttempt? Prepared;
}
