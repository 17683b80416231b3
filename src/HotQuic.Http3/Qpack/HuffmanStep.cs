namespace HotQuic.Http3.Qpack;

/// <summary>What the next bits of a Huffman coded string begin with.</summary>
/// <param name="First">The first symbol.</param>
/// <param name="Second">The second symbol, if there are two.</param>
/// <param name="Count">How many symbols lie whole within these bits: 2, 1, or 0 where the first is longer.</param>
/// <param name="Length">How many bits these symbols take.</param>
internal readonly record struct HuffmanStep(byte First, byte Second, byte Count, byte Length);
