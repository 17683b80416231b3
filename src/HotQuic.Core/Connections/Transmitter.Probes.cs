using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

using Path = HotQuic.Core.Paths.Path;

namespace HotQuic.Core.Connections;

/// <summary>Packets that ask something of a path: how large its datagrams may be, or whether the peer is still there.</summary>
internal sealed partial class Transmitter
{
    /// <summary>A PING padded to the size in question (RFC 8899 §4.1); its loss is no sign of congestion.</summary>
    private Train TransmitMtuProbe(Instant now, Span<byte> bytes)
    {
        PacketSpace space = _connection.Space(PacketNumberSpace.Application)!;
        PacketNumber number = space.TakeNumber();
        int numberLength = PacketNumberEncoding.LengthFor(number, _connection.Recovery.LargestAcknowledged(space.Kind));
        var wire = new WireWriter(bytes);
        int numberOffset = PacketAssembler.WriteShortHeader(ref wire, _connection, number, numberLength);
        wire.WriteByte((byte)FrameType.Ping);
        wire.WriteZeros(bytes.Length - wire.Position - PacketAead.TagLength);
        _log[0] = new SentFrame(FrameType.Ping, 0, 0, 0);
        var packet = new AssembledPacket
        {
            Level = EncryptionLevel.OneRtt,
            Number = number,
            PacketNumberOffset = numberOffset,
            PacketNumberLength = numberLength,
            PayloadLength = bytes.Length - numberOffset - numberLength - PacketAead.TagLength,
            IsAckEliciting = true,
            LogCount = 1,
        };
        Seal(now, bytes, packet, default);
        PacketProtector.Protect(_connection.OneRtt!.SendHeaderProtection, bytes, numberOffset);
        EcnCodepoint ecn = _connection.Recovery.Ecn.CodepointToSend;
        Record(now, packet, new SentSizes(bytes.Length, ecn) { IsMtuProbe = true });
        _connection.Mtu.OnProbeSent();
        OnTrainSent(bytes.Length, 1, bytes.Length);
        return new Train(bytes.Length, bytes.Length, _connection.Path.Remote, _connection.Path.Local, ecn);
    }

    /// <summary>
    /// What fills the window went to where the peer was before, and says nothing of where it is now (RFC 9000 §9.4). It may never be
    /// acknowledged, and no probe timeout runs while next to nothing may go to an address that is not proven: so its challenge goes as a
    /// probe would.
    /// </summary>
    private void LetChallengeThrough()
    {
        if (!_connection.Path.IsValidated && _connection.Validator.HasPendingFrames && _connection.Space(PacketNumberSpace.Application) is { } space)
        {
            space.ProbesWanted = Math.Max(space.ProbesWanted, 1);
        }
    }

    /// <summary>
    /// A PATH_CHALLENGE alone, for another path than the one in use (RFC 9000 §9.3.3). That path may be gone, so the loss of the packet is no
    /// sign of congestion (§9.4), as little as that of an MTU probe.
    /// </summary>
    private Train TransmitChallenge(Instant now, Span<byte> buffer, Path path)
    {
        PacketSpace space = _connection.Space(PacketNumberSpace.Application)!;
        PacketNumber number = space.TakeNumber();
        int numberLength = PacketNumberEncoding.LengthFor(number, _connection.Recovery.LargestAcknowledged(space.Kind));
        Span<byte> bytes = buffer[..MinDatagramSize];
        var wire = new WireWriter(bytes);
        int numberOffset = PacketAssembler.WriteShortHeader(ref wire, _connection, number, numberLength);
        int headerLength = wire.Position;
        var writer = new FrameWriter(bytes[headerLength..^PacketAead.TagLength], _log.AsSpan(0, MaxFramesPerPacket));
        _connection.Migration.OldPathValidator!.Transmit(ref writer, path.SendAllowance);
        bytes[(headerLength + writer.Length)..^PacketAead.TagLength].Clear();
        var packet = new AssembledPacket
        {
            Level = EncryptionLevel.OneRtt,
            Number = number,
            PacketNumberOffset = numberOffset,
            PacketNumberLength = numberLength,
            PayloadLength = bytes.Length - headerLength - PacketAead.TagLength,
            IsAckEliciting = true,
            LogCount = writer.Logged.Length,
        };
        Seal(now, bytes, packet, default);
        PacketProtector.Protect(_connection.OneRtt!.SendHeaderProtection, bytes, numberOffset);
        EcnCodepoint ecn = _connection.Recovery.Ecn.CodepointToSend;
        Record(now, packet, new SentSizes(bytes.Length, ecn) { IsMtuProbe = true });
        path.OnDatagramSent(bytes.Length);
        _connection.OnDatagramsSent(bytes.Length, 1, bytes.Length);
        return new Train(bytes.Length, bytes.Length, path.Remote, path.Local, ecn);
    }
}
