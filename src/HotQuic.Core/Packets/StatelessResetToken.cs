using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HotQuic.Core.Packets;

/// <summary>The 16 bytes that end a stateless reset (RFC 9000 §10.3).</summary>
internal readonly record struct StatelessResetToken(ulong High, ulong Low)
{
    public const int Length = 16;

    /// <exception cref="ArgumentOutOfRangeException">Fewer than 16 bytes were given.</exception>
    public static StatelessResetToken Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Compares in a time that does not depend on the bytes (RFC 9000 §10.3.1).</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> candidate)
    {
        Span<byte> own = stackalloc byte[Length];
        Write(own);
        return CryptographicOperations.FixedTimeEquals(own, candidate);
    }
}
