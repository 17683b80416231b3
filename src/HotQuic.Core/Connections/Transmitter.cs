using HotQuic.Core.CongestionControl;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;

using Path = HotQuic.Core.Paths.Path;

namespace HotQuic.Core.Connections;

/// <summary>
/// The sending half of a connection. <see cref="Transmit"/> fills a buffer with one train: during the handshake a single
/// datagram of coalesced packets, afterwards as many full-sized packets as congestion window, pacer and buffer allow.
/// </summary>
internal sealed partial class Transmitter
{
    /// <summary>Every QUIC path carries datagrams of this size (RFC 9000 §14).</summary>
    public const int MinDatagramSize = Path.MinDatagramSize;

    /// <summary>No more packets than this leave in one train.</summary>
    public const int MaxPacketsPerTrain = 64;

    private const int MaxFramesPerPacket = ConnectionServices.MaxFramesPerPacket;

    /// <summary>A further packet is coalesced only where its header, tag and some frames fit.</summary>
    private const int MinCoalescedRoom = 96;

    private readonly Connection _connection;
    private readonly PacketAssembler _assembler;
    private readonly SentFrame[] _log;
    private readonly AssembledPacket[] _packets;

    public Transmitter(Connection connection)
    {
        _connection = connection;
        _assembler = new PacketAssembler(connection);
        _log = connection.Services.FrameLog;
        _packets = connection.Services.Packets;
    }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin() => PacingDeadline = Instant.Never;

    /// <summary>When the pacer lets the next packet go; meaningful while something waits.</summary>
    public Instant PacingDeadline { get; private set; } = Instant.Never;

    /// <summary>True where some keys are left to say goodbye with.</summary>
    public bool CanSendClose => _connection.OneRtt is not null || HasSendKeys(EncryptionLevel.Initial) || HasSendKeys(EncryptionLevel.Handshake);

    /// <summary>Bytes of frames that a 1-RTT packet holds at the path's MTU, whatever its packet number.</summary>
    public int MaxApplicationPayload =>
        _connection.Path.Mtu - 1 - _connection.PeerIds.Active.Length - PacketNumberEncoding.MaxLength - PacketAead.TagLength;

    /// <summary>Information that counts in flight waits to be sent in the space.</summary>
    public bool HasFrames(PacketSpace space) =>
        _assembler.HasFrames(space, space.Kind == PacketNumberSpace.Application ? EncryptionLevel.OneRtt : EncryptionLevel.Initial);

    public Train Transmit(Instant now, Span<byte> buffer)
    {
        PacingDeadline = Instant.Never;
        switch (_connection.Closer.State)
        {
            case CloseState.Open:
                break;
            case CloseState.Closing when OwesFinished && TransmitCoalesced(now, buffer) is { IsEmpty: false } finished:
                return finished;
            case CloseState.Closing when _connection.Closer.HasPendingClose:
                return TransmitClose(now, buffer);
            default:
                return default;
        }

        _connection.BoundSentPackets();
        if (!CanGoOn(now))
        {
            return _connection.Closer.HasPendingClose ? TransmitClose(now, buffer) : default;
        }

        if (HasSendKeys(EncryptionLevel.Initial) || HasSendKeys(EncryptionLevel.Handshake))
        {
            return TransmitCoalesced(now, buffer);
        }

        return _connection.OneRtt is null ? default
            : _connection.Migration.PathToChallenge is { } old ? TransmitChallenge(now, buffer, old)
            : TransmitTrain(now, buffer);
    }

    /// <summary>
    /// A client that is closed as soon as its handshake is complete still says its Finished first, once: the server then knows whom it
    /// spoke to, reads the application's own code (RFC 9000 §10.2.3), and has measured the path, which bounds how long it drains. Where
    /// window or pacer hold it back the close goes alone: no acknowledgment is taken in any more that would make room.
    /// </summary>
    private bool OwesFinished =>
        _connection.Role == EndpointRole.Client && _connection.Handshake.IsComplete && _connection.Closer.HasPendingClose
        && HasSendKeys(EncryptionLevel.Handshake) && _connection.Space(PacketNumberSpace.Handshake) is { Crypto.HasPendingData: true };

    /// <summary>False where packet numbers or keys are used up, which ends the connection.</summary>
    private bool CanGoOn(Instant now)
    {
        for (PacketNumberSpace kind = PacketNumberSpace.Initial; kind <= PacketNumberSpace.Application; kind++)
        {
            if (_connection.Space(kind) is { NextNumber: var number } && IsOutOfReach(number, _connection.Recovery.LargestAcknowledged(kind)))
            {
                // RFC 9000 §12.3: without another packet, also without CONNECTION_CLOSE.
                _connection.Closer.EndSilently(TerminationKind.PacketNumbersExhausted, "A packet number space is used up.", now);
                return false;
            }
        }

        if (_connection.OneRtt is not null && PrepareKeys(now) is { } keysUsedUp)
        {
            _connection.Closer.CloseByTransport(keysUsedUp, now);
            return false;
        }

        return true;
    }

