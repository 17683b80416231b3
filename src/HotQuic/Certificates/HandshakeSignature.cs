using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;

namespace HotQuic.Certificates;

/// <summary>Checks that the key of a peer's certificate made the signature of its CertificateVerify (RFC 8446 §4.4.3).</summary>
internal static class HandshakeSignature
{
    /// <summary>Null where the signature holds, else the refusal, which no callback can overrule.</summary>
    /// <param name="leaf">The peer's certificate.</param>
    /// <param name="proof">What it signed.</param>
    /// <param name="key">The certificate's key, for further handshakes; null where it cannot be read.</param>
    public static CertificateVerdictResult? Check(X509Certificate2 leaf, PeerCertificateProof proof, out PeerKey? key)
    {
        key = null;
        try
        {
            key = new PeerKey(leaf);
            return key.Check(proof);
        }
        catch (CryptographicException)
        {
            return CertificateVerdictResult.Refused(TlsAlert.BadCertificate, "The certificate's key cannot be read.");
        }
    }
}
