using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// The ChaCha20 block function (RFC 8439 §2.3), for two blocks of one key at a time. A vector holds a row of the state for both blocks,
/// one in each half, so that the diagonal round is the column round with its rows rotated.
/// </summary>
internal static class ChaCha20
{
    public const int KeyLength = 32;
    public const int BlockLength = 64;

    /// <summary>Counter (4 bytes, little-endian) and nonce (12): the last row of the state.</summary>
    public const int PositionLength = 16;

    /// <summary>The blocks at two positions, row by row: the lower half of each row is the first block's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Rows TwoBlocks(Vector128<uint> keyLow, Vector128<uint> keyHigh, Vector256<uint> positions)
    {
        var constants = Vector128.Create(0x61707865u, 0x3320646e, 0x79622d32, 0x6b206574); // "expand 32-byte k"
        Vector256<uint> a0 = Vector256.Create(constants, constants);
        Vector256<uint> b0 = Vector256.Create(keyLow, keyLow);
        Vector256<uint> c0 = Vector256.Create(keyHigh, keyHigh);
        Vector256<uint> a = a0, b = b0, c = c0, d = positions;
        for (int doubleRound = 0; doubleRound < 10; doubleRound++)
        {
            QuarterRounds(ref a, ref b, ref c, ref d);
            b = Vector256.Shuffle(b, Vector256.Create(1u, 2, 3, 0, 5, 6, 7, 4));
            c = Vector256.Shuffle(c, Vector256.Create(2u, 3, 0, 1, 6, 7, 4, 5));
            d = Vector256.Shuffle(d, Vector256.Create(3u, 0, 1, 2, 7, 4, 5, 6));
            QuarterRounds(ref a, ref b, ref c, ref d);
            b = Vector256.Shuffle(b, Vector256.Create(3u, 0, 1, 2, 7, 4, 5, 6));
            c = Vector256.Shuffle(c, Vector256.Create(2u, 3, 0, 1, 6, 7, 4, 5));
            d = Vector256.Shuffle(d, Vector256.Create(1u, 2, 3, 0, 5, 6, 7, 4));
        }

        return new Rows(a + a0, b + b0, c + c0, d + positions);
    }

    /// <summary>Four quarter rounds side by side, for both blocks (RFC 8439 §2.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d)
    {
        a += b;
        d = RotateLeft(d ^ a, 16);
        c += d;
        b = RotateLeft(b ^ c, 12);
        a += b;
        d = RotateLeft(d ^ a, 8);
        c += d;
        b = RotateLeft(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RotateLeft(Vector256<uint> value, int bits) => (value << bits) | (value >>> (32 - bits));

    /// <summary>Four rows of two blocks.</summary>
    public readonly record struct Rows(Vector256<uint> A, Vector256<uint> B, Vector256<uint> C, Vector256<uint> D);
}
