using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// AEAD_AES_128_GCM and AEAD_AES_256_GCM by <see cref="GcmKernel{TInstructions, TProducts}"/>: lengths are checked here, pointers used there.
/// </summary>
internal sealed unsafe class VectorisedAesGcmAead<TInstructions, TProducts> : PacketAead
    where TInstructions : struct, IAesInstructions
    where TProducts : struct, IGhashProducts<TProducts>
{
    private readonly KeyMemory _memory;
    private readonly GcmKey _key;

    /// <summary>The IV, and 1 as the block counter.</summary>
    private Vector128<uint> _firstCounter;

    public VectorisedAesGcmAead(CipherSuite suite)
        : base(suite)
    {
        int keyLength = suite.Facts().KeyLength;
        _memory = new KeyMemory(GcmKey.MemoryLength(keyLength));
        _key = new GcmKey(_memory.Pointer, keyLength);
    }

    public override void Wipe()
    {
        _firstCounter = default;
        _memory.Wipe();
    }

    public override void Dispose()
    {
        _firstCounter = default;
        _memory.Dispose();
    }

    private protected override void SetKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        ThrowIfDisposed();
        _key.Expand<TInstructions>(key);
        _firstCounter = Vector128.Create(
            MemoryMarshal.Read<uint>(iv), MemoryMarshal.Read<uint>(iv[4..]), MemoryMarshal.Read<uint>(iv[8..]), 1);
        GC.KeepAlive(_memory);
    }

    private protected override void SealCore(
        PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        ThrowIfDisposed();
        int length = destination.Length - TagLength;
        int head = length - tail.Length;

        // The batches read either here or there, so the tail's start fills the head's last batch up.
        const int Batch = GcmKernel<TInstructions, TProducts>.BatchLength;
        int inPlace = Math.Min(length, (head + Batch - 1) & -Batch);
        tail[..(inPlace - head)].CopyTo(destination[head..]);
        fixed (byte* headerPointer = header, tailPointer = tail, text = destination)
        {
            var packet = new GcmPacket
            {
                FirstCounter = CounterOf(packetNumber),
                Header = headerPointer,
                HeaderLength = header.Length,
                Text = text,
                Length = length,
                InPlaceEnd = text + inPlace,
                Elsewhere = tailPointer + (inPlace - head),
            };
            GcmKernel<TInstructions, TProducts>.Seal(_key, packet).Store(text + length);
        }

        GC.KeepAlive(_memory);
    }

    private protected override bool TryOpenCore(PacketNumber packetNumber, ReadOnlySpan<byte> header, Span<byte> ciphertextAndTag)
    {
        ThrowIfDisposed();
        int length = ciphertextAndTag.Length - TagLength;
        bool authentic;
        fixed (byte* headerPointer = header, text = ciphertextAndTag)
        {
            var packet = new GcmPacket
            {
                FirstCounter = CounterOf(packetNumber),
                Header = headerPointer,
                HeaderLength = header.Length,
                Text = text,
                Length = length,
                InPlaceEnd = text + length,
            };
            Vector128<byte> tag = GcmKernel<TInstructions, TProducts>.Open(_key, packet);

            // All 16 bytes at once: the time tells nothing about where they differ.
            authentic = (tag ^ Vector128.Load(text + length)) == Vector128<byte>.Zero;
        }

        GC.KeepAlive(_memory);
        if (!authentic)
        {
            ciphertextAndTag[..length].Clear();
        }

        return authentic;
    }

    /// <summary>RFC 9001 §5.3: the IV's last eight bytes xor the packet number in network byte order.</summary>
    private Vector128<uint> CounterOf(PacketNumber packetNumber)
    {
        ulong number = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ulong)packetNumber.Value);
        return _firstCounter ^ Vector128.Create(0, (uint)number, (uint)(number >> 32), 0);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_memory.Pointer == null, this);
}
