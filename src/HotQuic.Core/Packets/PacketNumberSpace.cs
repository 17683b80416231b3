namespace HotQuic.Core.Packets;

/// <summary>The three packet number spaces (RFC 9000 §12.3), usable as an index from 0.</summary>
internal enum PacketNumberSpace : byte
{
    Initial = 0,
    Handshake = 1,
    Application = 2,
}