    /// <summary>No such number (RFC 9000 §12.3), or none that a peer could tell which has acknowledged nothing for so long (§17.1).</summary>
    private static bool IsOutOfReach(PacketNumber next, PacketNumber largestAcknowledged) =>
        next >= PacketNumber.MaxValue || next.Value - largestAcknowledged.Value > PacketNumberEncoding.MaxUnacknowledged - MaxPacketsPerTrain;

    private TransportError? PrepareKeys(Instant now)
    {
        TransportError? error = _connection.OneRtt!.PrepareToSend(now);
        _connection.NoteKeyGeneration(now, isRemoteInitiated: false);
        return error;
    }

    private Train TransmitCoalesced(Instant now, Span<byte> buffer)
    {
        Path path = _connection.Path;
        int limit = Math.Min(path.Mtu, buffer.Length);
        TransmitConstraint constraint = Constrain(now, limit);
        if (constraint == TransmitConstraint.CongestionLimited)
        {
            LetHandshakeThrough();
        }

        int count = 0;
        int length = 0;
        bool mustPad = false;
        for (EncryptionLevel level = EncryptionLevel.Initial; level <= EncryptionLevel.OneRtt; level++)
        {
            if (!HasSendKeys(level) || !_assembler.Wants(level, constraint, now) || limit - length < MinCoalescedRoom)
            {
                continue;
            }

            AssemblyRequest request = RequestFor(now, constraint, count);
            if (_assembler.TryAssemble(level, buffer[length..limit], request, out AssembledPacket packet, out ReadOnlySpan<byte> tail))
            {
                packet.Start = length;
                packet.LogStart = count * MaxFramesPerPacket;
                Bring(buffer, packet, tail);
                length += packet.SealedLength;
                _packets[count++] = packet;

                // RFC 9000 §14.1, §8.2.1, §8.2.2
                mustPad |= packet.MustExpand || (level == EncryptionLevel.Initial && (_connection.Role == EndpointRole.Client || packet.IsAckEliciting));
            }
        }

        return count == 0 ? default : SealCoalesced(now, buffer, count, mustPad);
    }

    /// <summary>
    /// Before confirmation 1-RTT packets have no probe timeout (RFC 9002 §6.2.1), and may fill the window while the peer cannot read
    /// them: handshake data that was lost would then wait for ever. One packet of it goes as a probe would.
    /// </summary>
    private void LetHandshakeThrough()
    {
        for (PacketNumberSpace kind = PacketNumberSpace.Initial; kind <= PacketNumberSpace.Handshake; kind++)
        {
            if (_connection.Space(kind) is { Crypto.HasPendingData: true } space && !_connection.Recovery.HasAckElicitingInFlight(kind))
            {
                space.ProbesWanted = Math.Max(space.ProbesWanted, 1);
            }
        }
    }

    private Train TransmitClose(Instant now, Span<byte> buffer)
    {
        // RFC 9000 §10.2.1, §10.2.3: what is left before the address is validated may be little, but so is this.
        int limit = (int)Math.Min(Math.Min(_connection.Path.Mtu, buffer.Length), _connection.Path.SendAllowance);
        int count = 0;
        int length = 0;
        bool mustPad = false;
        bool isConfirmed = _connection.Handshake.IsConfirmed;
        for (EncryptionLevel level = EncryptionLevel.Initial; level <= EncryptionLevel.OneRtt; level++)
        {
            // RFC 9000 §10.2.3: after confirmation the peer surely has 1-RTT keys; before, it may lack them.
            bool isUseful = level == EncryptionLevel.OneRtt ? _connection.OneRtt is { IsUsedUp: false } : !isConfirmed && HasSendKeys(level);
            if (!isUseful || limit - length < MinCoalescedRoom)
            {
                continue;
            }

            AssemblyRequest request = RequestFor(now, TransmitConstraint.None, count, isClose: true);
            if (_assembler.TryAssemble(level, buffer[length..limit], request, out AssembledPacket packet, out _))
            {
                packet.Start = length;
                packet.LogStart = count * MaxFramesPerPacket;
                length += packet.SealedLength;
                _packets[count++] = packet;
                mustPad |= level == EncryptionLevel.Initial && _connection.Role == EndpointRole.Client;
            }
        }

        if (length > 0 || limit >= MinDatagramSize)
        {
            _connection.Closer.OnCloseSent();
        }

        return count == 0 ? default : SealCoalesced(now, buffer, count, mustPad);
    }

