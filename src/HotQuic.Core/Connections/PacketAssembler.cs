using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Connections;

/// <summary>A packet whose frames are written but not yet sealed: where things lie in the buffer it was written to.</summary>
internal struct AssembledPacket
{
    public EncryptionLevel Level;
    public PacketNumber Number;

    /// <summary>Offset of the first byte of the header.</summary>
    public int Start;

    /// <summary>Offset of the Length field from <see cref="Start"/>; 0 for short headers.</summary>
    public int LengthOffset;

    /// <summary>Offset of the packet number from <see cref="Start"/>.</summary>
    public int PacketNumberOffset;
    public int PacketNumberLength;

    /// <summary>Bytes of payload, tail included, without the AEAD's tag.</summary>
    public int PayloadLength;
    public bool IsAckEliciting;
    public bool HasPadding;

    /// <summary>The datagram has to have the full 1,200 bytes.</summary>
    public bool MustExpand;

    /// <summary>The sent frames' place in the transmitter's log.</summary>
    public int LogStart;
    public int LogCount;

    public readonly int HeaderLength => PacketNumberOffset + PacketNumberLength;

    public readonly int SealedLength => HeaderLength + PayloadLength + PacketAead.TagLength;
}

/// <summary>
/// Writes the header and frames of one packet. The owners of frames are asked in a fixed order, which is the order of need:
/// acknowledgments, handshake bytes, what the handshake announces, path validation, connection IDs, datagrams, streams
/// (limits before data), and a PING where nothing else would get an answer.
/// </summary>
internal sealed class PacketAssembler
{
    /// <summary>Less than this is not worth a packet.</summary>
    private const int MinRoom = 4;

    private readonly Connection _connection;

    public PacketAssembler(Connection connection)
    {
        _connection = connection;
    }

    /// <summary>True where a packet of the level would have something to say under the constraint.</summary>
    public bool Wants(EncryptionLevel level, TransmitConstraint constraint, Instant now)
    {
        PacketSpace? space = _connection.Space(level.Space());
        if (space is null || constraint == TransmitConstraint.AmplificationLimited)
        {
            return false;
        }

        if (space.Acknowledgements.UrgencyAt(now) == AckUrgency.Now || space.ProbesWanted > 0)
        {
            return true;
        }

        return constraint == TransmitConstraint.None && HasFrames(space, level);
    }

    /// <summary>Frames that count in flight and wait to be sent.</summary>
    public bool HasFrames(PacketSpace space, EncryptionLevel level) =>
        space.IsPingWanted || space.Crypto.HasPendingData || (level == EncryptionLevel.OneRtt && HasApplicationFrames());

    /// <summary>
    /// Writes header and frames at the start of <paramref name="destination"/>, which is as long as the packet may become with
    /// its tag. False where nothing was written. A tail stays in its owner's memory.
    /// </summary>
    public bool TryAssemble(EncryptionLevel level, Span<byte> destination, in AssemblyRequest request, out AssembledPacket packet, out ReadOnlySpan<byte> tail)
    {
        packet = default;
        tail = default;
        PacketSpace space = _connection.Space(level.Space())!;
        PacketNumber number = space.NextNumber;
        int numberLength = PacketNumberEncoding.LengthFor(number, _connection.Recovery.LargestAcknowledged(space.Kind));
        var wire = new WireWriter(destination);
        int lengthOffset = 0;
        int numberOffset;
        if (level == EncryptionLevel.OneRtt)
        {
            numberOffset = WriteShortHeader(ref wire, _connection, number, numberLength);
        }
        else
        {
            LongHeaderOffsets offsets = LongHeader.Write(ref wire, new LongHeaderFields
            {
                Type = level.ToPacketType(),
                Version = _connection.Version,
                DestinationConnectionId = _connection.PeerIds.Active.Span,
                SourceConnectionId = _connection.LocalHandshakeId.Span,
                Token = level == EncryptionLevel.Initial ? _connection.Attempt.Token : default,
                PacketNumber = number,
                PacketNumberLength = numberLength,
            });
            lengthOffset = offsets.LengthOffset;
            numberOffset = offsets.PacketNumberOffset;
        }

        int room = destination.Length - wire.Position - PacketAead.TagLength;
        var writer = new FrameWriter(destination.Slice(wire.Position, Math.Max(0, room)), request.Log);
        bool mustExpand = room >= MinRoom && WriteFrames(ref writer, space, level, request);

        if (writer.IsEmpty)
        {
            return false;
        }

        // RFC 9001 §5.4.2: a sample must be there, 4 bytes after the start of the packet number.
        bool hasPadding = false;
        while (writer.Length + numberLength < 4)
        {
            writer.Wire.WriteByte((byte)FrameType.Padding);
            hasPadding = true;
        }

        tail = writer.Tail;
        packet = new AssembledPacket
        {
            Level = level,
            Number = number,
            LengthOffset = lengthOffset,
            PacketNumberOffset = numberOffset,
            PacketNumberLength = numberLength,
            PayloadLength = writer.Length,
            IsAckEliciting = writer.IsAckEliciting,
            HasPadding = hasPadding,
            MustExpand = mustExpand,
            LogCount = writer.Logged.Length,
        };
        space.TakeNumber();
        if (writer.IsAckEliciting)
        {
            space.IsPingWanted = false;
            space.ProbesWanted = Math.Max(0, space.ProbesWanted - 1);
        }

        return true;
    }

