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

    /// <summary>Seals or opens the batches, and adds their ciphertext to the hash.</summary>
    /// <typeparam name="TDirection"><see cref="Sealing"/> or <see cref="Opening"/>: a kernel for each.</typeparam>
    /// <param name="hash">What was hashed before.</param>
    /// <param name="cursor">Advanced by the length.</param>
    /// <param name="keystream">As long as the batches.</param>
    /// <param name="length">A multiple of <see cref="BatchLength"/>, not zero.</param>
    static abstract void CipherAndHash<TDirection>(ref Poly1305 hash, ref TextCursor cursor, byte* keystream, int length)
        where TDirection : struct;
}

/// <summary>The ciphertext is what is written.</summary>
internal readonly struct Sealing;

/// <summary>The ciphertext is what is read.</summary>
internal readonly struct Opening;

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

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void CipherAndHash<TDirection>(ref Poly1305 hash, ref TextCursor cursor, byte* keystream, int length)
        where TDirection : struct
    {
        bool sealing = typeof(TDirection) == typeof(Sealing);
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

            for (int offset = 0; offset < BatchLength; offset += Poly1305.BlockLength)
            {
                Vector128<ulong> before = Vector128.Load((ulong*)(source + offset));
                Vector128<ulong> after = before ^ Vector128.Load((ulong*)(keystream + offset));
                after.Store((ulong*)(text + offset));
                h.Add(sealing ? after : before);
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
