using System.Net;
using System.Net.Security;
using HotQuic.Certificates;

namespace HotQuic.Connections;

/// <summary>What is known of a connection once its handshake is complete; the shard makes it, everybody reads it.</summary>
internal sealed record ConnectionFacts
{
    public required IPEndPoint LocalEndPoint { get; init; }

    public required IPEndPoint RemoteEndPoint { get; init; }

    public required SslApplicationProtocol ApplicationProtocol { get; init; }

    public required TlsCipherSuite CipherSuite { get; init; }

    public required string ServerName { get; init; }

    public PeerCertificate? RemoteCertificate { get; init; }
}
