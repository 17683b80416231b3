using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>Whole batches of a packet's text: each byte is read once, ciphered with keystream, written, and its ciphertext hashed.</summary>
internal unsafe interface IPoly1305Batches
{
    /// <summary>Bytes in a batch.</summary>
    static abstract int BatchLength { get; }

    /// <summary>For a shorter text it is not worth the preparation.</summary>
    static abstract int LeastLength { get; }

    static abstract bool IsSupported { get; }

    /// <summary>Seals the batches and adds them to the hash.</summary>
    /// <param name="hash">What was hashed before.</param>
    /// <param name="text">Advanced by the length.</param>
    /// <param name="keystream">As long as the batches.</param>
    /// <param name="length">A multiple of <see cref="BatchLength"/>, not zero.</param>
    static abstract void Seal(ref Poly1305 hash, ref TextCursor text, byte* keystream, int length);

    /// <summary>Opens the batches and adds them, as they were, to the hash.</summary>
    static abstract void Open(ref Poly1305 hash, ref TextCursor text, byte* keystream, int length);
}

/// <summary>Where a text is ciphered: it is read in place up to a point, from there on elsewhere, and always written in place.</summary>
internal unsafe struct TextCursor
{
    public byte* Text;

    /// <summary>The end of a batch, or of the text.</summary>
    public byte* InPlaceEnd;

    public byte* Elsewhere;
}

/// <summary>Poly1305 block by block, where there are no lanes of 64 bits to be had; the text is ciphered four blocks at a time.</summary>
internal readonly unsafe struct Poly1305Serial : IPoly1305Batches
{
    private const int BlocksInBatch = 4;

    public static int BatchLength => BlocksInBatch * Poly1305.BlockLength;

    public static int LeastLength => BatchLength;

    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Seal(ref Poly1305 hash, ref TextCursor text, byte* keystream, int length) =>
        Run(sealing: true, ref hash, ref text, keystream, length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Open(ref Poly1305 hash, ref TextCursor text, byte* keystream, int length) =>
        Run(sealing: false, ref hash, ref text, keystream, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run(bool sealing, ref Poly1305 hash, ref TextCursor cursor, byte* keystream, int length)
    {
        Poly1305 h = hash;
        byte* text = cursor.Text;
        byte* end = text + length;
        byte* source = text > cursor.InPlaceEnd ? cursor.Elsewhere : text;
        for (; text < end; text += BatchLength, source += BatchLength, keystream += BatchLength)
        {
            if (sealing && text == cursor.InPlaceEnd)
            {
                source = cursor.Elsewhere;
            }

            if (!sealing)
            {
                h.Add(text, BlocksInBatch);
            }

            for (int offset = 0; offset < BatchLength; offset += Poly1305.BlockLength)
            {
                (Vector128.Load(source + offset) ^ Vector128.Load(keystream + offset)).Store(text + offset);
            }

            if (sealing)
            {
                h.Add(text, BlocksInBatch);
            }
        }

        hash = h;
        cursor.Text = text;
        if (text > cursor.InPlaceEnd)
        {
            cursor.Elsewhere = source;
        }
    }
}
