using System.Net.Security;

namespace HotQuic.Http3.Connections;

/// <summary>The TLS options of a connection, made of the application's, which stay as they are.</summary>
internal static class TlsOptions
{
    public static SslClientAuthenticationOptions For(SslClientAuthenticationOptions? given, string host)
    {
        given ??= new SslClientAuthenticationOptions();
        SslClientAuthenticationOptions options = new()
        {
            AllowRenegotiation = given.AllowRenegotiation,
            AllowTlsResume = given.AllowTlsResume,
            ApplicationProtocols = given.ApplicationProtocols is { Count: > 0 } protocols ? protocols : [SslApplicationProtocol.Http3],
            CertificateChainPolicy = given.CertificateChainPolicy,
            CertificateRevocationCheckMode = given.CertificateRevocationCheckMode,
            ClientCertificateContext = given.ClientCertificateContext,
            ClientCertificates = given.ClientCertificates,
            EnabledSslProtocols = given.EnabledSslProtocols,
            EncryptionPolicy = given.EncryptionPolicy,
            LocalCertificateSelectionCallback = given.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = given.RemoteCertificateValidationCallback,
            TargetHost = string.IsNullOrEmpty(given.TargetHost) ? host : given.TargetHost,
        };
        if (given.CipherSuitesPolicy is not null)
        {
            options.CipherSuitesPolicy = given.CipherSuitesPolicy;
        }

        return options;
    }
}
