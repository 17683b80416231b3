using System.Numerics;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>X25519 (RFC 7748 §5), by the book over big integers.</summary>
internal static class X25519
{
    /// <summary>Length of scalars, coordinates and results, in bytes.</summary>
    public const int KeyLength = 32;

    private static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;

    public static void ScalarMultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        Span<byte> basePoint = stackalloc byte[KeyLength];
        basePoint.Clear();
        basePoint[0] = 9;
        ScalarMultiply(scalar, basePoint, result);
    }

    public static void ScalarMultiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> u, Span<byte> result)
    {
        Span<byte> k = stackalloc byte[KeyLength];
        scalar.CopyTo(k);
        k[0] &= 248;
        k[31] = (byte)((k[31] & 127) | 64);
        BigInteger x1 = (new BigInteger(u, isUnsigned: true) & (BigInteger.Pow(2, 255) - 1)) % Prime;
        (BigInteger x2, BigInteger z2, BigInteger x3, BigInteger z3) = (1, 0, x1, 1);
        for (int bit = 254; bit >= 0; bit--)
        {
            bool isSet = ((k[bit >> 3] >> (bit & 7)) & 1) == 1;
            if (isSet)
            {
                (x2, x3, z2, z3) = (x3, x2, z3, z2);
            }

            (BigInteger a, BigInteger b, BigInteger c, BigInteger d) = (x2 + z2, x2 - z2, x3 + z3, x3 - z3);
            (BigInteger aa, BigInteger bb, BigInteger da, BigInteger cb) = (a * a, b * b, d * a, c * b);
            BigInteger e = aa - bb;
            (x3, z3) = ((da + cb) * (da + cb) % Prime, x1 * ((da - cb) * (da - cb) % Prime) % Prime);
            (x2, z2) = (aa * bb % Prime, e * (aa + (121665 * e)) % Prime);
            if (isSet)
            {
                (x2, x3, z2, z3) = (x3, x2, z3, z2);
            }
        }

        BigInteger affine = x2 * BigInteger.ModPow(z2, Prime - 2, Prime) % Prime;
        result[..KeyLength].Clear();
        _ = (affine.Sign < 0 ? affine + Prime : affine).TryWriteBytes(result, out _, isUnsigned: true);
    }
}
