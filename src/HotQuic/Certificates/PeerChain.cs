using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Packets;

namespace HotQuic.Certificates;

/// <summary>
/// The certificates a peer sent, and the platform's opinion of them. Parse with <see cref="TryParse"/>, then
/// <see cref="Evaluate"/> once; <see cref="Errors"/>, <see cref="Status"/> and <see cref="Chain"/> tell the outcome.
/// Disposing frees all but the <see cref="Leaf"/>.
/// </summary>
internal sealed class PeerChain : IDisposable
{
    private readonly X509Certificate2[] _others;
    private readonly X509Chain _chain = new();

    private PeerChain(X509Certificate2 leaf, X509Certificate2[] others)
    {
        Leaf = leaf;
        _others = others;
    }

    public X509Certificate2 Leaf { get; }

    public X509Chain Chain => _chain;

    public SslPolicyErrors Errors { get; private set; }

    public X509ChainStatusFlags Status { get; private set; }

    /// <summary>False where any of the certificates is not exactly one certificate in DER.</summary>
    public static bool TryParse(IReadOnlyList<ReadOnlyMemory<byte>> certificates, [NotNullWhen(true)] out PeerChain? chain)
    {
        X509Certificate2[] parsed = new X509Certificate2[certificates.Count];
        for (int i = 0; i < parsed.Length; i++)
        {
            X509Certificate2? certificate = Parse(certificates[i].Span);
            if (certificate is null)
            {
                DisposeAll(parsed.AsSpan(0, i));
                chain = null;
                return false;
            }

            parsed[i] = certificate;
        }

        chain = new PeerChain(parsed[0], parsed[1..]);
        return true;
    }

    /// <summary>Builds the chain and compares the name, as SslStream does.</summary>
    public void Evaluate(CertificateVerificationOptions options, EndpointRole peerRole, string? targetHost)
    {
        _chain.ChainPolicy = options.ChainPolicy?.Clone() ?? CreatePolicy(options, peerRole);
        _chain.ChainPolicy.ExtraStore.AddRange(_others);
        if (_chain.ChainPolicy.ApplicationPolicy.Count == 0)
        {
            _chain.ChainPolicy.ApplicationPolicy.Add(new Oid(KeyPurpose.Of(peerRole)));
        }

        bool isChainGood;
        try
        {
            isChainGood = _chain.Build(Leaf);
        }
        catch (CryptographicException)
        {
            isChainGood = false;
        }

        foreach (X509ChainStatus status in _chain.ChainStatus)
        {
            Status |= status.Status;
        }

        bool isNameChecked = peerRole == EndpointRole.Server
            && !_chain.ChainPolicy.VerificationFlags.HasFlag(X509VerificationFlags.IgnoreInvalidName);
        bool isNameGood = !isNameChecked || PeerHostName.Matches(Leaf, targetHost);
        Errors = (isChainGood ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors)
            | (isNameGood ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateNameMismatch);
    }

    public void Dispose()
    {
        foreach (X509ChainElement element in _chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        _chain.Dispose();
        DisposeAll(_others);
    }

    private static X509ChainPolicy CreatePolicy(CertificateVerificationOptions options, EndpointRole peerRole)
    {
        X509ChainPolicy policy = new()
        {
            RevocationMode = options.RevocationMode,
            RevocationFlag = X509RevocationFlag.ExcludeRoot,

            // A client must not be able to send a server to addresses of its choosing; .NET 11's SslStream sees it so too.
            DisableCertificateDownloads = peerRole == EndpointRole.Client,
        };
        if (options.TrustedRoots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(options.TrustedRoots);
        }

        return policy;
    }

    private static X509Certificate2? Parse(ReadOnlySpan<byte> der)
    {
        try
        {
            X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);

            // The platform would also take PEM, and bytes after the end.
            if (certificate.RawDataMemory.Span.SequenceEqual(der))
            {
                return certificate;
            }

            certificate.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static void DisposeAll(ReadOnlySpan<X509Certificate2> certificates)
    {
        foreach (X509Certificate2 certificate in certificates)
        {
            certificate.Dispose();
        }
    }
}
