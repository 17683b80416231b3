using HotQuic.Core.Packets;

namespace HotQuic.Core.Tls;

/// <summary>
/// The peer's certificate chain and its proof of the key: one question, whose answer covers both. Who answers checks that
/// <see cref="Signature"/> over <see cref="SignedContent"/> is made by the leaf's key (else decrypt_error), that the key
/// is of the kind <see cref="Scheme"/> names and may sign (digitalSignature, where key usage is stated; else illegal_parameter
/// or unsupported_certificate), and the chain and name as its policy wants. Everything here stays valid after the handshake is gone.
/// </summary>
internal sealed class CertificateVerdictRequest
{
    /// <summary>
    /// DER certificates as sent, the leaf first; the others in whatever order the peer chose. Empty where a client has none to show and need
    /// not have one (<see cref="ClientCertificateMode.Request"/>): then there is no signature either.
    /// </summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; init; }

    /// <summary>A scheme that we offered and that is fit for handshake messages.</summary>
    public required SignatureScheme Scheme { get; init; }

    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The content covered by the signature, not yet hashed (RFC 8446 §4.4.3).</summary>
    public required ReadOnlyMemory<byte> SignedContent { get; init; }

    /// <summary>On a client the name it wanted to reach, on a server the name the client asked for.</summary>
    public required string? ServerName { get; init; }

    /// <summary>Whose certificate this is.</summary>
    public required EndpointRole PeerRole { get; init; }
}
