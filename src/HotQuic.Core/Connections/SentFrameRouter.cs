using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;

namespace HotQuic.Core.Connections;

/// <summary>
/// Tells the owner of each frame what became of it. Recovery knows packets, the owners know information; what is lost is
/// sent again as information, in new packets (RFC 9000 §13.3).
/// </summary>
internal sealed class SentFrameRouter : ISentFrameOwner
{
    private readonly Connection _connection;

    public SentFrameRouter(Connection connection)
    {
        _connection = connection;
    }

    public void OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Ack:
            case FrameType.AckEcn:
                _connection.Space(space)?.Acknowledgements.OnAckAcknowledged(new PacketNumber((long)frame.Offset));
                break;
            case FrameType.Crypto:
                _connection.Space(space)?.Crypto.OnAcknowledged(frame);
                break;
            case FrameType.RetireConnectionId:
                _connection.PeerIds.OnAcknowledged();
                break;
            case FrameType.NewToken:
            case FrameType.HandshakeDone:
                _connection.Announcements.OnAcknowledged(frame);
                break;
            case FrameType.Datagram:
            case FrameType.DatagramWithLength:
                _connection.Datagrams.OnAcknowledged(frame);
                break;
            default:
                if (IsStreamFrame(frame.Type))
                {
                    _connection.Streams.OnAcknowledged(frame);
                }

                break;
        }
    }

    public void OnFrameLost(PacketNumberSpace space, in SentFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Crypto:
                _connection.Space(space)?.Crypto.OnLost(frame);
                break;
            case FrameType.NewConnectionId:
                _connection.LocalIds.OnLost(frame);
                break;
            case FrameType.RetireConnectionId:
                _connection.PeerIds.OnLost(frame);
                break;
            case FrameType.NewToken:
            case FrameType.HandshakeDone:
                _connection.Announcements.OnLost(frame);
                break;
            case FrameType.Datagram:
            case FrameType.DatagramWithLength:
                _connection.Datagrams.OnLost(frame);
                break;
            case FrameType.PathChallenge:
                _connection.Validator.OnLost(frame);
                _connection.Migration.OldPathValidator?.OnLost(frame);
                break;
            default:
                // ACK, PADDING, PING and PATH_RESPONSE are not sent again for a loss.
                if (IsStreamFrame(frame.Type))
                {
                    _connection.Streams.OnLost(frame);
                }

                break;
        }
    }

    public void OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet) => _connection.OnPacketAcknowledged(space, packet);

    public void OnPacketLost(PacketNumberSpace space, in PacketReport packet) => _connection.OnPacketLost(space, packet);

    private static bool IsStreamFrame(FrameType type) => type is FrameType.ResetStream or FrameType.StopSending
        or (>= FrameType.Stream and <= FrameType.StreamsBlockedUnidirectional);
}
