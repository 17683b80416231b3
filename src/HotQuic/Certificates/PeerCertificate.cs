using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Certificates;

/// <summary>A certificate that a peer showed and that was accepted. It is parsed when somebody asks for it.</summary>
internal sealed class PeerCertificate
{
    private readonly ReadOnlyMemory<byte> _der;
    private X509Certificate2? _certificate;

    public PeerCertificate(X509Certificate2 certificate)
    {
        _certificate = certificate;
    }

    /// <param name="der">One certificate in DER, known to parse; it must not change.</param>
    public PeerCertificate(ReadOnlyMemory<byte> der)
    {
        _der = der;
    }

    /// <summary>The same object every time, from any thread.</summary>
    public X509Certificate2 Value => LazyInitializer.EnsureInitialized(ref _certificate, () => X509CertificateLoader.LoadCertificate(_der.Span));
}
