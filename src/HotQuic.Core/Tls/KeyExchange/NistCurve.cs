using System.Numerics;
using System.Security.Cryptography;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// A NIST curve y² = x³ - 3x + b as far as it takes to refuse a public key that is not on it (RFC 8446 §4.2.8.2): both
/// curves have cofactor 1, so a point in range and on the curve is a good one. Public values only, so time does not matter.
/// The platform checks again on import, but by throwing.
/// </summary>
internal sealed class NistCurve
{
    private const byte Uncompressed = 4;
    private readonly BigInteger _prime;
    private readonly BigInteger _b;

    private NistCurve(ECCurve platform, string prime, string b)
    {
        Platform = platform;
        CoordinateLength = prime.Length / 2;
        _prime = Parse(prime);
        _b = Parse(b);
    }

    public static NistCurve P256 { get; } = new(
        ECCurve.NamedCurves.nistP256,
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    public static NistCurve P384 { get; } = new(
        ECCurve.NamedCurves.nistP384,
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef");

    public ECCurve Platform { get; }

    /// <summary>Bytes of a coordinate, and of a shared secret.</summary>
    public int CoordinateLength { get; }

    /// <summary>Bytes of an uncompressed point.</summary>
    public int PointLength => 1 + (2 * CoordinateLength);

    /// <summary>Writes the uncompressed form.</summary>
    public void Encode(ECPoint point, Span<byte> destination)
    {
        destination[0] = Uncompressed;
        point.X.CopyTo(destination[1..]);
        point.Y.CopyTo(destination[(1 + CoordinateLength)..]);
    }

    /// <summary>Reads an uncompressed point of exactly the right length; false where it is not on the curve.</summary>
    public bool TryDecode(ReadOnlySpan<byte> encoded, out ECPoint point)
    {
        point = default;
        if (encoded.Length != PointLength || encoded[0] != Uncompressed)
        {
            return false;
        }

        ReadOnlySpan<byte> x = encoded.Slice(1, CoordinateLength);
        ReadOnlySpan<byte> y = encoded[(1 + CoordinateLength)..];
        if (!IsOnCurve(new BigInteger(x, isUnsigned: true, isBigEndian: true), new BigInteger(y, isUnsigned: true, isBigEndian: true)))
        {
            return false;
        }

        point = new ECPoint { X = x.ToArray(), Y = y.ToArray() };
        return true;
    }

    private bool IsOnCurve(BigInteger x, BigInteger y)
    {
        if (x >= _prime || y >= _prime)
        {
            return false;
        }

        BigInteger left = y * y % _prime;
        BigInteger right = ((((x * x) - 3) * x) + _b) % _prime;
        return left == (right.Sign < 0 ? right + _prime : right);
    }

    private static BigInteger Parse(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
