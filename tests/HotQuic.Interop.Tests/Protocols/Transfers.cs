using System.Buffers;
using System.Security.Cryptography;

namespace HotQuic.Interop.Tests.Protocols;

/// <summary>Moves bodies in pieces, so that a 20 MB transfer meets flow control.</summary>
internal static class Transfers
{
    private const int PieceSize = 1 << 16;

    public static async Task WritePatternAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        for (int offset = 0; offset < count; offset += PieceSize)
        {
            int length = Math.Min(PieceSize, count - offset);
            Pattern.Fill(piece.AsSpan(0, length), offset);
            await stream.WriteAsync(piece.AsMemory(0, length), cancellationToken);
        }

        ArrayPool<byte>.Shared.Return(piece);
    }

    /// <summary>Reads to the end and gives the SHA-256 in hex.</summary>
    public static async Task<string> DigestToEndAsync(Stream stream, CancellationToken cancellationToken)
    {
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}
