using System.Collections.Immutable;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Diagnostics;

namespace HotQuic.Options;

/// <summary>
/// The platform's TLS options as configurations of our handshake. Preparing a certificate is dear (its chain is built), so prepared
/// credentials are remembered with the objects they came from.
/// </summary>
internal static class TlsConfigurations
{
    private static readonly ConditionalWeakTable<X509Certificate2, TlsCredential> ByCertificate = [];
    private static readonly ConditionalWeakTable<X509Certificate2, Companions> WithOthers = [];
    private static readonly ConditionalWeakTable<SslStreamCertificateContext, TlsCredential> ByContext = [];

    /// <summary>
    /// A client's configuration; the name to prove is that of the options, or of the endpoint where they have none. An empty name is none to
    /// be sent and none that a certificate could be for.
    /// </summary>
    public static TlsClientConfiguration ForClient(QuicClientConnectionOptions options, string? endPointName)
    {
        SslClientAuthenticationOptions tls = options.ClientAuthenticationOptions;
        OptionChecks.CheckProtocols(tls.ApplicationProtocols, nameof(options), ConfigurationRules.MaxOfferedProtocolsLength);
        string name = NameToProve(tls.TargetHost, endPointName, nameof(options));
        return new TlsClientConfiguration
        {
            ServerName = name.Length == 0 ? null : name,
            ApplicationProtocols = ToProtocols(tls.ApplicationProtocols!),
            CipherSuites = ToSuites(tls.CipherSuitesPolicy, nameof(options)),
            Groups = ConnectionSettingsMapping.ToGroups(options.Transport.KeyExchangeGroups),
            Credential = ClientCredential(tls, name, nameof(options)),
            KeyLog = KeyLogFile.Open(options.Transport.KeyLogFile),
        };
    }

    public static CertificateVerifier VerifierForClient(SslClientAuthenticationOptions tls, string argument) => Verifier(
        new CertificateVerificationOptions
        {
            ValidationCallback = tls.RemoteCertificateValidationCallback,
            ChainPolicy = tls.CertificateChainPolicy,
            RevocationMode = tls.CertificateRevocationCheckMode,
        },
        argument);

    /// <summary>A server's configuration.</summary>
    public static TlsServerConfiguration ForServer(QuicServerConnectionOptions options, List<SslApplicationProtocol> protocols, TlsCredential credential)
    {
        SslServerAuthenticationOptions tls = options.ServerAuthenticationOptions;
        OptionChecks.CheckProtocols(protocols, nameof(options));
        return new TlsServerConfiguration
        {
            Credential = credential,
            ApplicationProtocols = ToProtocols(protocols),
            CipherSuites = ToSuites(tls.CipherSuitesPolicy, nameof(options)),
            Groups = ConnectionSettingsMapping.ToGroups(options.Transport.KeyExchangeGroups),
            ClientCertificateMode = !tls.ClientCertificateRequired ? ClientCertificateMode.None
                : tls.RemoteCertificateValidationCallback is null ? ClientCertificateMode.Require
                : ClientCertificateMode.Request,
            KeyLog = KeyLogFile.Open(options.Transport.KeyLogFile),
        };
    }

    public static CertificateVerifier? VerifierForServer(SslServerAuthenticationOptions tls, string argument) => !tls.ClientCertificateRequired
        ? null
        : Verifier(
            new CertificateVerificationOptions
            {
                IsPeerCertificateRequired = true,
                ValidationCallback = tls.RemoteCertificateValidationCallback,
                ChainPolicy = tls.CertificateChainPolicy,
                RevocationMode = tls.CertificateRevocationCheckMode,
            },
            argument);

