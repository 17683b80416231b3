using System.Collections.Immutable;
using System.Security.Cryptography;
using HotQuic.Core.Tls;

namespace HotQuic.Certificates;

/// <summary>
/// What a signature scheme asks of key and hash (RFC 8446 §4.2.3), as one table for signing and verifying. A scheme that is
/// not in <see cref="All"/> (PKCS #1, SHA-1, Ed25519, PSS keys) cannot sign a handshake here.
/// </summary>
internal readonly record struct SignatureRule(SignatureScheme Scheme, KeyKind Key, HashAlgorithmName Hash, int HashLength)
{
    /// <summary>All schemes for handshake messages, in the order in which we prefer them.</summary>
    public static ImmutableArray<SignatureRule> All { get; } =
    [
        new(SignatureScheme.EcdsaSecp256r1Sha256, KeyKind.EcdsaP256, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
        new(SignatureScheme.EcdsaSecp384r1Sha384, KeyKind.EcdsaP384, HashAlgorithmName.SHA384, SHA384.HashSizeInBytes),
        new(SignatureScheme.EcdsaSecp521r1Sha512, KeyKind.EcdsaP521, HashAlgorithmName.SHA512, SHA512.HashSizeInBytes),
        new(SignatureScheme.RsaPssRsaeSha256, KeyKind.Rsa, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
        new(SignatureScheme.RsaPssRsaeSha384, KeyKind.Rsa, HashAlgorithmName.SHA384, SHA384.HashSizeInBytes),
        new(SignatureScheme.RsaPssRsaeSha512, KeyKind.Rsa, HashAlgorithmName.SHA512, SHA512.HashSizeInBytes),
    ];

    /// <summary>The rule of a scheme, or null where it cannot sign a handshake here.</summary>
    public static SignatureRule? Find(SignatureScheme scheme)
    {
        foreach (SignatureRule rule in All)
        {
            if (rule.Scheme == scheme)
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>Whether a PSS signature with this hash and a salt as long fits into so short a modulus (RFC 8017 §9.1.1).</summary>
    public bool FitsModulus(int keySizeInBits) => (2 * HashLength) + 2 <= (keySizeInBits + 6) / 8;
}
