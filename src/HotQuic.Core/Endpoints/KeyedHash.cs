using System.Numerics;
using System.Runtime.InteropServices;

namespace HotQuic.Core.Endpoints;

/// <summary>A multiply-and-fold hash under a secret key: cheap, and collisions cannot be prepared without the key.</summary>
internal static class KeyedHash
{
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong key)
    {
        ulong hash = key ^ (ulong)bytes.Length;
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Fold(hash, MemoryMarshal.Read<ulong>(bytes), key);
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            hash = Fold(hash, value, key);
        }

        return hash;
    }

    private static ulong Fold(ulong hash, ulong value, ulong key)
    {
        ulong high = Math.BigMul(hash ^ value, key | 1, out ulong low);
        return BitOperations.RotateLeft(high ^ low, 23);
    }
}
