using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;

namespace HotQuic.Tests.Certificates;

/// <summary>A peer with a certificate: makes the proof that it would send, or one bent for a test.</summary>
internal sealed class TestPeer(X509Certificate2 certificate, params X509Certificate2[] others)
{
    public static readonly byte[] Content = "the content of a CertificateVerify"u8.ToArray();

    public static readonly object Sender = new();

    public static TestPeer OnP256(TestAuthority issuer, LeafWish? wish = null, params X509Certificate2[] others)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new TestPeer(issuer.Issue(key, wish), others);
    }

    public X509Certificate2 Certificate => certificate;

    public PeerCertificateProof Prove(string? host = "host.example", EndpointRole role = EndpointRole.Server)
    {
        ServerCredential credential = ServerCredential.Create(certificate);
        return Prove(Sign(credential, credential.SignatureSchemes[0]), credential.SignatureSchemes[0], host, role);
    }

    public PeerCertificateProof Prove(
        byte[] signature, SignatureScheme scheme, string? host = "host.example", EndpointRole role = EndpointRole.Server) => new()
        {
            Chain = [certificate.RawData, .. others.Select(other => (ReadOnlyMemory<byte>)other.RawData)],
            Scheme = scheme,
            Signature = signature,
            SignedContent = Content,
            PeerRole = role,
            TargetHost = host,
            Sender = Sender,
        };

    public static CertificateVerdictResult? CheckSignature(X509Certificate2 leaf, PeerCertificateProof proof) =>
        HandshakeSignature.Check(leaf, proof, out _);

    public static byte[] Sign(ServerCredential credential, SignatureScheme scheme)
    {
        byte[] signature = new byte[1024];
        Assert.True(credential.TrySign(scheme, Content, signature, out int written));
        return signature[..written];
    }
}
