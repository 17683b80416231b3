using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>Lengths of ChaCha20 (RFC 8439 §2.3).</summary>
internal static class ChaCha20
{
    public const int KeyLength = 32;
    public const int BlockLength = 64;

    /// <summary>Counter (4 bytes, little-endian) and nonce (12): the last row of the state.</summary>
    public const int PositionLength = 16;
}

/// <summary>
/// The ChaCha20 block function (RFC 8439 §2.3) for many blocks of one key. A group of blocks, as many as a vector has rows for, is one
/// chain of dependent instructions that fills about a third of the processor's vector units; so two or three groups go through the
/// rounds together, and any number of groups is made of twos and threes. AggressiveOptimization, since tier-0 code is many times slower
/// and handshakes are short. NoInlining, since that does not imply it: what the JIT pulls into a caller competes for one budget of
/// inlining, and the rounds that then stay calls take their vectors through memory (PacketProtectionBenchmarks.Open).
/// </summary>
internal static unsafe class ChaCha20<TRows>
    where TRows : struct, IChaCha20Rows<TRows>
{
    /// <summary>Bytes of keystream of one group.</summary>
    public static int GroupLength => TRows.Blocks * ChaCha20.BlockLength;

    /// <summary>Bytes of positions, and of rows, that <see cref="FirstRows"/> takes.</summary>
    public static int FirstRowsLength => 2 * TRows.Blocks * ChaCha20.PositionLength;

    private static Vector128<uint> Constants => Vector128.Create(0x61707865u, 0x3320646e, 0x79622d32, 0x6b206574); // "expand 32-byte k"

    /// <summary>Writes the keystream of consecutive blocks, by groups; a single group is rounded up to two.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="position">Counter and nonce of the first block.</param>
    /// <param name="destination">Room for the groups, two at least.</param>
    /// <param name="groups">1 or more.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void WriteKeystream(byte* key, Vector128<uint> position, byte* destination, int groups)
    {
        while (groups > 0)
        {
            int together = groups is 3 or > 4 ? 3 : 2;
            if (together == 3)
            {
                ThreeGroups(key, position, destination);
            }
            else
            {
                TwoGroups(key, position, destination);
            }

            groups -= together;
            destination += together * GroupLength;
            position += Vector128.CreateScalar((uint)(together * TRows.Blocks));
        }
    }

    /// <summary>
    /// The first row of one block. A received packet's header comes alone: for it this is half the work of <see cref="FirstRows"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector128<byte> FirstRow(byte* key, Vector128<uint> position)
    {
        TRows a0 = TRows.OfAll(Constants);
        TRows a = a0, b = TRows.OfAll(Vector128.Load(key).AsUInt32()), c = TRows.OfAll(Vector128.Load(key + 16).AsUInt32());
        TRows d = TRows.OfAll(position);
        for (int doubleRound = 0; doubleRound < 10; doubleRound++)
        {
            DoubleRound(ref a, ref b, ref c, ref d);
        }

        TRows row = a + a0;
        return Unsafe.As<TRows, Vector128<byte>>(ref row);
    }

    /// <summary>For each position the first row of its block: two groups of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void FirstRows(byte* key, byte* positions, byte* destination)
    {
        TRows a0 = TRows.OfAll(Constants);
        TRows b0 = TRows.OfAll(Vector128.Load(key).AsUInt32());
        TRows c0 = TRows.OfAll(Vector128.Load(key + 16).AsUInt32());
        TRows aX = a0, bX = b0, cX = c0, dX = TRows.Load(positions);
        TRows aY = a0, bY = b0, cY = c0, dY = TRows.Load(positions + (FirstRowsLength / 2));
        for (int doubleRound = 0; doubleRound < 10; doubleRound++)
        {
            DoubleRound(ref aX, ref bX, ref cX, ref dX);
            DoubleRound(ref aY, ref bY, ref cY, ref dY);
        }

        (aX + a0).Store(destination);
        (aY + a0).Store(destination + (FirstRowsLength / 2));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void TwoGroups(byte* key, Vector128<uint> position, byte* destination)
    {
        TRows a0 = TRows.OfAll(Constants);
        TRows b0 = TRows.OfAll(Vector128.Load(key).AsUInt32());
        TRows c0 = TRows.OfAll(Vector128.Load(key + 16).AsUInt32());
        TRows d0 = TRows.Positions(position);
        TRows next = TRows.OfAll(Vector128.CreateScalar((uint)TRows.Blocks));
        TRows aX = a0, bX = b0, cX = c0, dX = d0;
        TRows aY = a0, bY = b0, cY = c0, dY = d0 + next;
        for (int doubleRound = 0; doubleRound < 10; doubleRound++)
        {
            DoubleRound(ref aX, ref bX, ref cX, ref dX);
            DoubleRound(ref aY, ref bY, ref cY, ref dY);
        }

        TRows.StoreBlocks(aX + a0, bX + b0, cX + c0, dX + d0, destination);
        TRows.StoreBlocks(aY + a0, bY + b0, cY + c0, dY + d0 + next, destination + GroupLength);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ThreeGroups(byte* key, Vector128<uint> position, byte* destination)
    {
        TRows a0 = TRows.OfAll(Constants);
        TRows b0 = TRows.OfAll(Vector128.Load(key).AsUInt32());
        TRows c0 = TRows.OfAll(Vector128.Load(key + 16).AsUInt32());
        TRows d0 = TRows.Positions(position);
        TRows next = TRows.OfAll(Vector128.CreateScalar((uint)TRows.Blocks));
        TRows aX = a0, bX = b0, cX = c0, dX = d0;
        TRows aY = a0, bY = b0, cY = c0, dY = d0 + next;
        TRows aZ = a0, bZ = b0, cZ = c0, dZ = dY + next;
        for (int doubleRound = 0; doubleRound < 10; doubleRound++)
        {
            DoubleRound(ref aX, ref bX, ref cX, ref dX);
            DoubleRound(ref aY, ref bY, ref cY, ref dY);
            DoubleRound(ref aZ, ref bZ, ref cZ, ref dZ);
        }

        TRows.StoreBlocks(aX + a0, bX + b0, cX + c0, dX + d0, destination);
        TRows.StoreBlocks(aY + a0, bY + b0, cY + c0, dY + d0 + next, destination + GroupLength);
        TRows.StoreBlocks(aZ + a0, bZ + b0, cZ + c0, dZ + d0 + next + next, destination + (2 * GroupLength));
    }

    /// <summary>A column round and a diagonal round (RFC 8439 §2.3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DoubleRound(ref TRows a, ref TRows b, ref TRows c, ref TRows d)
    {
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = b.Turn1();
        c = c.Turn2();
        d = d.Turn3();
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = b.Turn3();
        c = c.Turn2();
        d = d.Turn1();
    }

    /// <summary>Four quarter rounds side by side, for all blocks of a group (RFC 8439 §2.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(ref TRows a, ref TRows b, ref TRows c, ref TRows d)
    {
        a += b;
        d = (d ^ a).RotateLeft16();
        c += d;
        b = (b ^ c).RotateLeft12();
        a += b;
        d = (d ^ a).RotateLeft8();
        c += d;
        b = (b ^ c).RotateLeft7();
    }
}
