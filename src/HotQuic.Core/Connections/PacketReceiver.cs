using System.Buffers;
using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;

namespace HotQuic.Core.Connections;

/// <summary>
/// The receiving half of a connection: splits a datagram into packets, removes their protection in place, gives the frames to
/// the dispatcher and counts what it drops. A packet that fails never stops the rest of its datagram (RFC 9000 §12.2).
/// </summary>
internal sealed class PacketReceiver
{
    /// <summary>Packets kept until their keys come; a handshake that is reordered needs few.</summary>
    private const int MaxHeldPackets = 8;

    private readonly Connection _connection;
    private readonly FrameDispatcher _dispatcher;

    /// <summary>Rented while packets are held.</summary>
    private HeldPacket[] _held = [];
    private int _heldCount;
    private bool _areKeysNew;

    public PacketReceiver(Connection connection)
    {
        _connection = connection;
        _dispatcher = new FrameDispatcher(connection);
    }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        DropHeld();
        _areKeysNew = false;
        _dispatcher.Begin();
    }

    /// <summary>Keys changed: what is held may be readable once the packet in hand is done.</summary>
    public void OnKeysInstalled() => _areKeysNew = true;

    public void OnDatagram(in ReceivedDatagram datagram)
    {
        Span<byte> rest = datagram.Bytes;
        ReadOnlySpan<byte> firstDestinationConnectionId = default;
        bool isFirst = true;
        while (!rest.IsEmpty && !_connection.Closer.IsPeerClosed)
        {
            DropReason reason = ProtectedPacket.TryRead(rest, _connection.LocalConnectionIdLength, out ProtectedPacket packet);
            if (reason == DropReason.TooShortToSample && packet.Length < rest.Length)
            {
                // RFC 9000 §12.2: its length is known, so what follows is looked at all the same.
                Drop(datagram, reason, packet.Length, packet.Type);
                rest = rest[packet.Length..];
                continue;
            }

            if (reason != DropReason.None)
            {
                OnUnreadable(datagram, rest, isFirst, reason);
                return;
            }

            Span<byte> bytes = rest[..packet.Length];
            rest = rest[packet.Length..];
            if (isFirst)
            {
                firstDestinationConnectionId = packet.DestinationConnectionId;
            }
            else if (!packet.DestinationConnectionId.SequenceEqual(firstDestinationConnectionId))
            {
                Drop(datagram, DropReason.CoalescedConnectionIdDiffers, packet.Length, packet.Type);
                continue;
            }

            reason = OnPacket(datagram, packet, bytes);
            if (reason != DropReason.None)
            {
                OnDropped(datagram, packet, reason, isFirst);
            }

            isFirst = false;
            ReleaseHeld(datagram.At);
        }
    }

    /// <summary>Goes through the held packets once more after keys were installed, in the order in which they came.</summary>
    public void ReleaseHeld(Instant now)
    {
        if (!_areKeysNew || _heldCount == 0)
        {
            return;
        }

        while (_areKeysNew && _heldCount > 0)
        {
            _areKeysNew = false;

            // What still finds no keys is held again, at the end.
            for (int left = _heldCount; left > 0; left--)
            {
                HeldPacket packet = _held[0];
                _heldCount--;
                _held.AsSpan(1, _heldCount).CopyTo(_held);
                _held[_heldCount] = default;
                ReplayHeld(now, packet);
                ArrayPool<byte>.Shared.Return(packet.Buffer);
            }
        }

        if (_connection.Handshake.IsComplete || _heldCount == 0)
        {
            DropHeld();
        }
    }

    private DropReason OnPacket(in ReceivedDatagram datagram, in ProtectedPacket packet, Span<byte> bytes)
    {
        if (packet.Type is PacketType.Retry or PacketType.VersionNegotiation)
        {
            return _connection.Attempt.OnUnprotectedPacket(packet, bytes, datagram.At);
        }

        if (packet.Type != PacketType.OneRtt && packet.Version != _connection.Version)
        {
            return DropReason.VersionMismatch;
        }

        // RFC 9000 §14.1: or small datagrams would buy answers.
        if (packet.Type == PacketType.Initial && _connection.Role == EndpointRole.Server && datagram.Bytes.Length < Transmitter.MinDatagramSize)
        {
            return DropReason.InitialDatagramTooSmall;
        }

        EncryptionLevel level = packet.Type.Level();
        if (level == EncryptionLevel.ZeroRtt)
        {
            return _connection.Role == EndpointRole.Client ? DropReason.UnexpectedPacketType : DropReason.KeysNotAvailable;
        }

        DropReason reason = _connection.Attempt.CheckLongHeader(packet);
        if (reason != DropReason.None)
        {
            return reason;
        }

        PacketSpace? space = _connection.Space(level.Space());
        if (space is null)
        {
            return DropReason.KeysDiscarded;
        }

        return level == EncryptionLevel.OneRtt
            ? OpenOneRtt(datagram, packet, bytes, space)
            : OpenHandshake(datagram, packet, bytes, space);
    }

    private DropReason OpenHandshake(in ReceivedDatagram datagram, in ProtectedPacket packet, Span<byte> bytes, PacketSpace space)
    {
        if (space.ReceiveKeys is not { } keys)
        {
            return Hold(datagram, bytes) ? DropReason.None : DropReason.BufferFull;
        }

        if (!PacketProtector.TryUnprotect(keys.HeaderProtection, bytes, packet.PacketNumberOffset, out UnprotectedHeader header))
        {
            return DropReason.TooShortToSample;
        }

        PacketNumber number = PacketNumberEncoding.Decode(header.TruncatedPacketNumber, header.PacketNumberLength, space.Acknowledgements.LargestReceived);
        int payloadOffset = packet.PacketNumberOffset + header.PacketNumberLength;
        Span<byte> payload = bytes[payloadOffset..];
        if (!keys.Aead.TryOpen(number, bytes[..payloadOffset], payload))
        {
            if (_connection.FailedOpens.OnFailure(keys.Aead.Suite) is { } limitReached)
            {
                Fail(datagram, limitReached);
            }

            return DropReason.AuthenticationFailed;
        }

        OpenedPacket opened = new()
        {
            Level = packet.Type.Level(),
            Type = packet.Type,
            Number = number,
            FirstByte = header.FirstByte,
            Length = bytes.Length,
            DestinationConnectionId = packet.DestinationConnectionId,
            SourceConnectionId = packet.SourceConnectionId,
            Payload = payload[..^PacketAead.TagLength],
        };
        return OnOpened(datagram, opened, space);
    }

    private DropReason OpenOneRtt(in ReceivedDatagram datagram, in ProtectedPacket packet, Span<byte> bytes, PacketSpace space)
    {
        // RFC 9001 §5.7: not before the handshake is complete, even where the keys exist.
        if (_connection.OneRtt is not { } phases || !_connection.Handshake.IsComplete)
        {
            return Hold(datagram, bytes) ? DropReason.None : DropReason.BufferFull;
        }

        ReadOnlySpan<byte> following = bytes.Length == datagram.Bytes.Length ? datagram.Following : default;
        if (!_connection.Services.Masks.TryUnprotect(phases.ReceiveHeaderProtection, bytes, following, packet.PacketNumberOffset, out UnprotectedHeader header))
        {
            return DropReason.TooShortToSample;
        }

        PacketNumber number = PacketNumberEncoding.Decode(header.TruncatedPacketNumber, header.PacketNumberLength, space.Acknowledgements.LargestReceived);
        int payloadOffset = packet.PacketNumberOffset + header.PacketNumberLength;
        Span<byte> payload = bytes[payloadOffset..];
        var received = new ReceivedOneRttPacket(number, header.KeyPhase, datagram.At, _connection.CurrentPto);
        if (!phases.TryOpen(received, bytes[..payloadOffset], payload, out KeyPhaseOpenResult result))
        {
            if (result.Error is not null)
            {
                Fail(datagram, result.Error);
            }

            return result.DropReason;
        }

        if (result.IsKeyUpdate)
        {
            _connection.NoteKeyGeneration(datagram.At, isRemoteInitiated: true);
        }

        OpenedPacket opened = new()
        {
            Level = EncryptionLevel.OneRtt,
            Type = PacketType.OneRtt,
            Number = number,
            FirstByte = header.FirstByte,
            Length = bytes.Length,
            DestinationConnectionId = packet.DestinationConnectionId,
            Payload = payload[..^PacketAead.TagLength],
        };
        return OnOpened(datagram, opened, space);
    }

    private DropReason OnOpened(in ReceivedDatagram datagram, in OpenedPacket packet, PacketSpace space)
    {
        if (space.Acknowledgements.IsDuplicate(packet.Number))
        {
            return DropReason.Duplicate;
        }

        if (!_connection.Closer.IsOpen)
        {
            _dispatcher.DispatchWhileClosing(packet.Payload, datagram.At);
            return DropReason.None;
        }

        // The packet is the peer's, whatever is wrong with it: its connection ID is the one to answer to.
        _connection.OnPacketOpened(packet, datagram);

        // RFC 9000 §17.2, §17.3.1: only now, after the AEAD has spoken.
        if (HeaderBits.HasReservedBits(packet.FirstByte))
        {
            Fail(datagram, new TransportError(TransportErrorCode.ProtocolViolation, 0, "Reserved header bits are not zero."));
            return DropReason.None;
        }

        TransportError? error = _dispatcher.Dispatch(packet.Payload, new PacketContext
        {
            Level = packet.Level,
            At = datagram.At,
            DestinationConnectionId = packet.DestinationConnectionId,
        });

        if (packet.Level == EncryptionLevel.OneRtt && error is null && !space.IsDiscarded)
        {
            _connection.Migration.OnPacketHandled(packet, _dispatcher.WasNonProbing && packet.Number > space.Acknowledgements.LargestReceived, datagram);
        }

        // RFC 9000 §13.1: acknowledged once all its frames were handled. The handshake may have discarded the space meanwhile, or the peer's close did.
        if (!space.IsDiscarded)
        {
            space.Acknowledgements.OnPacketReceived(new ReceivedPacketInfo(packet.Number, _dispatcher.WasAckEliciting, datagram.Ecn, datagram.At));
        }

        if (error is not null)
        {
            Fail(datagram, error);
        }

        return DropReason.None;
    }

    private void Fail(in ReceivedDatagram datagram, TransportError error) => _connection.Closer.CloseByTransport(error, datagram.At);

    private void OnUnreadable(in ReceivedDatagram datagram, ReadOnlySpan<byte> rest, bool isFirst, DropReason reason)
    {
        if (isFirst && IsStatelessReset(datagram))
        {
            return;
        }

        Drop(datagram, reason, rest.Length, null);
    }

    private void OnDropped(in ReceivedDatagram datagram, in ProtectedPacket packet, DropReason reason, bool isFirst)
    {
        if (isFirst && reason is DropReason.AuthenticationFailed or DropReason.KeyPhaseUnavailable && IsStatelessReset(datagram))
        {
            return;
        }

        Drop(datagram, reason, packet.Length, packet.Type);
    }

    /// <summary>RFC 9000 §10.3.1: the last 16 bytes tell, whatever the form of the header.</summary>
    private bool IsStatelessReset(in ReceivedDatagram datagram)
    {
        if (!_connection.PeerIds.IsStatelessReset(datagram.Bytes))
        {
            return false;
        }

        _connection.Closer.EndSilently(TerminationKind.StatelessReset, "The peer lost its state and sent a stateless reset.", datagram.At);
        return true;
    }

    private void Drop(in ReceivedDatagram datagram, DropReason reason, int length, PacketType? type) =>
        _connection.CountDrop(new PacketDroppedEvent(datagram.At, reason, length, type));

    private bool Hold(in ReceivedDatagram datagram, ReadOnlySpan<byte> packet)
    {
        if (_heldCount == MaxHeldPackets)
        {
            return false;
        }

        if (_held.Length == 0)
        {
            _held = ArrayPool<HeldPacket>.Shared.Rent(MaxHeldPackets);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(buffer);
        _held[_heldCount++] = new HeldPacket(buffer, packet.Length, datagram.Ecn);
        return true;
    }

    private void DropHeld()
    {
        while (_heldCount > 0)
        {
            ArrayPool<byte>.Shared.Return(_held[--_heldCount].Buffer);
            _held[_heldCount] = default;
        }

        if (_held.Length > 0)
        {
            ArrayPool<HeldPacket>.Shared.Return(_held);
            _held = [];
        }
    }

    private void ReplayHeld(Instant now, HeldPacket held)
    {
        Span<byte> bytes = held.Buffer.AsSpan(0, held.Length);
        if (_connection.Closer.IsPeerClosed
            || ProtectedPacket.TryRead(bytes, _connection.LocalConnectionIdLength, out ProtectedPacket packet) != DropReason.None)
        {
            return;
        }

        var replay = new ReceivedDatagram
        {
            Bytes = bytes,
            Remote = _connection.Path.Remote,
            Local = _connection.Path.Local,
            At = now,
            Ecn = held.Ecn,
        };
        DropReason reason = OnPacket(replay, packet, bytes);
        if (reason != DropReason.None)
        {
            Drop(replay, reason, packet.Length, packet.Type);
        }
    }

    private readonly record struct HeldPacket(byte[] Buffer, int Length, EcnCodepoint Ecn);
}

/// <summary>A packet whose protection was removed and verified.</summary>
internal readonly ref struct OpenedPacket
{
    public required EncryptionLevel Level { get; init; }

    public required PacketType Type { get; init; }

    public required PacketNumber Number { get; init; }

    public required byte FirstByte { get; init; }

    public required int Length { get; init; }

    public required ReadOnlySpan<byte> DestinationConnectionId { get; init; }

    public ReadOnlySpan<byte> SourceConnectionId { get; init; }

    public required ReadOnlySpan<byte> Payload { get; init; }
}
