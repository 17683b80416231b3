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
    }

    /// <summary>The names, as TLS takes them.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Names { get; }

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
}
