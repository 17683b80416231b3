using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HotQuic.Certificates;

/// <summary>
/// What a verdict on a certificate depends on, as one SHA-256: policy and trusted roots, who is judged, for which host, and every
/// certificate as it was sent, in its order. Two that differ in any of these differ in their keys.
/// </summary>
internal readonly record struct VerdictKey(UInt128 High, UInt128 Low)
{
    /// <param name="policy">Of <see cref="Fingerprint"/>.</param>
    /// <param name="proof">Whom the verdict is about.</param>
    public static VerdictKey For(ReadOnlySpan<byte> policy, PeerCertificateProof proof)
    {
        string host = proof.TargetHost ?? "";
        int length = policy.Length + sizeof(int) + (sizeof(int) + Encoding.UTF8.GetMaxByteCount(host.Length));
        foreach (ReadOnlyMemory<byte> certificate in proof.Chain)
        {
            length += sizeof(int) + certificate.Length;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        policy.CopyTo(rented);
        int at = policy.Length;
        at += WriteNumber(rented.AsSpan(at), (int)proof.PeerRole);
        int hostLength = Encoding.UTF8.GetBytes(host, rented.AsSpan(at + sizeof(int)));
        at += WriteNumber(rented.AsSpan(at), hostLength) + hostLength;
        foreach (ReadOnlyMemory<byte> certificate in proof.Chain)
        {
            at += WriteNumber(rented.AsSpan(at), certificate.Length);
            certificate.Span.CopyTo(rented.AsSpan(at));
            at += certificate.Length;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(rented.AsSpan(0, at), hash);
        ArrayPool<byte>.Shared.Return(rented);
        return new VerdictKey(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    /// <summary>Everything of the options that a verdict may depend on; null where a verdict must not be used a second time.</summary>
    public static byte[]? Fingerprint(CertificateVerificationOptions options)
    {
        // A callback may change its mind, and so may a revocation service.
        if (options.ValidationCallback is not null)
        {
            return null;
        }

        if (options.ChainPolicy is not { } policy)
        {
            return options.RevocationMode == X509RevocationMode.NoCheck ? Hash(options.TrustedRoots is null ? 0 : 1, options.TrustedRoots ?? []) : null;
        }

        if (policy.RevocationMode != X509RevocationMode.NoCheck || !policy.VerificationTimeIgnored)
        {
            return null;
        }

        int choices = (int)policy.VerificationFlags << 4 | (int)policy.TrustMode << 3 | (policy.DisableCertificateDownloads ? 4 : 0) | 2;
        return Hash(choices, policy.CustomTrustStore, policy.ExtraStore, policy.ApplicationPolicy, policy.CertificatePolicy);
    }

    private static byte[] Hash(int choices, X509Certificate2Collection roots, X509Certificate2Collection? extra = null, params ReadOnlySpan<OidCollection> purposes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(int)];
        hash.AppendData(number[..WriteNumber(number, choices)]);
        foreach (X509Certificate2Collection certificates in (ReadOnlySpan<X509Certificate2Collection>)[roots, extra ?? []])
        {
            hash.AppendData(number[..WriteNumber(number, certificates.Count)]);
            foreach (X509Certificate2 certificate in certificates)
            {
                hash.AppendData(number[..WriteNumber(number, certificate.RawDataMemory.Length)]);
                hash.AppendData(certificate.RawDataMemory.Span);
            }
        }

        foreach (OidCollection collection in purposes)
        {
            hash.AppendData(number[..WriteNumber(number, collection.Count)]);
            foreach (Oid purpose in collection)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(purpose.Value + "\0"));
            }
        }

        return hash.GetHashAndReset();
    }

    private static int WriteNumber(Span<byte> destination, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, value);
        return sizeof(int);
    }
}
