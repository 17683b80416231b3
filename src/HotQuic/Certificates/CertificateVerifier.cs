using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using HotQuic.Core.Errors;

namespace HotQuic.Certificates;

/// <summary>
/// Judges a peer's certificate: <see cref="Verify"/> once a handshake, on the thread pool and never on a shard, since it
/// builds a chain and may run the user's callback. One verifier serves all connections with the same options, from any thread.
/// In order: the certificates parse; the key fits the scheme and made the signature; chain and name, by the platform;
/// then the user's callback, if there is one, has the last word on chain and name. It never throws for what a peer sent.
/// Where the same chain was accepted before for the same host, policy and roots, <see cref="TryVerifyAgain"/> answers in a fraction of the
/// time, by the signature alone.
/// </summary>
internal sealed class CertificateVerifier
{
    private readonly CertificateVerificationOptions _options;
    private readonly VerdictCache _cache;
    private readonly byte[]? _fingerprint;

    /// <param name="options">How to judge.</param>
    /// <param name="cache">Where accepted chains are remembered; that of the process where none is given.</param>
    public CertificateVerifier(CertificateVerificationOptions options, VerdictCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(options);

        // A copy: what is accepted is remembered under the policy as it is now, also for others who have the same.
        _options = options with { ChainPolicy = options.ChainPolicy?.Clone() };
        _cache = cache ?? VerdictCache.Shared;
        _fingerprint = VerdictKey.Fingerprint(_options);
    }

    /// <summary>Judges a chain that was accepted before, cheap enough for a shard; false where <see cref="Verify"/> has to.</summary>
    public bool TryVerifyAgain(PeerCertificateProof proof, [NotNullWhen(true)] out CertificateVerdictResult? result)
    {
        result = null;
        if (_fingerprint is not null && proof.Chain.Count > 0
            && _cache.TryGet(VerdictKey.For(_fingerprint, proof), out PeerKey? key))
        {
            result = key.Check(proof) ?? new CertificateVerdictResult { Accepted = true, Leaf = new PeerCertificate(key.Certificate) };
        }

        return result is not null;
    }

    public CertificateVerdictResult Verify(PeerCertificateProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        try
        {
            return proof.Chain.Count == 0 ? DecideWithoutCertificate(proof) : VerifyCertificate(proof);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever else the platform finds in a peer's bytes must end one connection, not the process.
            return CertificateVerdictResult.Refused(TlsAlert.InternalError, "The certificate could not be judged.") with
            {
                Exception = exception,
            };
        }
    }

    private CertificateVerdictResult VerifyCertificate(PeerCertificateProof proof)
    {
        if (!PeerChain.TryParse(proof.Chain, out PeerChain? chain))
        {
            return CertificateVerdictResult.Refused(TlsAlert.BadCertificate, "A certificate is malformed.");
        }

        using (chain)
        {
            CertificateVerdictResult? result = HandshakeSignature.Check(chain.Leaf, proof, out PeerKey? key);
            if (result is null)
            {
                chain.Evaluate(_options, proof.PeerRole, proof.TargetHost);
                result = Decide(proof, chain, chain.Errors);
            }

            // Where the user's callback has seen the certificate, it may have kept it: then it is left to the collector.
            if (result.Accepted)
            {
                if (_fingerprint is not null)
                {
                    _cache.Add(VerdictKey.For(_fingerprint, proof), key!, chain.Chain);
                }

                return result with { Leaf = new PeerCertificate(chain.Leaf) };
            }

            if (_options.ValidationCallback is null)
            {
                chain.Leaf.Dispose();
            }

            return result;
        }
    }

    private CertificateVerdictResult DecideWithoutCertificate(PeerCertificateProof proof)
    {
        bool isError = _options.IsPeerCertificateRequired || _options.ValidationCallback is not null;
        return Decide(proof, chain: null, isError ? SslPolicyErrors.RemoteCertificateNotAvailable : SslPolicyErrors.None);
    }

    private CertificateVerdictResult Decide(PeerCertificateProof proof, PeerChain? chain, SslPolicyErrors errors)
    {
        bool isAccepted = errors == SslPolicyErrors.None;
        Exception? thrown = null;
        if (_options.ValidationCallback is { } callback)
        {
            try
            {
                isAccepted = callback(proof.Sender, chain?.Leaf, chain?.Chain, errors);
            }
            catch (Exception exception)
            {
                isAccepted = false;
                thrown = exception;
            }
        }

        if (isAccepted)
        {
            return new CertificateVerdictResult { Accepted = true, Errors = errors, ChainStatus = chain?.Status ?? default };
        }

        CertificateVerdictResult refusal = PolicyAlerts.Refuse(errors, chain?.Status ?? default);
        return thrown is null ? refusal : refusal with
        {
            Alert = TlsAlert.CertificateUnknown,
            Reason = "The application's validation callback failed.",
            Exception = thrown,
        };
    }
}
