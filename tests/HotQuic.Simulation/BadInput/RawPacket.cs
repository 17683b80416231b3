using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Wire;

namespace HotQuic.Simulation.BadInput;

/// <summary>What a packet is forged with, besides its frames.</summary>
internal readonly record struct RawHeader(PacketType Type, ConnectionId Destination, ConnectionId Source)
{
    public long Number { get; init; }

    public QuicVersion Version { get; init; } = QuicVersion.Version1;

    /// <summary>The reserved bits are sent as ones, which the AEAD authenticates (RFC 9000 §17.2).</summary>
    public bool HasReservedBits { get; init; }

    /// <summary>The datagram is padded to this size.</summary>
    public int DatagramSize { get; init; }

    public ReadOnlyMemory<byte> Token { get; init; }
}

/// <summary>Packets and frames made by hand: right where the test wants it, wrong where the test wants it.</summary>
internal static class RawPacket
{
    private const int NumberLength = 4;

    /// <summary>An Initial as the first of a client: keyed by its own destination.</summary>
    public static byte[] FirstInitial(ConnectionId destination, ConnectionId source, ReadOnlySpan<byte> frames, int size = 1200)
    {
        InitialKeys.Derive(QuicVersion.Version1, destination, EndpointRole.Client, out PacketKeys send, out PacketKeys receive);
        receive.Discard();
        return Seal(send, new RawHeader(PacketType.Initial, destination, source) { DatagramSize = size }, frames);
    }

    public static byte[] Seal(PacketKeys keys, in RawHeader header, ReadOnlySpan<byte> frames)
    {
        byte[] bytes = new byte[Math.Max(header.DatagramSize, frames.Length + header.Token.Length + 100)];
        scoped WireWriter wire = new(bytes);
        LongHeaderOffsets offsets = LongHeader.Write(ref wire, new LongHeaderFields
        {
            Type = header.Type,
            Version = header.Version,
            DestinationConnectionId = header.Destination.Span,
            SourceConnectionId = header.Source.Span,
            Token = header.Token.Span,
            PacketNumber = new PacketNumber(header.Number),
            PacketNumberLength = NumberLength,
        });
        int end = Math.Max(header.DatagramSize, wire.Position + frames.Length + PacketAead.TagLength);
        if (header.HasReservedBits)
        {
            bytes[0] |= 0x0c;
        }

        LongHeader.FillLength(bytes, offsets, end);
        frames.CopyTo(bytes.AsSpan(wire.Position));
        keys.Aead.Seal(new PacketNumber(header.Number), wire.Written, default, bytes.AsSpan(wire.Position..end));
        PacketProtector.Protect(keys.HeaderProtection, bytes.AsSpan(0, end), offsets.PacketNumberOffset);
        return bytes[..end];
    }

    /// <summary>A frame whose fields are all variable-length integers.</summary>
    public static byte[] Frame(FrameType type, params ulong[] fields) => Frame((ulong)type, fields);

    public static byte[] Frame(ulong type, params ulong[] fields)
    {
        byte[] bytes = new byte[(fields.Length + 1) * 8];
        var wire = new WireWriter(bytes);
        wire.WriteVarInt(type);
        foreach (ulong field in fields)
        {
            wire.WriteVarInt(field);
        }

        return bytes[..wire.Position];
    }

    /// <summary>A STREAM frame with every field.</summary>
    public static byte[] Stream(ulong id, ulong offset, int length, bool isFin = false) =>
        [.. Frame(0x0e | (isFin ? 1ul : 0), id, offset, (ulong)length), .. new byte[length]];

    public static byte[] Crypto(ulong offset, ReadOnlySpan<byte> data) => [.. Frame(FrameType.Crypto, offset, (ulong)data.Length), .. data];

    public static byte[] NewConnectionId(ulong sequenceNumber, ulong retirePriorTo, ReadOnlySpan<byte> id) =>
        [.. Frame(FrameType.NewConnectionId, sequenceNumber, retirePriorTo), (byte)id.Length, .. id, .. new byte[16]];
}
