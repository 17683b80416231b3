using System.Runtime.Intrinsics;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>
/// ARM's four instructions as its architecture manual defines them, byte by byte and bit by bit: so the ARM kernel's logic runs, and is
/// compared with the others, on any processor.
/// </summary>
internal readonly struct ModelledArmCrypto : IArmCryptoExtension
{
    private static readonly byte[] Substitutes = MakeSubstitutes();

    public static Vector128<byte> Encrypt(Vector128<byte> state, Vector128<byte> key)
    {
        Span<byte> before = stackalloc byte[16];
        Span<byte> after = stackalloc byte[16];
        (state ^ key).CopyTo(before);
        for (int i = 0; i < after.Length; i++)
        {
            // Row i % 4 moves to the left by as many columns, and columns are four bytes apart (FIPS 197 §5.1.2).
            after[i] = Substitutes[before[(i + (4 * (i % 4))) % 16]];
        }

        return Vector128.Create<byte>(after);
    }

    public static Vector128<byte> MixColumns(Vector128<byte> state)
    {
        Span<byte> before = stackalloc byte[16];
        Span<byte> after = stackalloc byte[16];
        state.CopyTo(before);
        for (int i = 0; i < after.Length; i++)
        {
            // FIPS 197 §5.1.3
            int column = i & ~3;
            byte own = before[i];
            byte next = before[column + ((i + 1) % 4)];
            after[i] = (byte)(Double(own) ^ Double(next) ^ next ^ before[column + ((i + 2) % 4)] ^ before[column + ((i + 3) % 4)]);
        }

        return Vector128.Create<byte>(after);
    }

    public static Vector128<ulong> MultiplyLow(Vector64<ulong> a, Vector64<ulong> b) => Multiply(a.ToScalar(), b.ToScalar());

    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b) => Multiply(a.GetElement(1), b.GetElement(1));

    private static Vector128<ulong> Multiply(ulong a, ulong b)
    {
        UInt128 product = 0;
        for (int bit = 0; bit < 64; bit++)
        {
            product ^= ((UInt128)a << bit) * ((b >> bit) & 1);
        }

        return Vector128.Create((ulong)product, (ulong)(product >> 64));
    }

    private static byte Double(byte value) => (byte)((value << 1) ^ ((value >> 7) * 0x1b));

    /// <summary>FIPS 197 §5.1.1: the inverse in GF(2^8), then the affine transformation.</summary>
    private static byte[] MakeSubstitutes()
    {
        byte[] substitutes = new byte[256];
        for (int value = 0; value < 256; value++)
        {
            byte inverse = 1;
            for (int i = 0; i < 254; i++)
            {
                inverse = Multiply(inverse, (byte)value);
            }

            int repeated = inverse * 0x101;
            substitutes[value] = (byte)(inverse ^ (repeated >> 4) ^ (repeated >> 5) ^ (repeated >> 6) ^ (repeated >> 7) ^ 0x63);
        }

        return substitutes;
    }

    private static byte Multiply(byte a, byte b)
    {
        byte product = 0;
        for (; b != 0; b >>= 1, a = Double(a))
        {
            product ^= (byte)(a * (b & 1));
        }

        return product;
    }
}
