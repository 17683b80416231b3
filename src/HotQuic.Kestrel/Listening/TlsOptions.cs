using System.Net.Security;

namespace HotQuic.Kestrel.Listening;

/// <summary>Options of TLS that belong to Kestrel, which uses them for TCP too: what is to be otherwise goes into a copy.</summary>
internal static class TlsOptions
{
    /// <summary>The same with other application protocols.</summary>
    public static SslServerAuthenticationOptions WithProtocols(SslServerAuthenticationOptions options, List<SslApplicationProtocol> protocols) => new()
    {
        ApplicationProtocols = protocols,
        ServerCertificate = options.ServerCertificate,
        ServerCertificateContext = options.ServerCertificateContext,
        ServerCertificateSelectionCallback = options.ServerCertificateSelectionCallback,
        CertificateChainPolicy = options.CertificateChainPolicy,
        CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
        CipherSuitesPolicy = options.CipherSuitesPolicy,
        ClientCertificateRequired = options.ClientCertificateRequired,
        EnabledSslProtocols = options.EnabledSslProtocols,
        EncryptionPolicy = options.EncryptionPolicy,
        RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
    };
}
