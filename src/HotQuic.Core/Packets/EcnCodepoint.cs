namespace HotQuic.Core.Packets;

/// <summary>The ECN field of an IP header, by its two bits (RFC 3168 §5).</summary>
internal enum EcnCodepoint : byte
{
    NotEct = 0b00,
    Ect1 = 0b01,
    Ect0 = 0b10,
    Ce = 0b11,
}