    private static string NameToProve(string? targetHost, string? endPointName, string argument)
    {
        string name = PeerHostName.Normalize(targetHost ?? endPointName);
        if (ConfigurationRules.IsHostName(name))
        {
            return name;
        }

        // An endpoint's host that can have no certificate is hardly to be found either, and looking for it says so.
        return targetHost is null
            ? ""
            : throw new ArgumentException("Expected a TargetHost of at most 253 characters, without spaces, that is ASCII or an international name.", argument);
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ToProtocols(List<SslApplicationProtocol> protocols) =>
        [.. protocols.Select(protocol => protocol.Protocol)];

    /// <summary>Those of the policy that QUIC has here, in its order.</summary>
    private static ImmutableArray<CipherSuite> ToSuites(CipherSuitesPolicy? policy, string argument)
    {
        ImmutableArray<CipherSuite> all = [.. TlsClientConfiguration.DefaultCipherSuites.Where(suite => suite.IsSupported())];
        if (policy is null || !OperatingSystem.IsLinux())
        {
            return all;
        }

        ImmutableArray<CipherSuite> wanted = [.. policy.AllowedCipherSuites.Select(suite => (CipherSuite)(ushort)suite).Where(all.Contains)];
        return wanted.IsEmpty
            ? throw new ArgumentException("Expected a CipherSuitesPolicy with at least one suite of TLS 1.3 that is supported.", argument)
            : wanted;
    }

    /// <summary>What a server proves itself with to one client. May call the certificate selection callback: not for a shard.</summary>
    /// <exception cref="ArgumentException">No certificate is given, or one that cannot serve.</exception>
    public static TlsCredential ServerCredentialFor(SslServerAuthenticationOptions tls, string serverName, string argument)
    {
        if (tls.ServerCertificateContext is { } context)
        {
            return Remember(context, argument);
        }

        if (tls.ServerCertificateSelectionCallback is { } select)
        {
            X509Certificate selected = select(tls, serverName)
                ?? throw new ArgumentException($"The certificate selection callback gave no certificate for '{serverName}'.", argument);
            return Remember(selected, argument);
        }

        return tls.ServerCertificate is { } certificate
            ? Remember(certificate, argument)
            : throw new ArgumentException(
                "Expected a certificate: ServerCertificateContext, ServerCertificateSelectionCallback or ServerCertificate.", argument);
    }

    private static TlsCredential? ClientCredential(SslClientAuthenticationOptions tls, string name, string argument)
    {
        if (tls.ClientCertificateContext is { } context)
        {
            return Remember(context, argument);
        }

        X509CertificateCollection certificates = tls.ClientCertificates ?? [];
        if (tls.LocalCertificateSelectionCallback is { } select)
        {
            X509Certificate? selected = select(tls, name, certificates, remoteCertificate: null, acceptableIssuers: []);
            return selected is null ? null : Remember(selected, argument);
        }

        return Use(certificates, RememberFirst, argument);
    }

    private static CertificateVerifier Verifier(CertificateVerificationOptions options, string argument) =>
        Use(options, static options => new CertificateVerifier(options), argument);

    private static TlsCredential Remember(SslStreamCertificateContext context, string argument) => Use(
        context,
        static context => ByContext.GetValue(context, static key => ToCredential(ServerCredential.Create(key))),
        argument);

    private static TlsCredential Remember(X509Certificate certificate, string argument)
    {
        X509Certificate2 full = certificate as X509Certificate2
            ?? throw new ArgumentException("Expected a certificate as X509Certificate2, which has a private key.", argument);
        return Use(full, Remember, argument);
    }

    private static TlsCredential Remember(X509Certificate2 certificate) =>
        ByCertificate.GetValue(certificate, static key => ToCredential(ServerCredential.Create(key)));

    /// <summary>A chain may go by way of the others: it is remembered for as long as these are the same.</summary>
    private static TlsCredential Remember(X509Certificate2 certificate, X509Certificate2[] others)
    {
        if (others.Length == 0)
        {
            return Remember(certificate);
        }

        if (!WithOthers.TryGetValue(certificate, out Companions? known) || !known.Others.SequenceEqual(others, ReferenceEqualityComparer.Instance))
        {
            known = new Companions(others, ToCredential(ServerCredential.Create(certificate, [.. others])));
            WithOthers.AddOrUpdate(certificate, known);
        }

        return known.Credential;
    }

    /// <summary>The first certificate with a private key, if there is one, and the others beside it.</summary>
    private static TlsCredential? RememberFirst(X509CertificateCollection certificates)
    {
        X509Certificate2? first = certificates.OfType<X509Certificate2>().FirstOrDefault(certificate => certificate.HasPrivateKey);
        return first is null ? null : Remember(first, [.. certificates.OfType<X509Certificate2>().Where(other => !ReferenceEquals(other, first))]);
    }

    /// <summary>The platform says what is wrong with a certificate when it is used: that is the caller's mistake.</summary>
    private static TResult Use<TSource, TResult>(TSource source, Func<TSource, TResult> use, string argument)
    {
        try
        {
            return use(source);
        }
        catch (CryptographicException exception)
        {
            throw new ArgumentException("Expected a certificate that can be used, and was not disposed of.", argument, exception);
        }
    }

    private static TlsCredential ToCredential(ServerCredential credential) => new(credential.Chain, credential.SignatureSchemes, credential);

    private sealed record Companions(X509Certificate2[] Others, TlsCredential Credential);
}
