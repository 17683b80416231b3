using System.Net;
using HotQuic.Certificates;
using HotQuic.Core.Paths;

namespace HotQuic.Connections;

/// <summary>What is known of a connection at one moment of its handshake, or after it.</summary>
/// <param name="Agreement">What it has in common with others.</param>
/// <param name="Remote">The address of the peer.</param>
/// <param name="RemoteCertificate">What the peer proved itself with; null where it showed none.</param>
internal readonly record struct ConnectionFacts(Agreement Agreement, PathAddress Remote, PeerCertificate? RemoteCertificate)
{
    /// <summary>A new object each time.</summary>
    public IPEndPoint LocalEndPoint => Agreement.Local.ToIPEndPoint();

    /// <summary>A new object each time.</summary>
    public IPEndPoint RemoteEndPoint => Remote.ToIPEndPoint();
}
