using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// The X25519 function (RFC 7748 §5), since the platform has none. A side draws 32 random bytes as its private key, sends
/// <see cref="ScalarMultiplyBase"/> of it, and gets the shared secret from its private key and the peer's 32 bytes with
/// <see cref="ScalarMultiply"/>. The caller must refuse a shared secret that is all zeros (RFC 8446 §7.4.2): this function
/// returns it like any other result. Time depends on neither the private key nor the coordinate, and the working state is
/// wiped before a call returns.
/// </summary>
internal static class X25519
{
    /// <summary>Bytes of a private key, of a public key and of a shared secret.</summary>
    public const int KeyLength = 32;

    private const int ScalarBits = 255;

    /// <summary>Writes the u-coordinate of scalar times the point at <paramref name="u"/>; clamps the scalar itself.</summary>
    /// <exception cref="ArgumentException">A span's length is not 32.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScalarMultiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> u, Span<byte> result)
    {
        RequireKeyLength(u.Length, nameof(u));
        RequireKeyLength(result.Length, nameof(result));
        Span<byte> clamped = stackalloc byte[KeyLength];
        Clamp(scalar, clamped);
        MontgomeryLadder ladder = new(FieldElement.Read(u));

        ulong previous = 0;
        for (int position = ScalarBits - 1; position >= 0; position--)
        {
            ulong bit = (ulong)(clamped[position >> 3] >> (position & 7)) & 1;
            ladder.Swap(0 - (bit ^ previous));
            ladder.Step();
            previous = bit;
        }

        ladder.Swap(0 - previous);
        ladder.WriteResult(result);
        CryptographicOperations.ZeroMemory(clamped);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<MontgomeryLadder>(ref ladder)));
    }

    /// <summary>Writes the u-coordinate of scalar times the base point, u = 9: the public key of a private key.</summary>
    /// <remarks>About three times as fast as <see cref="ScalarMultiply"/>. The first call builds a table of 36 KB.</remarks>
    /// <exception cref="ArgumentException">A span's length is not 32.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScalarMultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        RequireKeyLength(result.Length, nameof(result));
        Span<byte> clamped = stackalloc byte[KeyLength];
        Clamp(scalar, clamped);
        BasePointTable.Multiply(clamped, out EdwardsPoint point);
        point.WriteMontgomeryU(result);
        CryptographicOperations.ZeroMemory(clamped);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<EdwardsPoint>(ref point)));
    }

    /// <summary>decodeScalar25519 of RFC 7748 §5: a multiple of the cofactor 8, with bit 254 set.</summary>
    private static void Clamp(ReadOnlySpan<byte> scalar, Span<byte> clamped)
    {
        RequireKeyLength(scalar.Length, nameof(scalar));
        scalar.CopyTo(clamped);
        clamped[0] &= 0xf8;
        clamped[KeyLength - 1] &= 0x7f;
        clamped[KeyLength - 1] |= 0x40;
    }

    private static void RequireKeyLength(int length, string parameterName)
    {
        if (length != KeyLength)
        {
            throw new ArgumentException("X25519 takes and gives exactly 32 bytes.", parameterName);
        }
    }
}
