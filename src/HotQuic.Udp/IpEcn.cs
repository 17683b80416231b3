namespace HotQuic.Udp;

/// <summary>The ECN field of an IP header, by its two bits (RFC 3168 §5).</summary>
internal enum IpEcn : byte
{
    NotEct = 0b00,
    Ect1 = 0b01,
    Ect0 = 0b10,
    Ce = 0b11,
}
