using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>RFC 9001 §5.4.3 with the processor's AES instructions: a mask is the sample, encrypted.</summary>
internal sealed unsafe class VectorisedAesHeaderProtection<TInstructions> : HeaderProtection
    where TInstructions : struct, IAesInstructions
{
    private const int Batch = 8 * SampleLength;

    private readonly KeyMemory _roundKeys;
    private readonly int _rounds;

    public VectorisedAesHeaderProtection(CipherSuite suite)
        : base(suite)
    {
        int keyLength = suite.Facts().HeaderProtectionKeyLength;
        _rounds = VectorisedAes.Rounds(keyLength);
        _roundKeys = new KeyMemory(VectorisedAes.RoundKeysLength(keyLength));
    }

    public override void Wipe() => _roundKeys.Wipe();

    public override void Dispose() => _roundKeys.Dispose();

    private protected override void SetKey(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_roundKeys.Pointer == null, this);
        VectorisedAes.ExpandKey<TInstructions>(key, _roundKeys.Pointer);
        GC.KeepAlive(_roundKeys);
    }

    private protected override void ComputeMasksCore(ReadOnlySpan<byte> samples, Span<byte> masks)
    {
        ObjectDisposedException.ThrowIf(_roundKeys.Pointer == null, this);
        fixed (byte* source = samples, destination = masks)
        {
            Encrypt(_roundKeys.Pointer, _rounds, source, destination, samples.Length);
        }

        GC.KeepAlive(_roundKeys);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Encrypt(byte* roundKeys, int rounds, byte* source, byte* destination, int length)
    {
        byte* last = roundKeys + (rounds * VectorisedAes.BlockLength);
        for (; length >= Batch; length -= Batch, source += Batch, destination += Batch)
        {
            Vector128<byte> roundKey = Vector128.Load(roundKeys);
            var a = FourBlocks.Begin<TInstructions>(source, roundKey);
            var b = FourBlocks.Begin<TInstructions>(source + (Batch / 2), roundKey);
            for (byte* next = roundKeys + VectorisedAes.BlockLength; next != last; next += VectorisedAes.BlockLength)
            {
                roundKey = TInstructions.RoundKey(next);
                a = a.Round<TInstructions>(roundKey);
                b = b.Round<TInstructions>(roundKey);
            }

            roundKey = TInstructions.RoundKey(last);
            Vector128<byte> lastKey = Vector128.Load(last);
            a.LastRound<TInstructions>(roundKey, lastKey).Store(destination);
            b.LastRound<TInstructions>(roundKey, lastKey).Store(destination + (Batch / 2));
        }

        for (; length > 0; length -= SampleLength, source += SampleLength, destination += SampleLength)
        {
            VectorisedAes.EncryptBlock<TInstructions>(Vector128.Load(source), roundKeys, last).Store(destination);
        }
    }
}
