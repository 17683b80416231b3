using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// A view of the protocol names of an ALPN extension (RFC 7301 §3.1), whose structure was checked. Walk it with
/// <c>foreach</c>; nothing is allocated.
/// </summary>
internal readonly ref struct ApplicationProtocolList
{
    private ApplicationProtocolList(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>Names as they are on the wire: each a length byte and that many bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>Reads the body of the extension; false where it is not a list of one or more non-empty names.</summary>
    public static bool TryRead(ReadOnlySpan<byte> extension, out ApplicationProtocolList list)
    {
        list = default;
        var reader = new WireReader(extension);
        if (!reader.TryReadVector16(out ReadOnlySpan<byte> names) || !reader.IsEmpty || names.IsEmpty)
        {
            return false;
        }

        var walker = new WireReader(names);
        while (!walker.IsEmpty)
        {
            if (!walker.TryReadVector8(out ReadOnlySpan<byte> name) || name.IsEmpty)
            {
                return false;
            }
        }

        list = new ApplicationProtocolList(names);
        return true;
    }

    public bool Contains(ReadOnlySpan<byte> protocol)
    {
        foreach (ReadOnlySpan<byte> name in this)
        {
            if (name.SequenceEqual(protocol))
            {
                return true;
            }
        }

        return false;
    }

    public Enumerator GetEnumerator() => new(Bytes);

    internal ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        public Enumerator(ReadOnlySpan<byte> names) => _rest = names;

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int length = _rest[0];
            Current = _rest.Slice(1, length);
            _rest = _rest[(1 + length)..];
            return true;
        }
    }
}
