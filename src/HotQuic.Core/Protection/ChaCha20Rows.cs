using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>
/// One row of the ChaCha20 state (RFC 8439 §2.3), four words, for as many blocks as the vector is wide: one block's row in each 128
/// bits. So the diagonal round is the column round with its rows turned, no block's words leave their 128 bits, and any number of
/// blocks can be had. One vector in a struct stays in a register.
/// </summary>
internal unsafe interface IChaCha20Rows<TSelf>
    where TSelf : struct, IChaCha20Rows<TSelf>
{
    /// <summary>Blocks in a vector.</summary>
    static abstract int Blocks { get; }

    static abstract bool IsSupported { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator ^(TSelf left, TSelf right);

    /// <summary>The same row for every block.</summary>
    static abstract TSelf OfAll(Vector128<uint> row);

    /// <summary>The last row of consecutive blocks: the counter is the first word.</summary>
    static abstract TSelf Positions(Vector128<uint> first);

    static abstract TSelf Load(byte* source);

    void Store(byte* destination);

    /// <summary>Writes the blocks one after the other.</summary>
    static abstract void StoreBlocks(TSelf a, TSelf b, TSelf c, TSelf d, byte* destination);

    TSelf RotateLeft16();

    TSelf RotateLeft12();

    TSelf RotateLeft8();

    TSelf RotateLeft7();

    /// <summary>The row's words turned by one place: word 1 comes first.</summary>
    TSelf Turn1();

    TSelf Turn2();

    TSelf Turn3();
}

/// <summary>One block: any processor with vectors of 128 bits (SSE, AdvSimd).</summary>
internal readonly unsafe struct ChaCha20Rows128(Vector128<uint> words) : IChaCha20Rows<ChaCha20Rows128>
{
    private readonly Vector128<uint> _words = words;

    public static int Blocks => 1;

    public static bool IsSupported => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows128 operator +(ChaCha20Rows128 left, ChaCha20Rows128 right) => new(left._words + right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows128 operator ^(ChaCha20Rows128 left, ChaCha20Rows128 right) => new(left._words ^ right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows128 OfAll(Vector128<uint> row) => new(row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows128 Positions(Vector128<uint> first) => new(first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows128 Load(byte* source) => new(Vector128.Load(source).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(byte* destination) => _words.AsByte().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBlocks(ChaCha20Rows128 a, ChaCha20Rows128 b, ChaCha20Rows128 c, ChaCha20Rows128 d, byte* destination)
    {
        a.Store(destination);
        b.Store(destination + 16);
        c.Store(destination + 32);
        d.Store(destination + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 RotateLeft16() => new(
        Vector128.Shuffle(_words.AsByte(), Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 RotateLeft12() => new((_words << 12) | (_words >>> 20));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 RotateLeft8() => new(
        Vector128.Shuffle(_words.AsByte(), Vector128.Create((byte)3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 RotateLeft7() => new((_words << 7) | (_words >>> 25));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 Turn1() => new(Vector128.Shuffle(_words, Vector128.Create(1u, 2, 3, 0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 Turn2() => new(Vector128.Shuffle(_words, Vector128.Create(2u, 3, 0, 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows128 Turn3() => new(Vector128.Shuffle(_words, Vector128.Create(3u, 0, 1, 2)));
}

/// <summary>Two blocks (AVX2), which rotates whole bytes by a shuffle.</summary>
internal readonly unsafe struct ChaCha20Rows256(Vector256<uint> words) : IChaCha20Rows<ChaCha20Rows256>
{
    private readonly Vector256<uint> _words = words;

    public static int Blocks => 2;

    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows256 operator +(ChaCha20Rows256 left, ChaCha20Rows256 right) => new(left._words + right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows256 operator ^(ChaCha20Rows256 left, ChaCha20Rows256 right) => new(left._words ^ right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows256 OfAll(Vector128<uint> row) => new(Vector256.Create(row, row));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows256 Positions(Vector128<uint> first) =>
        new(Vector256.Create(first, first) + Vector256.Create(0u, 0, 0, 0, 1, 0, 0, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows256 Load(byte* source) => new(Vector256.Load(source).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(byte* destination) => _words.AsByte().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBlocks(ChaCha20Rows256 a, ChaCha20Rows256 b, ChaCha20Rows256 c, ChaCha20Rows256 d, byte* destination)
    {
        Avx2.Permute2x128(a._words, b._words, 0x20).AsByte().Store(destination);
        Avx2.Permute2x128(c._words, d._words, 0x20).AsByte().Store(destination + 32);
        Avx2.Permute2x128(a._words, b._words, 0x31).AsByte().Store(destination + 64);
        Avx2.Permute2x128(c._words, d._words, 0x31).AsByte().Store(destination + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 RotateLeft16() => new(Avx2.Shuffle(
        _words.AsByte(),
        Vector256.Create(
            (byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 RotateLeft12() => new((_words << 12) | (_words >>> 20));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 RotateLeft8() => new(Avx2.Shuffle(
        _words.AsByte(),
        Vector256.Create(
            (byte)3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 RotateLeft7() => new((_words << 7) | (_words >>> 25));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 Turn1() => new(Avx2.Shuffle(_words, 0b00_11_10_01));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 Turn2() => new(Avx2.Shuffle(_words, 0b01_00_11_10));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows256 Turn3() => new(Avx2.Shuffle(_words, 0b10_01_00_11));
}

/// <summary>Four blocks (AVX-512), which has a rotate instruction.</summary>
internal readonly unsafe struct ChaCha20Rows512(Vector512<uint> words) : IChaCha20Rows<ChaCha20Rows512>
{
    private readonly Vector512<uint> _words = words;

    public static int Blocks => 4;

    public static bool IsSupported => Avx512F.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows512 operator +(ChaCha20Rows512 left, ChaCha20Rows512 right) => new(left._words + right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows512 operator ^(ChaCha20Rows512 left, ChaCha20Rows512 right) => new(left._words ^ right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows512 OfAll(Vector128<uint> row) => new(Vector512.Create(Vector256.Create(row, row), Vector256.Create(row, row)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows512 Positions(Vector128<uint> first) =>
        OfAll(first) + new ChaCha20Rows512(Vector512.Create(0u, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChaCha20Rows512 Load(byte* source) => new(Vector512.Load(source).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(byte* destination) => _words.AsByte().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBlocks(ChaCha20Rows512 a, ChaCha20Rows512 b, ChaCha20Rows512 c, ChaCha20Rows512 d, byte* destination)
    {
        // A transposition of four by four: first halves, then quarters.
        Vector512<uint> ab01 = Avx512F.Shuffle4x128(a._words, b._words, 0b01_00_01_00);
        Vector512<uint> cd01 = Avx512F.Shuffle4x128(c._words, d._words, 0b01_00_01_00);
        Vector512<uint> ab23 = Avx512F.Shuffle4x128(a._words, b._words, 0b11_10_11_10);
        Vector512<uint> cd23 = Avx512F.Shuffle4x128(c._words, d._words, 0b11_10_11_10);
        Avx512F.Shuffle4x128(ab01, cd01, 0b10_00_10_00).AsByte().Store(destination);
        Avx512F.Shuffle4x128(ab01, cd01, 0b11_01_11_01).AsByte().Store(destination + 64);
        Avx512F.Shuffle4x128(ab23, cd23, 0b10_00_10_00).AsByte().Store(destination + 128);
        Avx512F.Shuffle4x128(ab23, cd23, 0b11_01_11_01).AsByte().Store(destination + 192);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 RotateLeft16() => new(Avx512F.RotateLeft(_words, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 RotateLeft12() => new(Avx512F.RotateLeft(_words, 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 RotateLeft8() => new(Avx512F.RotateLeft(_words, 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 RotateLeft7() => new(Avx512F.RotateLeft(_words, 7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 Turn1() => new(Avx512F.Shuffle(_words, 0b00_11_10_01));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 Turn2() => new(Avx512F.Shuffle(_words, 0b01_00_11_10));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ChaCha20Rows512 Turn3() => new(Avx512F.Shuffle(_words, 0b10_01_00_11));
}
