using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net.Security;

namespace HotQuic.Ports;

/// <summary>
/// A listener's protocols as they are on the wire (RFC 7301 §3.1): each a length byte and that many bytes, the preferred first. Matching
/// them with a client's is work on spans alone.
/// </summary>
internal sealed class ProtocolNames
{
    private readonly byte[] _names;

    public ProtocolNames(IReadOnlyList<SslApplicationProtocol> protocols)
    {
        Names = [.. protocols.Select(protocol => protocol.Protocol)];
        _names = new byte[protocols.Sum(protocol => 1 + protocol.Protocol.Length)];
        Span<byte> rest = _names;
        foreach (SslApplicationProtocol protocol in protocols)
        {
            rest[0] = (byte)protocol.Protocol.Length;
            protocol.Protocol.Span.CopyTo(rest[1..]);
            rest = rest[(1 + protocol.Protocol.Length)..];
        }

        Signature = SignatureOf(_names);
    }

    /// <summary>
    /// A bit for each name: lists whose signatures have no bit in common have no name in common either, so that most are passed over
    /// without a look at their names.
    /// </summary>
    public ulong Signature { get; }

    /// <summary>The names, as TLS takes them.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Names { get; }

    /// <summary>The <see cref="Signature"/> of names as they are on the wire.</summary>
    public static ulong SignatureOf(ReadOnlySpan<byte> names)
    {
        ulong signature = 0;
        for (; !names.IsEmpty; names = names[(1 + names[0])..])
        {
            signature |= BitOf(names.Slice(1, names[0]));
        }

        return signature;
    }

    /// <summary>The first of this list that the other has too, whatever the other's order.</summary>
    public bool TryChoose(ReadOnlySpan<byte> offered, out ReadOnlySpan<byte> chosen)
    {
        for (ReadOnlySpan<byte> own = _names; !own.IsEmpty; own = own[(1 + own[0])..])
        {
            ReadOnlySpan<byte> name = own[..(1 + own[0])];
            for (ReadOnlySpan<byte> rest = offered; !rest.IsEmpty; rest = rest[(1 + rest[0])..])
            {
                // The length byte is compared with the rest.
                if (rest.StartsWith(name))
                {
                    chosen = name[1..];
                    return true;
                }
            }
        }

        chosen = default;
        return false;
    }

    public bool Overlaps(ProtocolNames other) => TryChoose(other._names, out _);

    /// <summary>The bit of a name: its length, first and last eight bytes, multiplied so that any of them counts.</summary>
    private static ulong BitOf(ReadOnlySpan<byte> name)
    {
        const ulong factor = 0x9e3779b97f4a7c15;
        ulong mixed = (ulong)name.Length;
        if (name.Length >= sizeof(ulong))
        {
            mixed ^= BinaryPrimitives.ReadUInt64LittleEndian(name) * factor;
            mixed += BinaryPrimitives.ReadUInt64LittleEndian(name[^sizeof(ulong)..]);
        }
        else
        {
            foreach (byte value in name)
            {
                mixed = (mixed << 8) ^ value;
            }
        }

        return 1UL << (int)((mixed * factor) >> 58);
    }
}
