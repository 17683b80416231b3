using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// The salts, labels and Retry keys that differ by version, as a table: RFC 9001 §5.1, §5.2, §5.8, §6.1 for version 1,
/// RFC 9369 §3.3 for version 2.
/// </summary>
internal static class VersionSecrets
{
    public static ReadOnlySpan<byte> InitialSalt(QuicVersion version) => version switch
    {
        QuicVersion.Version1 =>
            [0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a],
        QuicVersion.Version2 =>
            [0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9],
        _ => throw Unsupported(version),
    };

    public static ReadOnlySpan<byte> KeyLabel(QuicVersion version) => version switch
    {
        QuicVersion.Version1 => "quic key"u8,
        QuicVersion.Version2 => "quicv2 key"u8,
        _ => throw Unsupported(version),
    };

    public static ReadOnlySpan<byte> IvLabel(QuicVersion version) => version switch
    {
        QuicVersion.Version1 => "quic iv"u8,
        QuicVersion.Version2 => "quicv2 iv"u8,
        _ => throw Unsupported(version),
    };

    public static ReadOnlySpan<byte> HeaderProtectionLabel(QuicVersion version) => version switch
    {
        QuicVersion.Version1 => "quic hp"u8,
        QuicVersion.Version2 => "quicv2 hp"u8,
        _ => throw Unsupported(version),
    };

    public static ReadOnlySpan<byte> KeyUpdateLabel(QuicVersion version) => version switch
    {
        QuicVersion.Version1 => "quic ku"u8,
        QuicVersion.Version2 => "quicv2 ku"u8,
        _ => throw Unsupported(version),
    };

    public static ReadOnlySpan<byte> RetryKey(QuicVersion version) => version switch
    {
        QuicVersion.Version1 => [0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e],
        QuicVersion.Version2 => [0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad, 0x7c, 0xcc, 0x92],
        _ => throw Unsupported(version),
    };

    public static ReadOnlySpan<byte> RetryNonce(QuicVersion version) => version switch
    {
        QuicVersion.Version1 => [0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb],
        QuicVersion.Version2 => [0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a],
        _ => throw Unsupported(version),
    };

    private static ArgumentOutOfRangeException Unsupported(QuicVersion version) =>
        new(nameof(version), version, "QUIC version 1 or 2 was expected.");
}