    /// <summary>Pads the last packet where the datagram must be large, then seals each.</summary>
    private Train SealCoalesced(Instant now, Span<byte> buffer, int count, bool mustPad)
    {
        ref AssembledPacket last = ref _packets[count - 1];
        int length = last.Start + last.SealedLength;
        if (mustPad && length < MinDatagramSize)
        {
            Pad(buffer[last.Start..], ref last, MinDatagramSize - length);
            length = MinDatagramSize;
        }

        EcnCodepoint ecn = _connection.Recovery.Ecn.CodepointToSend;
        bool sendsHandshake = false;
        for (int i = 0; i < count; i++)
        {
            ref AssembledPacket packet = ref _packets[i];
            Span<byte> bytes = buffer.Slice(packet.Start, packet.SealedLength);
            FillLength(bytes, packet);
            Seal(now, bytes, packet, default);
            PacketProtector.Protect(HeaderProtectionOf(packet.Level), bytes, packet.PacketNumberOffset);
            Record(now, packet, new SentSizes(packet.SealedLength, ecn));
            sendsHandshake |= packet.Level == EncryptionLevel.Handshake;
        }

        OnTrainSent(length, 1, length);
        if (sendsHandshake && _connection.Role == EndpointRole.Client)
        {
            // RFC 9001 §4.9.1
            _connection.DiscardSpace(PacketNumberSpace.Initial, now);
        }

        return new Train(length, length, _connection.Path.Remote, _connection.Path.Local, ecn);
    }

    private Train TransmitTrain(Instant now, Span<byte> buffer)
    {
        // RFC 9000 §9.3.1: the little that may go to an address that is not proven is for its challenge.
        if (_connection.Path.IsValidated && _connection.Mtu.TryGetProbeSize(now, out int probeSize) && probeSize <= buffer.Length
            && Constrain(now, probeSize) == TransmitConstraint.None)
        {
            return TransmitMtuProbe(now, buffer[..probeSize]);
        }

        // RFC 9000 §9.3.1: on a path that is not validated a small packet may be all that is allowed.
        int segmentSize = (int)Math.Min(_connection.Path.Mtu, _connection.Path.SendAllowance);
        if (segmentSize < MinCoalescedRoom)
        {
            return default;
        }

        EcnCodepoint ecn = _connection.Recovery.Ecn.CodepointToSend;
        int numberOffset = 0;
        int length = 0;
        int count = 0;
        while (count < MaxPacketsPerTrain && buffer.Length - length >= segmentSize)
        {
            // RFC 9001 §6.6: the limit counts packets, not trains. The next call closes where these keys are used up.
            if (count > 0 && PrepareKeys(now) is not null)
            {
                break;
            }

            TransmitConstraint constraint = Constrain(now, segmentSize, alreadyInTrain: length);
            if (constraint == TransmitConstraint.CongestionLimited)
            {
                LetChallengeThrough();
            }

            AssemblyRequest request = RequestFor(now, constraint, 0);
            Span<byte> room = buffer.Slice(length, segmentSize);
            if (!_assembler.Wants(EncryptionLevel.OneRtt, constraint, now)
                || !_assembler.TryAssemble(EncryptionLevel.OneRtt, room, request, out AssembledPacket packet, out ReadOnlySpan<byte> tail))
            {
                NoteLackOfData(constraint);
                break;
            }

            if (packet.MustExpand && packet.SealedLength < MinDatagramSize)
            {
                Bring(room, packet, tail);
                tail = default;
                Pad(room, ref packet, MinDatagramSize - packet.SealedLength);
            }

            Seal(now, room[..packet.SealedLength], packet, tail);
            Record(now, packet, new SentSizes(packet.SealedLength, ecn));
            numberOffset = packet.PacketNumberOffset;
            count++;
            length += packet.SealedLength;
            if (packet.SealedLength < segmentSize)
            {
                NoteLackOfData(constraint);
                break;
            }
        }

        if (count == 0)
        {
            return default;
        }

        PacketProtector.ProtectTrain(_connection.OneRtt!.SendHeaderProtection, buffer[..length], segmentSize, numberOffset);
        OnTrainSent(length, count, segmentSize);
        return new Train(length, Math.Min(segmentSize, length), _connection.Path.Remote, _connection.Path.Local, ecn);
    }

    /// <summary>Where window and pacer would have taken more, the window shows nothing of the path (RFC 9002 §7.8).</summary>
    private void NoteLackOfData(TransmitConstraint constraint)
    {
        if (constraint == TransmitConstraint.None)
        {
            _connection.Recovery.OnApplicationLimited();
        }
    }

