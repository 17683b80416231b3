using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// What AES-GCM asks of a processor: the AES round, and the carry-less product of 64-bit halves. Everything above is written once, in
/// terms of these, and the JIT inlines them away.
/// <para>Processors disagree on when a round key is added: with x86 at the end of its round, with ARM at the start of the next. So the
/// block begins with <see cref="Begin"/>, each round takes the key that <see cref="RoundKey"/> loads for it, and
/// <see cref="LastRound"/> takes that and the last one.</para>
/// </summary>
internal unsafe interface IAesInstructions
{
    /// <summary>A block as it enters the first round.</summary>
    static abstract Vector128<byte> Begin(Vector128<byte> block, Vector128<byte> firstKey);

    /// <summary>The key that goes into a round.</summary>
    /// <param name="key">Where that round's key lies; the others lie around it.</param>
    static abstract Vector128<byte> RoundKey(byte* key);

    /// <summary>Any round but the last.</summary>
    static abstract Vector128<byte> Round(Vector128<byte> state, Vector128<byte> roundKey);

    /// <summary>The last round, which mixes no columns.</summary>
    /// <param name="state">What the round before gave.</param>
    /// <param name="roundKey">What <see cref="RoundKey"/> gives for this round.</param>
    /// <param name="lastKey">This round's key.</param>
    static abstract Vector128<byte> LastRound(Vector128<byte> state, Vector128<byte> roundKey, Vector128<byte> lastKey);

    /// <summary>The product of the low halves.</summary>
    static abstract Vector128<ulong> MultiplyLow(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>The product of the high halves.</summary>
    static abstract Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>The sum of the two products of a low half and a high one.</summary>
    static abstract Vector128<ulong> MultiplyAcross(Vector128<ulong> a, Vector128<ulong> b);
}
