using System.Net;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Parameters;

/// <summary>
/// preferred_address (RFC 9000 §18.2, figure 22): where a server wants its client to move after the handshake, with the
/// connection ID of sequence number 1.
/// </summary>
/// <param name="IPv4">Null where the server has none.</param>
/// <param name="IPv6">Null where the server has none.</param>
/// <param name="ConnectionId">Never empty.</param>
/// <param name="StatelessResetToken">The token that belongs to the connection ID.</param>
internal sealed record PreferredAddress(
    IPEndPoint? IPv4, IPEndPoint? IPv6, ConnectionId ConnectionId, StatelessResetToken StatelessResetToken)
{
    private const int IPv4Length = 4;
    private const int IPv6Length = 16;

    /// <summary>Bytes of the parameter's value.</summary>
    public int Length => IPv4Length + 2 + IPv6Length + 2 + 1 + ConnectionId.Length + StatelessResetToken.Length;

    /// <summary>Reads the value; null where it is malformed, or its connection ID has not 1 to 20 bytes.</summary>
    public static PreferredAddress? Read(ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value);
        if (!TryReadEndPoint(ref reader, IPv4Length, out IPEndPoint? v4) || !TryReadEndPoint(ref reader, IPv6Length, out IPEndPoint? v6)
            || !reader.TryReadByte(out byte length) || length is < 1 or > ConnectionId.MaxLength
            || !reader.TryReadBytes(length, out ReadOnlySpan<byte> id)
            || !reader.TryReadBytes(StatelessResetToken.Length, out ReadOnlySpan<byte> token) || !reader.IsEmpty)
        {
            return null;
        }

        return new PreferredAddress(v4, v6, new ConnectionId(id), StatelessResetToken.Read(token));
    }

    public void Write(ref WireWriter writer)
    {
        WriteEndPoint(ref writer, IPv4, IPv4Length);
        WriteEndPoint(ref writer, IPv6, IPv6Length);
        ConnectionId id = ConnectionId;
        writer.WriteByte((byte)id.Length);
        writer.WriteBytes(id.Span);
        StatelessResetToken.Write(writer.Rest);
        writer.Advance(StatelessResetToken.Length);
    }

    private static bool TryReadEndPoint(ref WireReader reader, int addressLength, out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (!reader.TryReadBytes((ulong)addressLength, out ReadOnlySpan<byte> address) || !reader.TryReadUInt16(out ushort port))
        {
            return false;
        }

        // All zeros say that there is no address of this family.
        endPoint = port == 0 && !address.ContainsAnyExcept((byte)0) ? null : new IPEndPoint(new IPAddress(address), port);
        return true;
    }

    private static void WriteEndPoint(ref WireWriter writer, IPEndPoint? endPoint, int addressLength)
    {
        if (endPoint is null)
        {
            writer.WriteZeros(addressLength + 2);
            return;
        }

        if (!endPoint.Address.TryWriteBytes(writer.Rest, out int written) || written != addressLength)
        {
            throw new InvalidOperationException("A preferred address is of the family of its field.");
        }

        writer.Advance(written);
        writer.WriteUInt16((ushort)endPoint.Port);
    }
}
