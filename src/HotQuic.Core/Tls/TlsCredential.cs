using System.Collections.Immutable;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>
/// A certificate chain and what its key can sign. The key itself stays outside: <see cref="State"/> leads whoever
/// answers a <see cref="SignatureRequest"/> back to it. Made once, shared by all connections: the chain is encoded here.
/// </summary>
internal sealed class TlsCredential
{
    /// <param name="chain">DER certificates, the leaf first.</param>
    /// <param name="signatureSchemes">What the leaf's key can sign, the preferred first; none of the PKCS #1 ones.</param>
    /// <param name="state">Anything the signer needs; never looked at here.</param>
    public TlsCredential(IReadOnlyList<ReadOnlyMemory<byte>> chain, ImmutableArray<SignatureScheme> signatureSchemes, object? state)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentOutOfRangeException.ThrowIfZero(chain.Count, nameof(chain));
        if (signatureSchemes.IsDefaultOrEmpty)
        {
            throw new ArgumentException("At least one scheme that the key can sign with is needed.", nameof(signatureSchemes));
        }

        foreach (SignatureScheme scheme in signatureSchemes)
        {
            if (!scheme.IsForHandshakeMessages())
            {
                throw new ArgumentException($"{scheme} cannot sign a handshake message.", nameof(signatureSchemes));
            }
        }

        Chain = [.. chain];
        SignatureSchemes = signatureSchemes;
        State = state;
        EncodedCertificateList = CertificateMessage.EncodeList(chain);
    }

    public ImmutableArray<ReadOnlyMemory<byte>> Chain { get; }

    public ImmutableArray<SignatureScheme> SignatureSchemes { get; }

    public object? State { get; }

    /// <summary>The certificate_list of a Certificate message, with its length in front.</summary>
    public ReadOnlyMemory<byte> EncodedCertificateList { get; }
}
