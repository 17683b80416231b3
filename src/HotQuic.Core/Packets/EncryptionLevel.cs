namespace HotQuic.Core.Packets;

/// <summary>What protects a packet (RFC 9001 §2.1), in the order in which keys become available.</summary>
internal enum EncryptionLevel : byte
{
    Initial = 0,
    ZeroRtt = 1,
    Handshake = 2,
    OneRtt = 3,
}

internal static class EncryptionLevelExtensions
{
    /// <summary>0-RTT and 1-RTT packets share the application data space (RFC 9000 §12.3).</summary>
    public static PacketNumberSpace Space(this EncryptionLevel level) => level switch
    {
        EncryptionLevel.Initial => PacketNumberSpace.Initial,
        EncryptionLevel.Handshake => PacketNumberSpace.Handshake,
        _ => PacketNumberSpace.Application,
    };
}
