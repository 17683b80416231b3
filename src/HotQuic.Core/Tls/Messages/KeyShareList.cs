using System.Buffers.Binary;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>A view of the key shares of a ClientHello (RFC 8446 §4.2.8), whose structure was checked; it may be empty.</summary>
internal readonly ref struct KeyShareList
{
    private readonly ReadOnlySpan<byte> _entries;

    private KeyShareList(ReadOnlySpan<byte> entries) => _entries = entries;

    public bool IsEmpty => _entries.IsEmpty;

    /// <summary>Reads the body of a ClientHello's key_share extension; false where it is not a list of entries.</summary>
    public static bool TryRead(ReadOnlySpan<byte> extension, out KeyShareList list)
    {
        list = default;
        var reader = new WireReader(extension);
        if (!reader.TryReadVector16(out ReadOnlySpan<byte> entries) || !reader.IsEmpty)
        {
            return false;
        }

        var walker = new WireReader(entries);
        while (!walker.IsEmpty)
        {
            if (!walker.TryReadUInt16(out _) || !walker.TryReadVector16(out ReadOnlySpan<byte> key) || key.IsEmpty)
            {
                return false;
            }
        }

        list = new KeyShareList(entries);
        return true;
    }

    /// <summary>The first share of a group.</summary>
    public bool TryFind(NamedGroup group, out ReadOnlySpan<byte> publicKey)
    {
        foreach (KeyShareEntry entry in this)
        {
            if (entry.Group == group)
            {
                publicKey = entry.PublicKey;
                return true;
            }
        }

        publicKey = default;
        return false;
    }

    /// <summary>Whether each share is of a group listed, in the list's order, and none twice (RFC 8446 §4.2.8).</summary>
    public bool FollowsOrderOf(UInt16List groups)
    {
        int next = 0;
        foreach (KeyShareEntry entry in this)
        {
            while (next < groups.Count && groups[next] != (ushort)entry.Group)
            {
                next++;
            }

            if (next++ >= groups.Count)
            {
                return false;
            }
        }

        return true;
    }

    public Enumerator GetEnumerator() => new(_entries);

    internal ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        public Enumerator(ReadOnlySpan<byte> entries) => _rest = entries;

        public KeyShareEntry Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
            Current = new KeyShareEntry((NamedGroup)BinaryPrimitives.ReadUInt16BigEndian(_rest), _rest.Slice(4, length));
            _rest = _rest[(4 + length)..];
            return true;
        }
    }
}
