using System.Net.Security;
using HotQuic.Core.Paths;

namespace HotQuic.Connections;

/// <summary>
/// What a handshake agreed on, as far as many connections have it in common: connections that agree share the object
/// (<see cref="AgreementTable"/>). It never changes; from any thread.
/// </summary>
/// <param name="Local">The address and port of this side.</param>
/// <param name="Protocol">The application protocol; empty before it is agreed.</param>
/// <param name="CipherSuite">The cipher suite; 0 before it is agreed.</param>
/// <param name="ServerName">The host that the client asked for, or that the server's certificate proved; empty where there is none.</param>
internal sealed record Agreement(PathAddress Local, SslApplicationProtocol Protocol, TlsCipherSuite CipherSuite, string ServerName);

/// <summary>
/// The agreements that were made last, so that a connection like one before costs no new object. One shard uses it, so it has no lock.
/// </summary>
internal sealed class AgreementTable
{
    private const int Remembered = 64;

    private readonly Agreement?[] _agreements = new Agreement?[Remembered];

    /// <summary>The one object for these values, or a new one where another took its place.</summary>
    public Agreement Get(PathAddress local, ReadOnlySpan<byte> protocol, TlsCipherSuite suite, string serverName)
    {
        int hash = HashCode.Combine(local, protocol.Length, suite, serverName);
        ref Agreement? known = ref _agreements[hash & (Remembered - 1)];
        if (known is null || known.Local != local || known.CipherSuite != suite || known.ServerName != serverName
            || !known.Protocol.Protocol.Span.SequenceEqual(protocol))
        {
            known = new Agreement(local, protocol.IsEmpty ? default : new SslApplicationProtocol(protocol.ToArray()), suite, serverName);
        }

        return known;
    }
}
