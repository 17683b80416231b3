namespace HotQuic.Http3.Qpack;

/// <summary>What the next bits of a Huffman coded string begin with.</summary>
/// <param name="Symbols">The first symbol, and above it the second, if there are two.</param>
/// <param name="Count">How many symbols lie whole within these bits: 2, 1, or 0 where the first is longer.</param>
/// <param name="Length">How many bits these symbols take.</param>
internal readonly record struct HuffmanStep(ushort Symbols, byte Count, byte Length);
