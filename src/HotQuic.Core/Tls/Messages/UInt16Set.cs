namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// A set of 16-bit values over memory of the caller's (<c>stackalloc ulong[UInt16Set.Words]</c>), to find repeats in
/// what a peer lists without time that grows with the square of the list.
/// </summary>
internal readonly ref struct UInt16Set
{
    /// <summary>One bit a value: 8 KiB.</summary>
    public const int Words = 65536 / 64;

    private readonly Span<ulong> _words;

    /// <param name="words">Zeroed, of at least <see cref="Words"/> elements.</param>
    public UInt16Set(Span<ulong> words) => _words = words;

    /// <summary>False where the value was there already.</summary>
    public bool TryAdd(ushort value)
    {
        ref ulong word = ref _words[value >> 6];
        ulong bit = 1UL << (value & 63);
        bool isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }
}
