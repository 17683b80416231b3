using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Connections;

/// <summary>What the frames of one packet need to know of it.</summary>
internal readonly ref struct PacketContext
{
    public required EncryptionLevel Level { get; init; }

    public required Instant At { get; init; }

    public required ReadOnlySpan<byte> DestinationConnectionId { get; init; }

    public PacketNumberSpace Space => Level.Space();
}

/// <summary>
/// Reads the frames of an opened packet one by one, holds each against the table of <see cref="FrameRules"/>, and hands it
/// to its owner with one call. The first error ends the packet and the connection.
/// </summary>
internal sealed class FrameDispatcher
{
    private readonly Connection _connection;

    public FrameDispatcher(Connection connection)
    {
        _connection = connection;
    }

    /// <summary>True after <see cref="Dispatch"/> where a frame of the packet asks for an acknowledgment.</summary>
    public bool WasAckEliciting { get; private set; }

    /// <summary>True after <see cref="Dispatch"/> where a frame of the packet is not a probing one (RFC 9000 §9.1).</summary>
    public bool WasNonProbing { get; private set; }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        WasAckEliciting = false;
        WasNonProbing = false;
    }

    public TransportError? Dispatch(ReadOnlySpan<byte> payload, in PacketContext packet)
    {
        WasAckEliciting = false;
        WasNonProbing = false;
        if (payload.IsEmpty)
        {
            // RFC 9000 §12.4
            return new TransportError(TransportErrorCode.ProtocolViolation, 0, "A packet has no frames.");
        }

        var reader = new WireReader(payload);
        while (!reader.IsEmpty)
        {
            if (!FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? error))
            {
                return error;
            }

            error = FrameRules.Check(type, packet.Level, _connection.Role.Peer(), out FrameRule rule);
            if (error is not null)
            {
                return error;
            }

            WasAckEliciting |= rule.IsAckEliciting;
            WasNonProbing |= !rule.IsProbing;
            error = DispatchOne((FrameType)type, ref reader, packet);
            if (error is not null || _connection.Closer.IsPeerClosed)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>
    /// A connection that is closing cares for one frame: the peer's own CONNECTION_CLOSE, which nothing but these frames is
    /// sent along with (RFC 9000 §10.2.1, §10.2.2).
    /// </summary>
    public void DispatchWhileClosing(ReadOnlySpan<byte> payload, Instant at)
    {
        var reader = new WireReader(payload);
        while (!reader.IsEmpty && FrameRules.TryReadFrameType(ref reader, out ulong value, out _))
        {
            var type = (FrameType)value;
            switch (type)
            {
                case FrameType.Padding or FrameType.Ping:
                case FrameType.Ack or FrameType.AckEcn when AckFrame.TryRead(type, ref reader, out _):
                    continue;
                case FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication when ConnectionCloseFrame.TryRead(type, ref reader, out ConnectionCloseFrame close):
                    _connection.Closer.OnPeerClose(close, at);
                    return;
                default:
                    return;
            }
        }
    }

    private TransportError? DispatchOne(FrameType type, ref WireReader reader, in PacketContext packet)
    {
        switch (type)
        {
            case FrameType.Padding:
                reader.SkipZeros();
                return null;
            case FrameType.Ping:
                return null;
            case FrameType.Ack:
            case FrameType.AckEcn:
                return AckFrame.TryRead(type, ref reader, out AckFrame ack) ? _connection.OnAck(ack, packet) : FrameRules.Malformed((ulong)type);
            case FrameType.Crypto:
                return CryptoFrame.TryRead(ref reader, out CryptoFrame crypto) ? _connection.Handshake.OnCrypto(crypto, packet) : FrameRules.Malformed((ulong)type);
            case FrameType.NewToken:
                return NewTokenFrame.TryRead(ref reader, out NewTokenFrame token) ? _connection.OnNewToken(token) : FrameRules.Malformed((ulong)type);
            case FrameType.NewConnectionId:
                return NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame newId) ? _connection.PeerIds.OnNewConnectionId(newId) : FrameRules.Malformed((ulong)type);
            case FrameType.RetireConnectionId:
                return RetireConnectionIdFrame.TryRead(ref reader, out RetireConnectionIdFrame retire)
                    ? _connection.LocalIds.OnRetire(retire, packet.DestinationConnectionId) : FrameRules.Malformed((ulong)type);
            case FrameType.PathChallenge:
                return PathChallengeFrame.TryRead(ref reader, out PathChallengeFrame challenge) ? _connection.OnPathChallenge(challenge) : FrameRules.Malformed((ulong)type);
            case FrameType.PathResponse:
                return PathResponseFrame.TryRead(ref reader, out PathResponseFrame response) ? _connection.OnPathResponse(response) : FrameRules.Malformed((ulong)type);
            case FrameType.ConnectionCloseTransport:
            case FrameType.ConnectionCloseApplication:
                return ConnectionCloseFrame.TryRead(type, ref reader, out ConnectionCloseFrame close) ? _connection.Closer.OnPeerClose(close, packet.At) : FrameRules.Malformed((ulong)type);
            case FrameType.HandshakeDone:
                return _connection.Handshake.OnHandshakeDone(packet.At);
            case FrameType.Datagram:
            case FrameType.DatagramWithLength:
                return DatagramFrame.TryRead(type, ref reader, out DatagramFrame datagram) ? _connection.OnDatagramFrame(datagram) : FrameRules.Malformed((ulong)type);
            default:
                return DispatchStreamFrame(type, ref reader);
        }
    }

    private TransportError? DispatchStreamFrame(FrameType type, ref WireReader reader)
    {
        Streams.StreamSet streams = _connection.Streams;
        switch (type)
        {
            case >= FrameType.Stream and <= FrameType.StreamLast:
                return StreamFrame.TryRead(type, ref reader, out StreamFrame stream) ? NamedAs(type, streams.OnStream(stream)) : FrameRules.Malformed((ulong)type);
            case FrameType.ResetStream:
                return ResetStreamFrame.TryRead(ref reader, out ResetStreamFrame reset) ? streams.OnResetStream(reset) : FrameRules.Malformed((ulong)type);
            case FrameType.StopSending:
                return StopSendingFrame.TryRead(ref reader, out StopSendingFrame stop) ? streams.OnStopSending(stop) : FrameRules.Malformed((ulong)type);
            case FrameType.MaxData:
                return MaxDataFrame.TryRead(ref reader, out MaxDataFrame maxData) ? streams.OnMaxData(maxData) : FrameRules.Malformed((ulong)type);
            case FrameType.MaxStreamData:
                return MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame maxStreamData) ? streams.OnMaxStreamData(maxStreamData) : FrameRules.Malformed((ulong)type);
            case FrameType.MaxStreamsBidirectional:
            case FrameType.MaxStreamsUnidirectional:
                return MaxStreamsFrame.TryRead(type, ref reader, out MaxStreamsFrame maxStreams) ? streams.OnMaxStreams(maxStreams) : FrameRules.Malformed((ulong)type);
            case FrameType.DataBlocked:
                return DataBlockedFrame.TryRead(ref reader, out DataBlockedFrame blocked) ? streams.OnDataBlocked(blocked) : FrameRules.Malformed((ulong)type);
            case FrameType.StreamDataBlocked:
                return StreamDataBlockedFrame.TryRead(ref reader, out StreamDataBlockedFrame streamBlocked) ? streams.OnStreamDataBlocked(streamBlocked) : FrameRules.Malformed((ulong)type);
            default:
                return StreamsBlockedFrame.TryRead(type, ref reader, out StreamsBlockedFrame streamsBlocked) ? streams.OnStreamsBlocked(streamsBlocked) : FrameRules.Malformed((ulong)type);
        }
    }

    /// <summary>The flags are part of the type that CONNECTION_CLOSE names (RFC 9000 §19.19).</summary>
    private static TransportError? NamedAs(FrameType type, TransportError? error) => error is null ? null : error with { FrameType = (ulong)type };
}
