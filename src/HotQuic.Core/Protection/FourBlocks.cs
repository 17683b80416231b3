using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourBlocks Load(byte* source) => new()
    {
        A = Vector128.Load(source),
        B = Vector128.Load(source + 16),
        C = Vector128.Load(source + 32),
        D = Vector128.Load(source + 48),
    };

    /// <summary>Four consecutive counter blocks, in network byte order and already xored with the first round key.</summary>
    /// <param name="counter">The first counter block, with its last word in the processor's order.</param>
    /// <param name="key">The first round key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourBlocks Counters(Vector128<uint> counter, Vector128<byte> key) => new()
    {
        A = SwapLastWord(counter) ^ key,
        B = SwapLastWord(counter + Vector128.Create(0u, 0, 0, 1)) ^ key,
        C = SwapLastWord(counter + Vector128.Create(0u, 0, 0, 2)) ^ key,
        D = SwapLastWord(counter + Vector128.Create(0u, 0, 0, 3)) ^ key,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FourBlocks Xor(Vector128<byte> key) => new() { A = A ^ key, B = B ^ key, C = C ^ key, D = D ^ key };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FourBlocks Round(Vector128<byte> key) => new()
    {
        A = X86Aes.Encrypt(A, key),
        B = X86Aes.Encrypt(B, key),
        C = X86Aes.Encrypt(C, key),
        D = X86Aes.Encrypt(D, key),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FourBlocks LastRound(Vector128<byte> key) => new()
    {
        A = X86Aes.EncryptLast(A, key),
        B = X86Aes.EncryptLast(B, key),
        C = X86Aes.EncryptLast(C, key),
        D = X86Aes.EncryptLast(D, key),
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
        Ssse3.Shuffle(block.AsByte(), Vector128.Create((byte)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12));
}
