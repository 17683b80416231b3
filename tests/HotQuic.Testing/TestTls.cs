using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using HotQuic.Core.Errors;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;

namespace HotQuic.Testing;

/// <summary>
/// Certificates and signatures for simulations: a "signature" is a hash of certificate and content, so that a run depends on
/// its seed alone. Real ones are tested elsewhere.
/// </summary>
internal static class TestTls
{
    private static readonly byte[] Certificate = Encoding.ASCII.GetBytes("a certificate for simulations");

    public static ImmutableArray<ReadOnlyMemory<byte>> Protocols { get; } = [Encoding.ASCII.GetBytes("sim")];

    /// <param name="certificateBytes">Makes the chain as long as a test needs.</param>
    /// <param name="suites">The suites in order; all by default.</param>
    public static TlsServerConfiguration Server(int certificateBytes = 700, ImmutableArray<CipherSuite>? suites = null) => new()
    {
        Credential = Credential(certificateBytes),
        ApplicationProtocols = Protocols,
        CipherSuites = suites ?? TlsClientConfiguration.DefaultCipherSuites,
    };

    /// <param name="suites">The suites in order; all by default.</param>
    /// <param name="keyShares">Without one the server has to ask (HelloRetryRequest).</param>
    /// <param name="helloBytes">Makes the ClientHello longer by so much or a little more, as a post-quantum key share does.</param>
    public static TlsClientConfiguration Client(ImmutableArray<CipherSuite>? suites = null, int keyShares = 1, int helloBytes = 0) => new()
    {
        InitialKeyShares = keyShares,
        ServerName = "localhost",
        ApplicationProtocols = [.. Enumerable.Range(0, (helloBytes + 15) / 16).Select(i => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes($"protocol {i:d6}")), .. Protocols],
        CipherSuites = suites ?? TlsClientConfiguration.DefaultCipherSuites,
    };

    public static TlsCredential Credential(int certificateBytes = 700)
    {
        byte[] leaf = new byte[Math.Max(certificateBytes, Certificate.Length)];
        Certificate.CopyTo(leaf, 0);
        return new TlsCredential([leaf], [SignatureScheme.EcdsaSecp256r1Sha256], state: null);
    }

    public static byte[] Sign(in SignatureRequest request) => Hash(request.Credential.Chain[0].Span, request.Content.Span);

    public static CertificateVerdict Judge(CertificateVerdictRequest request) =>
        request.Signature.Span.SequenceEqual(Hash(request.Chain[0].Span, request.SignedContent.Span))
            ? CertificateVerdict.Accepted
            : CertificateVerdict.Rejected(TlsAlert.DecryptError, "The signature does not fit.");

    private static byte[] Hash(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(certificate);
        hash.AppendData(content);
        return hash.GetHashAndReset();
    }
}
