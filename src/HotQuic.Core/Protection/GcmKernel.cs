using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>One packet for <see cref="GcmKernel{TProducts}"/>.</summary>
internal unsafe ref struct GcmPacket
{
    /// <summary>The nonce, and 1 as the block counter, in the processor's byte order.</summary>
    public Vector128<uint> FirstCounter;

    public byte* Header;
    public int HeaderLength;

    /// <summary>Where the text goes; 16 bytes after <see cref="Length"/> may be written too, since the tag follows there.</summary>
    public byte* Text;
    public int Length;

    /// <summary>Up to here the text to read is in place: at the end of a batch, or at the end of the text.</summary>
    public byte* InPlaceEnd;

    /// <summary>What follows <see cref="InPlaceEnd"/> is read from here.</summary>
    public byte* Elsewhere;
}

/// <summary>
/// AES-GCM (NIST SP 800-38D) over a packet in one pass, and never through memory twice: eight counter blocks go through the AES rounds
/// together, and the rounds' free slots do the GHASH of eight blocks of ciphertext, reduced once. Opening hashes the batch that it is
/// about to decrypt; sealing hashes the one before. AggressiveOptimization, since tier-0 code is five times slower and
/// handshakes are short.
/// </summary>
internal static unsafe class GcmKernel<TProducts>
    where TProducts : struct, IGhashProducts<TProducts>
{
    public const int BatchLength = 128;
    private const int Block = VectorisedAes.BlockLength;

    /// <summary>Encrypts the text and gives the tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector128<byte> Seal(GcmKey key, scoped in GcmPacket packet) => Run<Sealing>(key, packet);

    /// <summary>Decrypts the text and gives the tag that it should have had.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector128<byte> Open(GcmKey key, scoped in GcmPacket packet) => Run<Opening>(key, packet);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Run<TDirection>(GcmKey key, scoped in GcmPacket packet)
        where TDirection : struct
    {
        bool sealing = typeof(TDirection) == typeof(Sealing);
        byte* source = packet.Text;
        byte* text = packet.Text;
        int remaining = packet.Length;
        Vector128<uint> counter = packet.FirstCounter;
        Vector128<byte> tagMask = VectorisedAes.EncryptBlock(FourBlocks.SwapLastWord(counter), key.RoundKeys, key.Rounds);
        counter += Vector128.Create(0u, 0, 0, 1);
        Vector128<ulong> hash = Ghash.OfAssociatedData(packet.Header, packet.HeaderLength, key.H);
        byte* unhashed = sealing ? null : text;

        for (; remaining >= BatchLength; remaining -= BatchLength, source += BatchLength, text += BatchLength)
        {
            if (sealing && text == packet.InPlaceEnd)
            {
                source = packet.Elsewhere;
            }

            Vector128<byte> firstRoundKey = Vector128.Load(key.RoundKeys);
            FourBlocks a = FourBlocks.Counters(counter, firstRoundKey);
            FourBlocks b = FourBlocks.Counters(counter + Vector128.Create(0u, 0, 0, 4), firstRoundKey);
            counter += Vector128.Create(0u, 0, 0, 8);
            hash = EncryptAndHash(key, ref a, ref b, unhashed, hash);
            TProducts.XorText(a, source, text);
            TProducts.XorText(b, source + (BatchLength / 2), text + (BatchLength / 2));
            unhashed = sealing ? text : text + BatchLength;
        }

        if (sealing)
        {
            if (unhashed != null)
            {
                hash = HashBatch(hash, unhashed, key.Power(8));
            }

            if (text == packet.InPlaceEnd)
            {
                source = packet.Elsewhere;
            }

            if (source != text && remaining > 0)
            {
                Unsafe.CopyBlockUnaligned(text, source, (uint)remaining);
            }
        }

        hash = Remainder<TDirection>(key, packet, text, hash, counter);
        return Ghash.Reverse(hash.AsByte()).AsByte() ^ tagMask;
    }

    /// <summary>All rounds after the first key of eight blocks, and between them the hash of eight others, if there are any.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> EncryptAndHash(
        GcmKey key, ref FourBlocks a, ref FourBlocks b, byte* unhashed, Vector128<ulong> hash)
    {
        Vector128<byte> roundKey;
        byte* next = key.RoundKeys + Block;
        if (unhashed != null)
        {
            byte* powers = key.Power(8);
            TProducts products = TProducts.Start(hash, unhashed, powers);
            for (int step = 1; step < TProducts.StepsPerBatch; step++, next += Block)
            {
                roundKey = Vector128.Load(next);
                a = a.Round(roundKey);
                b = b.Round(roundKey);
                int offset = step * (BatchLength / TProducts.StepsPerBatch);
                products = products.Step(unhashed + offset, powers + offset);
            }

            hash = products.Reduce();
        }

        byte* last = key.LastRoundKey;
        for (; next != last; next += Block)
        {
            roundKey = Vector128.Load(next);
            a = a.Round(roundKey);
            b = b.Round(roundKey);
        }

        roundKey = Vector128.Load(last);
        a = a.LastRound(roundKey);
        b = b.LastRound(roundKey);
        return hash;
    }

    /// <summary>Adds eight blocks to the hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> HashBatch(Vector128<ulong> hash, byte* blocks, byte* powers)
    {
        TProducts products = TProducts.Start(hash, blocks, powers);
        for (int step = 1; step < TProducts.StepsPerBatch; step++)
        {
            int offset = step * (BatchLength / TProducts.StepsPerBatch);
            products = products.Step(blocks + offset, powers + offset);
        }

        return products.Reduce();
    }

    /// <summary>The last 0 to 127 bytes, in place, and the block of lengths; gives the final hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Remainder<TDirection>(
        GcmKey key, scoped in GcmPacket packet, byte* text, Vector128<ulong> hash, Vector128<uint> counter)
        where TDirection : struct
    {
        int remaining = (int)(packet.Text + packet.Length - text);
        byte* power = key.Power(1 + ((remaining + Block - 1) / Block));
        GhashProducts128 products = GhashProducts128.Zero;
        if (remaining > 0)
        {
            Unsafe.SkipInit(out Batch keystream);
            byte* stream = (byte*)&keystream;
            WriteKeystream(key, counter, remaining, stream);
            for (; remaining >= Block; remaining -= Block, text += Block, stream += Block, power += Block)
            {
                Vector128<byte> before = Vector128.Load(text);
                Vector128<byte> after = before ^ Vector128.Load(stream);
                after.Store(text);
                Vector128<byte> ciphertext = typeof(TDirection) == typeof(Sealing) ? after : before;
                products = products.Add(hash ^ Ghash.Reverse(ciphertext), Vector128.Load((ulong*)power));
                hash = Vector128<ulong>.Zero;
            }

            if (remaining > 0)
            {
                // The bytes of this block that are past the text belong to the tag: read, and written back as they were.
                Vector128<byte> inside = Vector128.GreaterThan(Vector128.Create((sbyte)remaining), Vector128<sbyte>.Indices).AsByte();
                Vector128<byte> before = Vector128.Load(text);
                Vector128<byte> after = before ^ (Vector128.Load(stream) & inside);
                after.Store(text);
                Vector128<byte> ciphertext = (typeof(TDirection) == typeof(Sealing) ? after : before) & inside;
                products = products.Add(hash ^ Ghash.Reverse(ciphertext), Vector128.Load((ulong*)power));
                hash = Vector128<ulong>.Zero;
            }
        }

        Vector128<ulong> lengths = Vector128.Create((ulong)packet.Length * 8, (ulong)packet.HeaderLength * 8);
        return products.Add(hash ^ lengths, key.H).Reduce();
    }

    /// <summary>Keystream for up to 127 bytes: four blocks, or eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteKeystream(GcmKey key, Vector128<uint> counter, int length, byte* destination)
    {
        byte* last = key.LastRoundKey;
        Vector128<byte> roundKey = Vector128.Load(key.RoundKeys);
        FourBlocks a = FourBlocks.Counters(counter, roundKey);
        if (length <= BatchLength / 2)
        {
            for (byte* next = key.RoundKeys + Block; next != last; next += Block)
            {
                a = a.Round(Vector128.Load(next));
            }

            a.LastRound(Vector128.Load(last)).Store(destination);
            return;
        }

        FourBlocks b = FourBlocks.Counters(counter + Vector128.Create(0u, 0, 0, 4), roundKey);
        EncryptAndHash(key, ref a, ref b, unhashed: null, hash: default);
        a.Store(destination);
        b.Store(destination + (BatchLength / 2));
    }

    [InlineArray(BatchLength)]
    private struct Batch
    {
        private byte _first;
    }

    private readonly struct Sealing;

    private readonly struct Opening;
}
