using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace HotQuic.Interop.Tests;

/// <summary>The bytes that both sides of a transfer compute for themselves; tests/peers/README.md defines them.</summary>
internal static class Pattern
{
    private static readonly ConcurrentDictionary<int, string> Digests = new();

    /// <summary>Fills the buffer with the pattern from <paramref name="offset"/> on.</summary>
    public static void Fill(Span<byte> buffer, int offset)
    {
        for (int i = 0; i < buffer.Length; i++)
        {
            int n = offset + i;
            buffer[i] = unchecked((byte)((31 * n) + 7 + (13 * (n >> 8)) + (5 * (n >> 16))));
        }
    }

    public static byte[] Create(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes, 0);
        return bytes;
    }

    /// <summary>SHA-256 of the first <paramref name="count"/> bytes, in lower-case hex.</summary>
    public static string Digest(int count)
    {
        return Digests.GetOrAdd(count, static length => Convert.ToHexStringLower(SHA256.HashData(Create(length))));
    }
}
