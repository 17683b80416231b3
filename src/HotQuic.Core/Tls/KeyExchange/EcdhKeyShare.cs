using System.Security.Cryptography;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>P-256 and P-384 through the platform, as key shares (RFC 8446 §4.2.8.2, §7.4.2).</summary>
internal sealed class EcdhKeyShare : KeyShare
{
    private readonly NistCurve _curve;
    private readonly ECDiffieHellman _key;
    private readonly byte[] _publicKey;

    public EcdhKeyShare(NamedGroup group)
        : this(group, ECDiffieHellman.Create(CurveOf(group).Platform))
    {
    }

    /// <summary>With a key that exists, and is disposed with the share.</summary>
    public EcdhKeyShare(NamedGroup group, ECDiffieHellman key)
        : base(group)
    {
        _curve = CurveOf(group);
        _key = key;
        _publicKey = new byte[_curve.PointLength];
        _curve.Encode(_key.ExportParameters(includePrivateParameters: false).Q, _publicKey);
    }

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override bool TryDeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret, out int length)
    {
        length = 0;
        if (!_curve.TryDecode(peerPublicKey, out ECPoint point))
        {
            return false;
        }

        try
        {
            using ECDiffieHellman peer = ECDiffieHellman.Create(new ECParameters { Curve = _curve.Platform, Q = point });
            using ECDiffieHellmanPublicKey peerKey = peer.PublicKey;
            byte[] agreement = _key.DeriveRawSecretAgreement(peerKey);

            // RFC 8446 §7.4.2: the x-coordinate at full length, leading zeros and all.
            length = _curve.CoordinateLength;
            secret[..length].Clear();
            agreement.CopyTo(secret[(length - agreement.Length)..]);
            CryptographicOperations.ZeroMemory(agreement);
            return true;
        }
        catch (CryptographicException)
        {
            // A platform that refuses what we found good: the peer's share is to blame, not our caller.
            length = 0;
            return false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _key.Dispose();
        }
    }

    private static NistCurve CurveOf(NamedGroup group) => group == NamedGroup.Secp384r1 ? NistCurve.P384 : NistCurve.P256;
}
