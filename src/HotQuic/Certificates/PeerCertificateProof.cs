using HotQuic.Core.Packets;
using HotQuic.Core.Tls;

namespace HotQuic.Certificates;

/// <summary>What the peer sent to prove who it is, and whom we expect: the question to a <see cref="CertificateVerifier"/>.</summary>
internal sealed class PeerCertificateProof
{
    /// <summary>DER certificates as sent, the leaf first, the others in any order. Empty where a client has none.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; init; }

    /// <summary>The scheme of the CertificateVerify message.</summary>
    public required SignatureScheme Scheme { get; init; }

    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The content that the signature covers, not yet hashed (RFC 8446 §4.4.3).</summary>
    public required ReadOnlyMemory<byte> SignedContent { get; init; }

    public required EndpointRole PeerRole { get; init; }

    /// <summary>The host that a client wants to reach, for which a server's certificate must be; not used for a client's.</summary>
    public string? TargetHost { get; init; }

    /// <summary>What the user's callback gets as its sender.</summary>
    public required object Sender { get; init; }
}
