using System.Net.Security;
using HotQuic.Core.Tls;

namespace HotQuic.Options;

/// <summary>
/// What a listener's callback gives, prepared for connections. The configurations that were made last are remembered with the values they were
/// made from: a callback may give the same options again, or new ones with the same values, and it costs no new configuration. From any thread.
/// </summary>
/// <param name="listenerProtocols">The listener's protocols, for options that name none.</param>
internal sealed class ServerConfigurations(List<SslApplicationProtocol> listenerProtocols)
{
    private const int Remembered = 8;

    private readonly Entry?[] _entries = new Entry?[Remembered];
    private uint _next;

    /// <summary>Prepares options for one ClientHello. It may call the certificate selection callback: not for a shard.</summary>
    /// <exception cref="ArgumentException">An option is missing or out of its range, or there is no certificate that can serve.</exception>
    /// <exception cref="PlatformNotSupportedException">The options ask for a connection without encryption.</exception>
    public QuicServerConfiguration Get(QuicServerConnectionOptions options, string serverName)
    {
        OptionChecks.Check(options, nameof(options));
        SslServerAuthenticationOptions tls = options.ServerAuthenticationOptions;

        // How a client's certificate is judged depends on objects that may change within.
        bool isComparable = OptionsSnapshot.TryTake(options, out OptionsSnapshot values) && !tls.ClientCertificateRequired;
        List<SslApplicationProtocol> protocols = tls.ApplicationProtocols is { Count: > 0 } own ? own : listenerProtocols;
        TlsCredential credential = TlsConfigurations.ServerCredentialFor(tls, serverName, nameof(options));
        foreach (Entry? entry in _entries)
        {
            if (isComparable && entry is not null && entry.Credential == credential && entry.Suites == tls.CipherSuitesPolicy && entry.Values == values
                && OptionsSnapshot.AreSame(protocols, entry.Protocols))
            {
                return entry.Configuration;
            }
        }

        var configuration = QuicServerConfiguration.ForClientHello(options, protocols, credential);
        if (isComparable)
        {
            _entries[Interlocked.Increment(ref _next) % Remembered] = new Entry(values, credential, tls.CipherSuitesPolicy, [.. protocols], configuration);
        }

        return configuration;
    }

    private sealed record Entry(
        OptionsSnapshot Values,
        TlsCredential Credential,
        CipherSuitesPolicy? Suites,
        SslApplicationProtocol[] Protocols,
        QuicServerConfiguration Configuration);
}
