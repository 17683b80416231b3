namespace HotQuic.Core.Tls.Messages;

/// <summary>A group and a public key in it (RFC 8446 §4.2.8).</summary>
internal readonly ref struct KeyShareEntry
{
    public KeyShareEntry(NamedGroup group, ReadOnlySpan<byte> publicKey)
    {
        Group = group;
        PublicKey = publicKey;
    }

    public NamedGroup Group { get; }

    public ReadOnlySpan<byte> PublicKey { get; }
}
