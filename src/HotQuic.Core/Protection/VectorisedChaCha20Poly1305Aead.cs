using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// AEAD_CHACHA20_POLY1305 by <see cref="ChaCha20Poly1305Kernel{TRows, TBatches}"/>: lengths are checked here, pointers used there.
/// </summary>
internal sealed unsafe class VectorisedChaCha20Poly1305Aead<TRows, TBatches>() : PacketAead(CipherSuite.ChaCha20Poly1305Sha256)
    where TRows : struct, IChaCha20Rows<TRows>
    where TBatches : struct, IPoly1305Batches
{
    private readonly KeyMemory _key = new(ChaCha20.KeyLength);

    /// <summary>A block counter of 0, and the IV.</summary>
    private Vector128<uint> _firstPosition;

    public override void Wipe()
    {
        _firstPosition = default;
        _key.Wipe();
    }

    public override void Dispose()
    {
        _firstPosition = default;
        _key.Dispose();
    }

    private protected override void SetKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        ThrowIfDisposed();
        key.CopyTo(_key.Span);
        _firstPosition = Vector128.Create(
            0, MemoryMarshal.Read<uint>(iv), MemoryMarshal.Read<uint>(iv[4..]), MemoryMarshal.Read<uint>(iv[8..]));
        GC.KeepAlive(_key);
    }

    private protected override void SealCore(
        PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        ThrowIfDisposed();
        int length = destination.Length - TagLength;
        int head = length - tail.Length;

        // The batches read either here or there, so the tail's start fills the head's last batch up.
        int inPlace = Math.Min(length, (head + TBatches.BatchLength - 1) & -TBatches.BatchLength);
        tail[..(inPlace - head)].CopyTo(destination[head..]);
        fixed (byte* headerPointer = header, tailPointer = tail, text = destination)
        {
            var packet = new ChaCha20Packet
            {
                Key = _key.Pointer,
                Position = PositionOf(packetNumber),
                Header = headerPointer,
                HeaderLength = header.Length,
                Cursor = new TextCursor { Text = text, InPlaceEnd = text + inPlace, Elsewhere = tailPointer + (inPlace - head) },
                Length = length,
            };
            ChaCha20Poly1305Kernel<TRows, TBatches>.Run<Sealing>(packet).Store(text + length);
        }

        GC.KeepAlive(_key);
    }

    private protected override bool TryOpenCore(PacketNumber packetNumber, ReadOnlySpan<byte> header, Span<byte> ciphertextAndTag)
    {
        ThrowIfDisposed();
        int length = ciphertextAndTag.Length - TagLength;
        bool authentic;
        fixed (byte* headerPointer = header, text = ciphertextAndTag)
        {
            var packet = new ChaCha20Packet
            {
                Key = _key.Pointer,
                Position = PositionOf(packetNumber),
                Header = headerPointer,
                HeaderLength = header.Length,
                Cursor = new TextCursor { Text = text, InPlaceEnd = text + length },
                Length = length,
            };
            Vector128<byte> tag = ChaCha20Poly1305Kernel<TRows, TBatches>.Run<Opening>(packet);

            // All 16 bytes at once: the time tells nothing about where they differ.
            authentic = (tag ^ Vector128.Load(text + length)) == Vector128<byte>.Zero;
        }

        GC.KeepAlive(_key);
        if (!authentic)
        {
            ciphertextAndTag[..length].Clear();
        }

        return authentic;
    }

    /// <summary>RFC 9001 §5.3: the IV's last eight bytes xor the packet number in network byte order.</summary>
    private Vector128<uint> PositionOf(PacketNumber packetNumber)
    {
        ulong number = BinaryPrimitives.ReverseEndianness((ulong)packetNumber.Value);
        return _firstPosition ^ Vector128.Create(0, 0, (uint)number, (uint)(number >> 32));
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_key.Pointer == null, this);
}
