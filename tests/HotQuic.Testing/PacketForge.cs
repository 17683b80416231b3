using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Testing;

/// <summary>
/// Speaks as one side of a connection to the other with that side's own keys, and says whatever a test wants: any frames in
/// any packet, with any flaw. <see cref="Packet"/> makes a protected packet, <see cref="Frame"/> the bytes of a frame.
/// </summary>
internal sealed class PacketForge
{
    private readonly SimulatedNetwork _network;
    private readonly Connection _speaker;
    private readonly ConnectionId _original;

    /// <param name="network">Knows the time.</param>
    /// <param name="speaker">Whose keys and packet numbers are used.</param>
    /// <param name="original">The destination of the client's first Initial, which keys all Initials.</param>
    public PacketForge(SimulatedNetwork network, Connection speaker, ConnectionId original)
    {
        _network = network;
        _speaker = speaker;
        _original = original;
    }

    /// <summary>A frame that is a row of integers, its type first.</summary>
    public static byte[] Frame(params ReadOnlySpan<ulong> integers)
    {
        byte[] bytes = new byte[8 * integers.Length];
        var writer = new WireWriter(bytes);
        foreach (ulong integer in integers)
        {
            writer.WriteVarInt(integer);
        }

        return bytes[..writer.Position];
    }

    public static byte[] Crypto(ulong offset, ReadOnlySpan<byte> data) => [.. Frame((ulong)FrameType.Crypto, offset, (ulong)data.Length), .. data];

    /// <summary>STREAM with offset and length.</summary>
    public static byte[] Stream(ulong id, ulong offset, ReadOnlySpan<byte> data, bool isFin = false) =>
        [.. Frame((ulong)FrameType.Stream | 6 | (isFin ? 1u : 0u), id, offset, (ulong)data.Length), .. data];

    public static byte[] NewConnectionId(ulong sequenceNumber, ulong retirePriorTo, ReadOnlySpan<byte> id, byte tokenFill = 7)
    {
        byte[] token = new byte[StatelessResetToken.Length];
        Array.Fill(token, tokenFill);
        return [.. Frame((ulong)FrameType.NewConnectionId, sequenceNumber, retirePriorTo), (byte)id.Length, .. id, .. token];
    }

    /// <summary>A packet of the level with these frames.</summary>
    public byte[] Packet(EncryptionLevel level, ReadOnlySpan<byte> frames, Forgery? forgery = null)
    {
        Instant at = _network.Now;
        forgery ??= Forgery.None;
        PacketNumberSpace kind = level.Space();
        PacketNumber number = forgery.Number ?? _speaker.Space(kind)?.TakeNumber() ?? new PacketNumber(1000);
        byte[] buffer = new byte[65536];
        var writer = new WireWriter(buffer);
        byte[] destination = (forgery.Destination ?? _speaker.PeerIds.Active).Span.ToArray();
        byte[] source = (forgery.Source ?? _speaker.LocalHandshakeId).Span.ToArray();
        int numberOffset;
        LongHeaderOffsets offsets = default;
        if (level == EncryptionLevel.OneRtt)
        {
            numberOffset = ShortHeader.Write(ref writer, new ShortHeaderFields
            {
                DestinationConnectionId = destination,
                PacketNumber = number,
                PacketNumberLength = 4,
                Bits = (forgery.IsFixedBitClear ? 0 : ShortHeaderBits.Fixed) | (_speaker.OneRtt!.SendPhase ? ShortHeaderBits.KeyPhase : 0),
            });
        }
        else
        {
            offsets = LongHeader.Write(ref writer, new LongHeaderFields
            {
                Type = level.ToPacketType(),
                Version = forgery.Version ?? _speaker.Version,
                DestinationConnectionId = destination,
                SourceConnectionId = source,
                Token = forgery.Token,
                PacketNumber = number,
                PacketNumberLength = 4,
                IsFixedBitClear = forgery.IsFixedBitClear,
            });
            numberOffset = offsets.PacketNumberOffset;
        }

        buffer[0] |= forgery.FirstByteBits;
        int headerLength = writer.Position;
        writer.WriteBytes(frames);
        writer.WriteZeros(Math.Max(0, forgery.PadTo - writer.Position - PacketAead.TagLength));
        int length = writer.Position + PacketAead.TagLength;
        if (level != EncryptionLevel.OneRtt)
        {
            LongHeader.FillLength(buffer, offsets, length);
        }

        Span<byte> packet = buffer.AsSpan(0, length);
        if (forgery.Number is null && _speaker.Space(kind) is not null)
        {
            // The real side has to know the number, or it would not believe the peer that acknowledges it.
            _speaker.Recovery.OnPacketSent(
                new SentPacketInfo { Space = kind, Number = number, SentAt = at, Size = (ushort)length, IsAckEliciting = false, IsInFlight = false },
                default);
        }

        Seal(level, number, packet, new HeaderExtent(headerLength, numberOffset));
        packet[^1] ^= (byte)(forgery.IsTagWrong ? 1 : 0);
        return packet.ToArray();
    }

    private void Seal(EncryptionLevel level, PacketNumber number, Span<byte> packet, HeaderExtent header)
    {
        Span<byte> payload = packet[header.Length..];
        if (level == EncryptionLevel.OneRtt)
        {
            _speaker.OneRtt!.Seal(number, packet[..header.Length], default, payload);
            PacketProtector.Protect(_speaker.OneRtt.SendHeaderProtection, packet, header.NumberOffset);
            return;
        }

        PacketKeys? own = null;
        if (level == EncryptionLevel.Initial)
        {
            InitialKeys.Derive(_speaker.Version, _original, _speaker.Role, out own, out PacketKeys receive);
            receive.Discard();
        }

        PacketKeys keys = own ?? _speaker.Space(level.Space())!.SendKeys!;
        keys.Aead.Seal(number, packet[..header.Length], default, payload);
        PacketProtector.Protect(keys.HeaderProtection, packet, header.NumberOffset);
        own?.Discard();
    }

    private readonly record struct HeaderExtent(int Length, int NumberOffset);
}
