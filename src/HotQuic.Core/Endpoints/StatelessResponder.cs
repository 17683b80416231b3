using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Endpoints;

/// <summary>
/// Writes the answers that need no connection. Each returns the bytes written, or 0 where the limit for the sender's address
/// prefix is reached; none is as long as three times what it answers (RFC 9000 §8.1).
/// </summary>
internal sealed class StatelessResponder
{
    private static readonly QuicVersion[] SupportedVersions = [QuicVersion.Version1];

    /// <summary>Services that answer any datagram: whoever forges their port makes us and them talk to each other.</summary>
    private static readonly int[] ReflectionPorts = [0, 17, 19, 53, 111, 123, 137, 138, 161, 389, 500, 1900, 5353, 11211];

    private readonly RandomSource _random;
    private readonly ConnectionIdGenerator _ids;
    private readonly TokenProtector _tokens;
    private readonly ResponseLimiter _limiter;
    private readonly PacketKeys _sendKeys;
    private readonly PacketKeys _receiveKeys;

    public StatelessResponder(RandomSource random, ConnectionIdGenerator ids, TokenProtector tokens, ResponseLimiter limiter)
    {
        var keys = new KeyPool();
        _sendKeys = new PacketKeys(keys);
        _receiveKeys = new PacketKeys(keys);
        _random = random;
        _ids = ids;
        _tokens = tokens;
        _limiter = limiter;
    }

    public EndpointStatistics Statistics { get; } = new();

    public static bool IsReflectionPort(int port) => Array.IndexOf(ReflectionPorts, port) >= 0;

    /// <summary>RFC 9000 §6.1, §17.2.1.</summary>
    public int NegotiateVersion(scoped in InvariantHeader header, scoped in ReceivedDatagram datagram, Span<byte> response)
    {
        if (!_limiter.TryTake(datagram.Remote, header.DestinationConnectionId, datagram.At) || response.Length < VersionNegotiationPacket.LengthFor(header, SupportedVersions.Length))
        {
            return 0;
        }

        Statistics.VersionNegotiationsSent++;
        return VersionNegotiationPacket.Write(response, header, SupportedVersions, _random);
    }

    /// <summary>RFC 9000 §8.1.2, §17.2.5.</summary>
    public int Retry(scoped in ProtectedPacket initial, scoped in ReceivedDatagram datagram, Span<byte> response)
    {
        if (!_limiter.TryTake(datagram.Remote, initial.DestinationConnectionId, datagram.At))
        {
            return 0;
        }

        var original = new ConnectionId(initial.DestinationConnectionId);
        ConnectionId source = _ids.Next();
        Span<byte> token = stackalloc byte[TokenProtector.MaxLength];
        token = token[.._tokens.Write(token, new TokenContent(TokenKind.Retry, original, source), datagram.Remote, datagram.At)];
        scoped WireWriter writer = new(response);
        RetryPacket.Write(ref writer, initial.Version, initial.SourceConnectionId, source.Span, token);
        RetryIntegrity.ComputeTag(initial.Version, original, writer.Written, writer.Rest[..PacketAead.TagLength]);
        Statistics.RetriesSent++;
        return writer.Position + PacketAead.TagLength;
    }

    /// <summary>An Initial with nothing but CONNECTION_CLOSE, for an attempt that gets no connection (RFC 9000 §5.2.2).</summary>
    public int Refuse(scoped in ProtectedPacket initial, scoped in ReceivedDatagram datagram, TransportErrorCode code, Span<byte> response)
    {
        if (!_limiter.TryTake(datagram.Remote, initial.DestinationConnectionId, datagram.At))
        {
            return 0;
        }

        InitialKeys.Install(initial.Version, new ConnectionId(initial.DestinationConnectionId), EndpointRole.Server, _sendKeys, _receiveKeys);
        ConnectionId source = _ids.Next();
        scoped WireWriter writer = new(response);
        LongHeaderOffsets offsets = LongHeader.Write(ref writer, new LongHeaderFields
        {
            Type = PacketType.Initial,
            Version = initial.Version,
            DestinationConnectionId = initial.SourceConnectionId,
            SourceConnectionId = source.Span,
            PacketNumber = new PacketNumber(0),
            PacketNumberLength = 1,
        });
        int headerLength = writer.Position;
        ConnectionCloseFrame.Transport(code, 0, default).Write(ref writer);
        int length = writer.Position + PacketAead.TagLength;
        LongHeader.FillLength(response, offsets, length);
        _sendKeys.Aead.Seal(new PacketNumber(0), response[..headerLength], default, response[headerLength..length]);
        PacketProtector.Protect(_sendKeys.HeaderProtection, response[..length], offsets.PacketNumberOffset);
        _sendKeys.Discard();
        _receiveKeys.Discard();
        return length;
    }

    /// <summary>Whether the Initial opens under the keys of its connection ID. It is opened in place.</summary>
    public bool IsAuthentic(scoped in ProtectedPacket initial, scoped in ReceivedDatagram datagram)
    {
        InitialKeys.Install(initial.Version, new ConnectionId(initial.DestinationConnectionId), EndpointRole.Server, _sendKeys, _receiveKeys);
        Span<byte> packet = datagram.Bytes[..initial.Length];
        bool isAuthentic = false;
        if (PacketProtector.TryUnprotect(_receiveKeys.HeaderProtection, packet, initial.PacketNumberOffset, out UnprotectedHeader header))
        {
            int headerLength = initial.PacketNumberOffset + header.PacketNumberLength;
            isAuthentic = _receiveKeys.Aead.TryOpen(new PacketNumber(header.TruncatedPacketNumber), packet[..headerLength], packet[headerLength..]);
        }

        _sendKeys.Discard();
        _receiveKeys.Discard();
        return isAuthentic;
    }

    /// <summary>RFC 9000 §10.3; as nothing but the ID is known, the answer is shorter than what caused it.</summary>
    public int Reset(StatelessResetKey key, ReadOnlySpan<byte> destinationId, scoped in ReceivedDatagram datagram, Span<byte> response)
    {
        int longest = StatelessReset.LengthFor(datagram.Bytes.Length);
        if (longest == 0 || !_limiter.TryTake(datagram.Remote, destinationId, datagram.At))
        {
            return 0;
        }

        // Resets of one length would tell themselves apart from packets.
        int length = StatelessReset.MinLength + (int)(_random.NextUInt64() % (ulong)(longest - StatelessReset.MinLength + 1));
        StatelessReset.Write(response[..length], key.TokenOf(destinationId), _random);
        Statistics.StatelessResetsSent++;
        return length;
    }
}
