using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// Four AES blocks that go through the rounds together. The AES unit takes a new block every cycle or half, and gives it back after
/// four: two of these keep it busy. Four fields are what the JIT still keeps in registers, so nothing here may fail to inline:
/// a kernel with one call left in it is 60 % slower.
/// </summary>
internal unsafe struct FourBlocks
{
    public Vector128<byte> A;
    public Vector128<byte> B;
    public Vector128<byte> C;
    public Vector128<byte> D;

    /// <summary>Four blocks as they enter the first round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourBlocks Begin<TInstructions>(byte* source, Vector128<byte> firstKey)
        where TInstructions : struct, IAesInstructions => new()
        {
            A = TInstructions.Begin(Vector128.Load(source), firstKey),
            B = TInstructions.Begin(Vector128.Load(source + 16), firstKey),
            C = TInstructions.Begin(Vector128.Load(source + 32), firstKey),
            D = TInstructions.Begin(Vector128.Load(source + 48), firstKey),
        };

    /// <summary>Four consecutive counter blocks, in network byte order, as they enter the first round.</summary>
    /// <param name="counter">The first counter block, with its last word in the processor's order.</param>
    /// <param name="firstKey">The first round key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourBlocks Counters<TInstructions>(Vector128<uint> counter, Vector128<byte> firstKey)
        where TInstructions : struct, IAesInstructions => new()
        {
            A = TInstructions.Begin(SwapLastWord(counter), firstKey),
            B = TInstructions.Begin(SwapLastWord(counter + Vector128.Create(0u, 0, 0, 1)), firstKey),
            C = TInstructions.Begin(SwapLastWord(counter + Vector128.Create(0u, 0, 0, 2)), firstKey),
            D = TInstructions.Begin(SwapLastWord(counter + Vector128.Create(0u, 0, 0, 3)), firstKey),
        };

    /// <inheritdoc cref="IAesInstructions.Round"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FourBlocks Round<TInstructions>(Vector128<byte> roundKey)
        where TInstructions : struct, IAesInstructions => new()
        {
            A = TInstructions.Round(A, roundKey),
            B = TInstructions.Round(B, roundKey),
            C = TInstructions.Round(C, roundKey),
            D = TInstructions.Round(D, roundKey),
        };

    /// <inheritdoc cref="IAesInstructions.LastRound"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FourBlocks LastRound<TInstructions>(Vector128<byte> roundKey, Vector128<byte> lastKey)
        where TInstructions : struct, IAesInstructions => new()
        {
            A = TInstructions.LastRound(A, roundKey, lastKey),
            B = TInstructions.LastRound(B, roundKey, lastKey),
            C = TInstructions.LastRound(C, roundKey, lastKey),
            D = TInstructions.LastRound(D, roundKey, lastKey),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(byte* destination)
    {
        A.Store(destination);
        B.Store(destination + 16);
        C.Store(destination + 32);
        D.Store(destination + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SwapLastWord(Vector128<uint> block) =>
        Vector128.Shuffle(block.AsByte(), Vector128.Create((byte)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12));
}
