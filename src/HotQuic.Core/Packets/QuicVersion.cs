namespace HotQuic.Core.Packets;

/// <summary>The version field of long headers (RFC 9000 §15, RFC 9369 §3).</summary>
internal enum QuicVersion : uint
{
    /// <summary>Marks a Version Negotiation packet; never a version in use.</summary>
    Negotiation = 0,
    Version1 = 0x0000_0001,
    Version2 = 0x6b33_43cf,
}

internal static class QuicVersionExtensions
{
    /// <summary>Versions 0x?a?a?a?a exist to exercise version negotiation and are never supported (RFC 9000 §15).</summary>
    public static bool IsReserved(this QuicVersion version) => ((uint)version & 0x0f0f0f0f) == 0x0a0a0a0a;

    public static bool IsSupported(this QuicVersion version) => version is QuicVersion.Version1 or QuicVersion.Version2;
}
