using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>One packet for <see cref="GcmKernel{TInstructions, TProducts}"/>.</summary>
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
/// about to decrypt; sealing hashes the one before. The block that masks the tag goes with the keystream of the text's end.
/// AggressiveOptimization, since tier-0 code is five times slower and handshakes are short.
/// </summary>
internal static unsafe class GcmKernel<TInstructions, TProducts>
    where TInstructions : struct, IAesInstructions
    where TProducts : struct, IGhashProducts<TProducts>
{
    public const int BatchLength = 8 * Block;
    private const int HalfBatch = BatchLength / 2;
    private const int Block = VectorisedAes.BlockLength;

    /// <summary>Encrypts the text and gives the tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector128<byte> Seal(GcmKey key, scoped in GcmPacket packet)
    {
        var part = new GcmPart
        {
            Source = packet.Text == packet.InPlaceEnd ? packet.Elsewhere : packet.Text,
            Text = packet.Text,
            Length = packet.Length,
            Hash = OfAssociatedData(key, packet.Header, packet.HeaderLength),
        };
        Vector128<uint> counter = packet.FirstCounter + Blocks(1);
        if (part.Length >= BatchLength)
        {
            SealBatches(key, packet, ref part);
            counter += Blocks((uint)(packet.Length / BatchLength) * 8);
        }

        return Finish(sealing: true, key, packet, part, counter);
    }

    /// <summary>Decrypts the text and gives the tag that it should have had.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector128<byte> Open(GcmKey key, scoped in GcmPacket packet)
    {
        var part = new GcmPart
        {
            Source = packet.Text,
            Text = packet.Text,
            Length = packet.Length,
            Hash = OfAssociatedData(key, packet.Header, packet.HeaderLength),
        };
        Vector128<uint> counter = packet.FirstCounter + Blocks(1);
        if (part.Length >= BatchLength)
        {
            OpenBatches(key, counter, ref part);
            counter += Blocks((uint)(packet.Length / BatchLength) * 8);
        }

        return Finish(sealing: false, key, packet, part, counter);
    }

    /// <summary>All whole batches. A method of its own, as is the next, since here the registers just suffice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void SealBatches(GcmKey key, scoped in GcmPacket packet, scoped ref GcmPart part)
    {
        byte* text = part.Text;
        byte* source = part.Source;
        byte* end = text + (part.Length & -BatchLength);
        Vector128<uint> counter = packet.FirstCounter + Blocks(1);
        Vector128<byte> firstKey = Vector128.Load(key.RoundKeys);
        var a = FourBlocks.Counters<TInstructions>(counter, firstKey);
        var b = FourBlocks.Counters<TInstructions>(counter + Blocks(4), firstKey);
        Encrypt(key, ref a, ref b);
        Vector128<ulong> hash = part.Hash;
        while (true)
        {
            TProducts.XorText(a, source, text);
            TProducts.XorText(b, source + HalfBatch, text + HalfBatch);
            counter += Blocks(8);
            source += BatchLength;
            text += BatchLength;
            if (text == packet.InPlaceEnd)
            {
                source = packet.Elsewhere;
            }

            if (text == end)
            {
                break;
            }

            a = FourBlocks.Counters<TInstructions>(counter, firstKey);
            b = FourBlocks.Counters<TInstructions>(counter + Blocks(4), firstKey);
            hash = EncryptAndHash(key, ref a, ref b, text - BatchLength, hash);
        }

        part.Hash = HashBatch(hash, text - BatchLength, key.Power(8));
        part.Source = source;
        part.Text = text;
        part.Length &= BatchLength - 1;
    }

    /// <inheritdoc cref="SealBatches"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OpenBatches(GcmKey key, Vector128<uint> counter, scoped ref GcmPart part)
    {
        byte* text = part.Text;
        byte* end = text + (part.Length & -BatchLength);
        Vector128<byte> firstKey = Vector128.Load(key.RoundKeys);
        Vector128<ulong> hash = part.Hash;
        for (; text != end; text += BatchLength)
        {
            var a = FourBlocks.Counters<TInstructions>(counter, firstKey);
            var b = FourBlocks.Counters<TInstructions>(counter + Blocks(4), firstKey);
            counter += Blocks(8);
            hash = EncryptAndHash(key, ref a, ref b, text, hash);
            TProducts.XorText(a, text, text);
            TProducts.XorText(b, text + HalfBatch, text + HalfBatch);
        }

        part.Hash = hash;
        part.Source = text;
        part.Text = text;
        part.Length &= BatchLength - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Blocks(uint count) => Vector128.Create(0u, 0, 0, count);

    /// <summary>The hash of the associated data, padded with zeros to whole blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> OfAssociatedData(GcmKey key, byte* data, int length)
    {
        Vector128<ulong> hash = Vector128<ulong>.Zero;
        while (length > 0)
        {
            int part = Math.Min(length, HalfBatch);
            hash = TProducts.OfPart(hash, data, part, key.Power((part + Block - 1) / Block)).Reduce();
            data += part;
            length -= part;
        }

        return hash;
    }

    /// <summary>All rounds of eight blocks, and between them the hash of eight others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> EncryptAndHash(
        GcmKey key, ref FourBlocks a, ref FourBlocks b, byte* unhashed, Vector128<ulong> hash)
    {
        byte* keys = key.RoundKeys;
        byte* powers = key.Power(8);
        TProducts products = TProducts.Start(hash, unhashed, powers);
        Round(ref a, ref b, keys + (1 * Block));
        products = Step(products, 1, unhashed, powers);
        Round(ref a, ref b, keys + (2 * Block));
        products = Step(products, 2, unhashed, powers);
        Round(ref a, ref b, keys + (3 * Block));
        products = Step(products, 3, unhashed, powers);
        Round(ref a, ref b, keys + (4 * Block));
        products = Step(products, 4, unhashed, powers);
        Round(ref a, ref b, keys + (5 * Block));
        products = Step(products, 5, unhashed, powers);
        Round(ref a, ref b, keys + (6 * Block));
        products = Step(products, 6, unhashed, powers);
        Round(ref a, ref b, keys + (7 * Block));
        products = Step(products, 7, unhashed, powers);
        Round(ref a, ref b, keys + (8 * Block));
        hash = products.Reduce();
        Round(ref a, ref b, keys + (9 * Block));
        if (key.Rounds > 10)
        {
            Round(ref a, ref b, keys + (10 * Block));
            Round(ref a, ref b, keys + (11 * Block));
            Round(ref a, ref b, keys + (12 * Block));
            Round(ref a, ref b, keys + (13 * Block));
        }

        LastRound(ref a, ref b, key.LastRoundKey);
        return hash;
    }

    /// <summary>All rounds of eight blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encrypt(GcmKey key, ref FourBlocks a, ref FourBlocks b)
    {
        byte* last = key.LastRoundKey;
        for (byte* next = key.RoundKeys + Block; next != last; next += Block)
        {
            Round(ref a, ref b, next);
        }

        LastRound(ref a, ref b, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref FourBlocks a, ref FourBlocks b, byte* key)
    {
        Vector128<byte> roundKey = TInstructions.RoundKey(key);
        a = a.Round<TInstructions>(roundKey);
        b = b.Round<TInstructions>(roundKey);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LastRound(ref FourBlocks a, ref FourBlocks b, byte* key)
    {
        Vector128<byte> roundKey = TInstructions.RoundKey(key);
        Vector128<byte> lastKey = Vector128.Load(key);
        a = a.LastRound<TInstructions>(roundKey, lastKey);
        b = b.LastRound<TInstructions>(roundKey, lastKey);
    }

    /// <summary>The batch's step of that number, if it has so many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TProducts Step(TProducts products, int step, byte* blocks, byte* powers)
    {
        int offset = step * (BatchLength / TProducts.StepsPerBatch);
        return step < TProducts.StepsPerBatch ? products.Step(blocks + offset, powers + offset) : products;
    }

    /// <summary>Adds eight blocks to the hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> HashBatch(Vector128<ulong> hash, byte* blocks, byte* powers)
    {
        TProducts products = TProducts.Start(hash, blocks, powers);
        for (int step = 1; step < TProducts.StepsPerBatch; step++)
        {
            products = Step(products, step, blocks, powers);
        }

        return products.Reduce();
    }

    /// <summary>The last 0 to 127 bytes, and the block of lengths; gives the tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Finish(
        bool sealing, GcmKey key, scoped in GcmPacket packet, scoped GcmPart part, Vector128<uint> counter)
    {
        byte* last = key.LastRoundKey;
        Vector128<byte> roundKey;
        Vector128<byte> firstKey = Vector128.Load(key.RoundKeys);
        Vector128<byte> tagMask = TInstructions.Begin(FourBlocks.SwapLastWord(packet.FirstCounter), firstKey);
        var a = FourBlocks.Counters<TInstructions>(counter, firstKey);
        var b = FourBlocks.Counters<TInstructions>(counter + Blocks(4), firstKey);
        byte* next = key.RoundKeys + Block;
        if (part.Length > HalfBatch)
        {
            for (; next != last; next += Block)
            {
                roundKey = TInstructions.RoundKey(next);
                a = a.Round<TInstructions>(roundKey);
                b = b.Round<TInstructions>(roundKey);
                tagMask = TInstructions.Round(tagMask, roundKey);
            }

            b = b.LastRound<TInstructions>(TInstructions.RoundKey(last), Vector128.Load(last));
        }
        else
        {
            for (; next != last; next += Block)
            {
                roundKey = TInstructions.RoundKey(next);
                a = a.Round<TInstructions>(roundKey);
                tagMask = TInstructions.Round(tagMask, roundKey);
            }
        }

        roundKey = TInstructions.RoundKey(last);
        a = a.LastRound<TInstructions>(roundKey, Vector128.Load(last));
        tagMask = TInstructions.LastRound(tagMask, roundKey, Vector128.Load(last));
        part.Powers = key.Power(1 + ((part.Length + Block - 1) / Block));
        Vector128<ulong> lengths = Vector128.Create((ulong)packet.Length * 8, (ulong)packet.HeaderLength * 8);
        Vector128<ulong> hash = TProducts.XorPart(sealing, a, b, part).Add(lengths, key.H).Reduce();
        return Ghash.Reverse(hash.AsByte()).AsByte() ^ tagMask;
    }
}