    /// <summary>The one answer to the question what may be sent now.</summary>
    private TransmitConstraint Constrain(Instant now, int size, int alreadyInTrain = 0)
    {
        if (_connection.Path.SendAllowance - alreadyInTrain < size)
        {
            return TransmitConstraint.AmplificationLimited;
        }

        if (_connection.Recovery.SendAllowance < size)
        {
            return TransmitConstraint.CongestionLimited;
        }

        Pacer pacer = _connection.Recovery.Pacer;
        if (_connection.Settings.IsPacingEnabled && pacer.Allowance(now) <= 0)
        {
            PacingDeadline = pacer.NextSend(now);
            return TransmitConstraint.CongestionLimited;
        }

        return TransmitConstraint.None;
    }

    private AssemblyRequest RequestFor(Instant now, TransmitConstraint constraint, int slot, bool isClose = false) => new()
    {
        At = now,
        Constraint = constraint,
        Log = _log.AsSpan(slot * MaxFramesPerPacket, MaxFramesPerPacket),
        IsClose = isClose,
    };

    /// <summary>Copies a tail to its place, where more packets follow or padding may.</summary>
    private static void Bring(Span<byte> buffer, in AssembledPacket packet, ReadOnlySpan<byte> tail)
    {
        int end = packet.Start + packet.HeaderLength + packet.PayloadLength;
        tail.CopyTo(buffer[(end - tail.Length)..]);
    }

    /// <summary>Appends PADDING frames, which are zeros.</summary>
    private static void Pad(Span<byte> bytes, ref AssembledPacket packet, int count)
    {
        bytes.Slice(packet.HeaderLength + packet.PayloadLength, count).Clear();
        packet.PayloadLength += count;
        packet.HasPadding = true;
    }

    private static void FillLength(Span<byte> bytes, in AssembledPacket packet)
    {
        if (packet.LengthOffset > 0)
        {
            LongHeader.FillLength(bytes, new LongHeaderOffsets(packet.LengthOffset, packet.PacketNumberOffset), packet.SealedLength);
        }
    }

    private void Seal(Instant now, Span<byte> bytes, in AssembledPacket packet, ReadOnlySpan<byte> tail)
    {
        if (_connection.Sink is { } sink)
        {
            // A sink reads the payload in one piece, so the tail comes along before it is sealed.
            Bring(bytes, packet with { Start = 0 }, tail);
            tail = default;
            sink.OnPacketSent(new PacketEvent
            {
                At = now,
                Type = packet.Level.ToPacketType(),
                Number = packet.Number,
                Length = packet.SealedLength,
                Payload = bytes.Slice(packet.HeaderLength, packet.PayloadLength),
                Ecn = _connection.Recovery.Ecn.CodepointToSend,
                DestinationId = _connection.PeerIds.Active,
            });
        }

        ReadOnlySpan<byte> header = bytes[..packet.HeaderLength];
        Span<byte> payload = bytes[packet.HeaderLength..];
        if (packet.Level == EncryptionLevel.OneRtt)
        {
            _connection.OneRtt!.Seal(packet.Number, header, tail, payload);
        }
        else
        {
            _connection.Space(packet.Level.Space())!.SendKeys!.Aead.Seal(packet.Number, header, tail, payload);
        }
    }

    private void Record(Instant now, in AssembledPacket packet, in SentSizes sizes)
    {
        bool isInFlight = packet.IsAckEliciting || packet.HasPadding;
        _connection.Recovery.OnPacketSent(
            new SentPacketInfo
            {
                Space = packet.Level.Space(),
                Number = packet.Number,
                SentAt = now,
                Size = (ushort)sizes.Bytes,
                IsAckEliciting = packet.IsAckEliciting,
                IsInFlight = isInFlight,
                IsMtuProbe = sizes.IsMtuProbe,
                Ecn = sizes.Ecn,
            },
            _log.AsSpan(packet.LogStart, packet.LogCount));
        _connection.OnPacketSent(packet, now);
    }

    private void OnTrainSent(int length, int datagrams, int segmentSize)
    {
        _connection.Path.OnDatagramSent(length);
        _connection.OnDatagramsSent(length, datagrams, Math.Min(length, segmentSize));
    }

    private bool HasSendKeys(EncryptionLevel level) => level switch
    {
        EncryptionLevel.OneRtt => _connection.OneRtt is not null,
        EncryptionLevel.ZeroRtt => false,
        _ => _connection.Space(level.Space())?.SendKeys is not null,
    };

    private HeaderProtection HeaderProtectionOf(EncryptionLevel level) => level == EncryptionLevel.OneRtt
        ? _connection.OneRtt!.SendHeaderProtection
        : _connection.Space(level.Space())!.SendKeys!.HeaderProtection;

    private readonly record struct SentSizes(int Bytes, EcnCodepoint Ecn)
    {
        public bool IsMtuProbe { get; init; }
    }
}
