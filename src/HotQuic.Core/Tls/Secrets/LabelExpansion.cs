using System.Security.Cryptography;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1).</summary>
internal static class LabelExpansion
{
    private const int MaxInfoLength = 2 + 1 + 255 + 1 + 255;

    private static ReadOnlySpan<byte> Prefix => "tls13 "u8;

    /// <summary>Longest label, the prefix not counted.</summary>
    public static int MaxLabelLength => 255 - Prefix.Length;

    /// <summary>Fills <paramref name="output"/> from a secret, a label without its prefix, and a context of at most 255 bytes.</summary>
    public static void ExpandLabel(
        this HashFunction hash, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        var info = new WireWriter(stackalloc byte[MaxInfoLength + 1]);
        info.WriteUInt16(checked((ushort)output.Length));
        info.WriteByte(checked((byte)(Prefix.Length + label.Length)));
        info.WriteBytes(Prefix);
        info.WriteBytes(label);
        info.WriteByte(checked((byte)context.Length));
        info.WriteBytes(context);
        if (output.Length > hash.Length())
        {
            HKDF.Expand(hash.Name(), secret, output, info.Written);
            return;
        }

        // RFC 5869 §2.3: one block of output is one HMAC, which allocates nothing.
        info.WriteByte(1);
        Span<byte> block = stackalloc byte[HashFunctions.MaxLength];
        hash.Hmac(secret, info.Written, block);
        block[..output.Length].CopyTo(output);
        CryptographicOperations.ZeroMemory(block);
    }
}
