namespace HotQuic.Core.Streams;

/// <summary>Received data in place, as <see cref="ReceiveBuffer.TryLend"/> shows it.</summary>
/// <param name="Chunk">The whole chunk.</param>
/// <param name="ChunkStart">The stream offset of the chunk's first byte.</param>
/// <param name="Start">The stream offset of the first byte that is lent now.</param>
internal readonly record struct LentPiece(byte[] Chunk, ulong ChunkStart, ulong Start);
