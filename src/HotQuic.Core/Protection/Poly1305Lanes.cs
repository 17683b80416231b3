using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>A vector of 64-bit lanes, as many as blocks are hashed side by side. One vector in a struct stays in a register.</summary>
internal unsafe interface IPoly1305Lanes<TSelf>
    where TSelf : struct, IPoly1305Lanes<TSelf>
{
    static abstract int Count { get; }

    static abstract bool IsSupported { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator ^(TSelf left, TSelf right);

    static abstract TSelf operator &(TSelf left, TSelf right);

    static abstract TSelf operator |(TSelf left, TSelf right);

    static abstract TSelf operator >>>(TSelf value, int bits);

    static abstract TSelf operator <<(TSelf value, int bits);

    /// <summary>The product of the low 32 bits of each lane.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>This, and the product of the low 32 bits of each lane.</summary>
    TSelf Plus(TSelf left, TSelf right);

    static abstract TSelf Load(byte* source);

    void Store(byte* destination);

    static abstract TSelf OfAll(ulong value);

    /// <summary>All lanes as the first one is.</summary>
    TSelf OfAllFirst();

    /// <summary>The first lane; zero in the others.</summary>
    static abstract TSelf OfFirst(ulong value);

    /// <summary>The low words of two vectors of blocks, by turns: the first block of the one, of the other, the second of the one.</summary>
    static abstract TSelf LowWords(TSelf even, TSelf odd);

    static abstract TSelf HighWords(TSelf even, TSelf odd);

    ulong Sum();
}

/// <summary>AVX2.</summary>
internal readonly unsafe struct Poly1305Lanes256(Vector256<ulong> lanes) : IPoly1305Lanes<Poly1305Lanes256>
{
    private readonly Vector256<ulong> _lanes = lanes;

    public static int Count => 4;

    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator +(Poly1305Lanes256 left, Poly1305Lanes256 right) => new(left._lanes + right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator ^(Poly1305Lanes256 left, Poly1305Lanes256 right) => new(left._lanes ^ right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator &(Poly1305Lanes256 left, Poly1305Lanes256 right) => new(left._lanes & right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator |(Poly1305Lanes256 left, Poly1305Lanes256 right) => new(left._lanes | right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator >>>(Poly1305Lanes256 value, int bits) => new(value._lanes >>> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator <<(Poly1305Lanes256 value, int bits) => new(value._lanes << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 operator *(Poly1305Lanes256 left, Poly1305Lanes256 right) =>
        new(Avx2.Multiply(left._lanes.AsUInt32(), right._lanes.AsUInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Poly1305Lanes256 Plus(Poly1305Lanes256 left, Poly1305Lanes256 right) =>
        new(_lanes + Avx2.Multiply(left._lanes.AsUInt32(), right._lanes.AsUInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 Load(byte* source) => new(Vector256.Load((ulong*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(byte* destination) => _lanes.Store((ulong*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 OfAll(ulong value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Poly1305Lanes256 OfAllFirst() => new(Avx2.BroadcastScalarToVector256(_lanes.GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 OfFirst(ulong value) => new(Vector256.CreateScalar(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 LowWords(Poly1305Lanes256 even, Poly1305Lanes256 odd) => new(Avx2.UnpackLow(even._lanes, odd._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes256 HighWords(Poly1305Lanes256 even, Poly1305Lanes256 odd) => new(Avx2.UnpackHigh(even._lanes, odd._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Sum() => Vector256.Sum(_lanes);
}

/// <summary>AVX-512.</summary>
internal readonly unsafe struct Poly1305Lanes512(Vector512<ulong> lanes) : IPoly1305Lanes<Poly1305Lanes512>
{
    private readonly Vector512<ulong> _lanes = lanes;

    public static int Count => 8;

    public static bool IsSupported => Avx512F.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator +(Poly1305Lanes512 left, Poly1305Lanes512 right) => new(left._lanes + right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator ^(Poly1305Lanes512 left, Poly1305Lanes512 right) => new(left._lanes ^ right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator &(Poly1305Lanes512 left, Poly1305Lanes512 right) => new(left._lanes & right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator |(Poly1305Lanes512 left, Poly1305Lanes512 right) => new(left._lanes | right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator >>>(Poly1305Lanes512 value, int bits) => new(value._lanes >>> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator <<(Poly1305Lanes512 value, int bits) => new(value._lanes << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 operator *(Poly1305Lanes512 left, Poly1305Lanes512 right) =>
        new(Avx512F.Multiply(left._lanes.AsUInt32(), right._lanes.AsUInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Poly1305Lanes512 Plus(Poly1305Lanes512 left, Poly1305Lanes512 right) =>
        new(_lanes + Avx512F.Multiply(left._lanes.AsUInt32(), right._lanes.AsUInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 Load(byte* source) => new(Vector512.Load((ulong*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(byte* destination) => _lanes.Store((ulong*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 OfAll(ulong value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Poly1305Lanes512 OfAllFirst() => new(Avx512F.BroadcastScalarToVector512(_lanes.GetLower().GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 OfFirst(ulong value) => new(Vector512.CreateScalar(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 LowWords(Poly1305Lanes512 even, Poly1305Lanes512 odd) => new(Avx512F.UnpackLow(even._lanes, odd._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Poly1305Lanes512 HighWords(Poly1305Lanes512 even, Poly1305Lanes512 odd) =>
        new(Avx512F.UnpackHigh(even._lanes, odd._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Sum() => Vector512.Sum(_lanes);
}