    /// <summary>Writes the header of a 1-RTT packet and returns the offset of its packet number.</summary>
    public static int WriteShortHeader(ref WireWriter wire, Connection connection, PacketNumber number, int numberLength)
    {
        ShortHeaderBits bits = ShortHeaderBits.Fixed;
        bits |= connection.OneRtt!.SendPhase ? ShortHeaderBits.KeyPhase : ShortHeaderBits.None;
        bits |= connection.SpinBit ? ShortHeaderBits.Spin : ShortHeaderBits.None;
        return ShortHeader.Write(ref wire, new ShortHeaderFields
        {
            DestinationConnectionId = connection.PeerIds.Active.Span,
            PacketNumber = number,
            PacketNumberLength = numberLength,
            Bits = bits,
        });
    }

    /// <summary>True where a frame asks for a datagram of full size (RFC 9000 §8.2).</summary>
    private bool WriteFrames(ref FrameWriter writer, PacketSpace space, EncryptionLevel level, in AssemblyRequest request)
    {
        bool mustExpand = false;
        if (request.IsClose)
        {
            _connection.Closer.WriteClose(ref writer, level);
            return false;
        }

        if (space.Acknowledgements.UrgencyAt(request.At) != AckUrgency.None)
        {
            space.Acknowledgements.TryWrite(ref writer, request.At, level == EncryptionLevel.OneRtt ? LocalParameters.AckDelayExponent : AckDelay.DefaultExponent);
        }

        if (request.Constraint != TransmitConstraint.None && space.ProbesWanted == 0)
        {
            return false;
        }

        space.Crypto.Transmit(ref writer);
        if (level == EncryptionLevel.OneRtt)
        {
            _connection.Announcements.Transmit(ref writer);
            mustExpand = _connection.Validator.Transmit(ref writer, _connection.Path.SendAllowance);
            _connection.LocalIds.Transmit(ref writer);
            _connection.PeerIds.Transmit(ref writer);
            _connection.Datagrams.Transmit(ref writer);
            _connection.Streams.Transmit(ref writer, request.At, _connection.Recovery.Rtt.Smoothed);
        }

        bool isPingWanted = space.IsPingWanted || space.ProbesWanted > 0 || space.Acknowledgements.IsPingDue;
        if (isPingWanted && !writer.IsAckEliciting && writer.Remaining > 0)
        {
            writer.Wire.WriteByte((byte)FrameType.Ping);
            writer.Log(new SentFrame(FrameType.Ping, 0, 0, 0));
            space.Acknowledgements.OnPingSent();
        }

        return mustExpand;
    }

    private bool HasApplicationFrames() => _connection.Streams.HasPendingFrames || _connection.Streams.HasPendingData || _connection.Datagrams.HasPendingFrames
        || _connection.Announcements.HasPendingFrames || _connection.Validator.HasPendingFrames
        || _connection.LocalIds.HasPendingFrames || _connection.PeerIds.HasPendingFrames;
}

/// <summary>What the frames of a packet depend on, besides its level and room.</summary>
internal readonly ref struct AssemblyRequest
{
    public required Instant At { get; init; }

    public required TransmitConstraint Constraint { get; init; }

    /// <summary>Takes the packet's sent frames.</summary>
    public required Span<SentFrame> Log { get; init; }

    /// <summary>The packet carries CONNECTION_CLOSE and nothing else.</summary>
    public bool IsClose { get; init; }
}
