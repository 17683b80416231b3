using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>One packet for <see cref="ChaCha20Poly1305Kernel{TRows, TBatches}"/>.</summary>
internal unsafe ref struct ChaCha20Packet
{
    public byte* Key;

    /// <summary>A block counter of 0, and the nonce.</summary>
    public Vector128<uint> Position;

    public byte* Header;
    public int HeaderLength;

    /// <summary>Where the text goes; 16 bytes after <see cref="Length"/> may be written too, since the tag follows there.</summary>
    public TextCursor Cursor;
    public int Length;
}

/// <summary>
/// AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8) over a packet: keystream for all of it at once, as far as it is of the usual size, the first
/// block of which is the key of Poly1305; then one pass that ciphers and hashes.
/// </summary>
internal static unsafe class ChaCha20Poly1305Kernel<TRows, TBatches>
    where TRows : struct, IChaCha20Rows<TRows>
    where TBatches : struct, IPoly1305Batches
{
    /// <summary>The key block and 23 others: payloads of up to 1,472 bytes.</summary>
    private const int MaxBlocks = 24;
    private const int Block = Poly1305.BlockLength;

    /// <summary>Encrypts or decrypts the text, and gives the tag that it has, or should have had.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector128<byte> Run<TDirection>(scoped ChaCha20Packet packet)
        where TDirection : struct
    {
        Unsafe.SkipInit(out Keystream buffer);
        byte* start = (byte*)(((nuint)(&buffer) + 63) & ~(nuint)63);
        byte* stream = start;
        int remaining = packet.Length;
        int available = WriteKeystream(packet.Key, packet.Position, stream, remaining + ChaCha20.BlockLength) - ChaCha20.BlockLength;
        var hash = new Poly1305(stream);
        AddPadded(ref hash, packet.Header, packet.HeaderLength);
        stream += ChaCha20.BlockLength;
        Vector128<uint> position = packet.Position + Vector128.CreateScalar(1u);
        while (true)
        {
            // All but the last part are whole batches.
            int part = remaining <= available ? remaining : available & -128;
            int batches = part & -TBatches.BatchLength;
            if (batches >= TBatches.LeastLength)
            {
                TBatches.CipherAndHash<TDirection>(ref hash, ref packet.Cursor, stream, batches);
                stream += batches;
                part -= batches;
                remaining -= batches;
            }

            CipherRemainder<TDirection>(ref hash, ref packet.Cursor, stream, part);
            remaining -= part;
            if (remaining == 0)
            {
                break;
            }

            position += Vector128.CreateScalar((uint)((batches + part) / ChaCha20.BlockLength));
            stream = start;
            available = WriteKeystream(packet.Key, position, stream, remaining);
        }

        hash.Add(Vector128.Create((ulong)packet.HeaderLength, (ulong)packet.Length));
        return hash.Tag();
    }

    /// <summary>Keystream for that many bytes, as far as the buffer holds them; tells how many it wrote.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteKeystream(byte* key, Vector128<uint> position, byte* stream, int length)
    {
        int groups = (Math.Min(length, MaxBlocks * ChaCha20.BlockLength) + ChaCha20<TRows>.GroupLength - 1) / ChaCha20<TRows>.GroupLength;
        ChaCha20<TRows>.WriteKeystream(key, position, stream, groups);
        return groups * ChaCha20<TRows>.GroupLength;
    }

    /// <summary>Adds the associated data, padded with zeros to whole blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPadded(ref Poly1305 hash, byte* data, int length)
    {
        hash.Add(data, length / Block);
        if (length % Block > 0)
        {
            Vector128<ulong> padded = default;
            Unsafe.CopyBlockUnaligned(&padded, data + (length & -Block), (uint)(length % Block));
            hash.Add(padded);
        }
    }

    /// <summary>What is too little for batches, or left over: block by block, copied into place first where it lies elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CipherRemainder<TDirection>(ref Poly1305 hash, ref TextCursor cursor, byte* stream, int length)
        where TDirection : struct
    {
        bool sealing = typeof(TDirection) == typeof(Sealing);
        byte* text = cursor.Text;
        long inPlace = Math.Clamp(cursor.InPlaceEnd - text, 0, length);
        if (sealing && inPlace < length)
        {
            Unsafe.CopyBlockUnaligned(text + inPlace, cursor.Elsewhere, (uint)(length - inPlace));
        }

        for (; length >= Block; length -= Block, text += Block, stream += Block)
        {
            Vector128<byte> before = Vector128.Load(text);
            Vector128<byte> after = before ^ Vector128.Load(stream);
            after.Store(text);
            hash.Add((sealing ? after : before).AsUInt64());
        }

        if (length > 0)
        {
            // The bytes of this block that are past the text belong to the tag: read, and written back as they were.
            Vector128<byte> inside = Vector128.GreaterThan(Vector128.Create((sbyte)length), Vector128<sbyte>.Indices).AsByte();
            Vector128<byte> before = Vector128.Load(text);
            Vector128<byte> after = before ^ (Vector128.Load(stream) & inside);
            after.Store(text);
            hash.Add(((sealing ? after : before) & inside).AsUInt64());
        }
    }

    [InlineArray(((MaxBlocks + 1) * ChaCha20.BlockLength) - 1)]
    private struct Keystream
    {
        private byte _first;
    }
}
