using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Options;

/// <summary>The values of a client's options at one moment, so that what was prepared from them serves as long as they stay the same.</summary>
internal sealed class ClientOptionsSnapshot
{
    private readonly OptionsSnapshot _values;
    private readonly SslApplicationProtocol[] _protocols;
    private readonly ChainPolicySnapshot? _policy;
    private readonly (EndPoint Remote, IPEndPoint? Local, uint FirstVersion, string? TargetHost) _targets;
    private readonly (SslClientAuthenticationOptions, CipherSuitesPolicy?, X509ChainPolicy?, RemoteCertificateValidationCallback?, X509RevocationMode) _trust;
    private readonly SslStreamCertificateContext? _certificate;

    private ClientOptionsSnapshot(QuicClientConnectionOptions options, in OptionsSnapshot values)
    {
        SslClientAuthenticationOptions tls = options.ClientAuthenticationOptions;
        _values = values;
        _protocols = [.. tls.ApplicationProtocols!];
        _policy = tls.CertificateChainPolicy is { } policy ? new ChainPolicySnapshot(policy) : null;
        _targets = TargetsOf(options);
        _trust = TrustOf(tls);
        _certificate = tls.ClientCertificateContext;
    }

    /// <summary>Takes it of checked options; null where they hold what may give something else each time.</summary>
    public static ClientOptionsSnapshot? TryTake(QuicClientConnectionOptions options) =>
        OptionsSnapshot.TryTake(options, out OptionsSnapshot values) && IsComparable(options) ? new ClientOptionsSnapshot(options, values) : null;

    /// <summary>Whether checked options still have these values.</summary>
    public bool IsOf(QuicClientConnectionOptions options)
    {
        SslClientAuthenticationOptions tls = options.ClientAuthenticationOptions;
        return OptionsSnapshot.TryTake(options, out OptionsSnapshot values) && values == _values && IsComparable(options)
            && TargetsOf(options) == _targets && TrustOf(tls) == _trust && tls.ClientCertificateContext == _certificate
            && OptionsSnapshot.AreSame(tls.ApplicationProtocols, _protocols)
            && (tls.CertificateChainPolicy is not { } policy || _policy!.IsOf(policy));
    }

    /// <summary>Certificates may be chosen anew each time, and an address may change within its object where it stands for the name.</summary>
    private static bool IsComparable(QuicClientConnectionOptions options)
    {
        SslClientAuthenticationOptions tls = options.ClientAuthenticationOptions;
        return tls is { LocalCertificateSelectionCallback: null, ClientCertificates: null or { Count: 0 }, ApplicationProtocols: not null }
            && (tls.TargetHost is not null || options.RemoteEndPoint is DnsEndPoint);
    }

    private static (EndPoint Remote, IPEndPoint? Local, uint FirstVersion, string? TargetHost) TargetsOf(QuicClientConnectionOptions options) =>
        (options.RemoteEndPoint, options.LocalEndPoint, options.FirstVersion, options.ClientAuthenticationOptions.TargetHost);

    private static (SslClientAuthenticationOptions, CipherSuitesPolicy?, X509ChainPolicy?, RemoteCertificateValidationCallback?, X509RevocationMode) TrustOf(
        SslClientAuthenticationOptions tls) =>
        (tls, tls.CipherSuitesPolicy, tls.CertificateChainPolicy, tls.RemoteCertificateValidationCallback, tls.CertificateRevocationCheckMode);
}
