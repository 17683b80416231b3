using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Certificates;

/// <summary>
/// How the user wants the peer's certificate judged; the names and defaults are those of SslStream's options. Set it up, give
/// it to a <see cref="CertificateVerifier"/>, and change it no more.
/// </summary>
internal sealed record CertificateVerificationOptions
{
    /// <summary>Whether a peer that shows no certificate is refused. A server always shows one, so this is about clients.</summary>
    public bool IsPeerCertificateRequired { get; init; } = true;

    /// <summary>Decides in the end, whatever was found. It runs on the thread that asks for the verdict, so it may block.</summary>
    public RemoteCertificateValidationCallback? ValidationCallback { get; init; }

    /// <summary>Where given, takes the place of <see cref="RevocationMode"/> and <see cref="TrustedRoots"/>. Cloned for each use.</summary>
    public X509ChainPolicy? ChainPolicy { get; init; }

    /// <summary>NoCheck by default. The root's own revocation is never checked.</summary>
    public X509RevocationMode RevocationMode { get; init; } = X509RevocationMode.NoCheck;

    /// <summary>Where given, these roots are trusted in place of the machine's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }
}
