using System.Diagnostics.CodeAnalysis;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// The one table of what each frame type may do. A receiver takes a packet's payload apart with it: while bytes are
/// left, <see cref="TryReadFrameType"/>, then <see cref="Check"/>, then the <c>TryRead</c> of the frame itself, whose
/// refusal becomes <see cref="Malformed"/>.
/// </summary>
internal static class FrameRules
{
    // RFC 9000 §12.4 table 3, §12.5, §9.1; RFC 9221 §4, §5.2. RFC 9002 §2 decides what counts in flight.
    private static readonly FrameRule[] Table = Build(
    [
        (FrameType.Padding, FrameType.Padding, new(PermittedPackets.All, FrameTraits.InFlight | FrameTraits.Probing, EndpointRoles.Both)),
        (FrameType.Ping, FrameType.Ping, Eliciting(PermittedPackets.All)),
        (FrameType.Ack, FrameType.AckEcn, new(PermittedPackets.AllButZeroRtt, FrameTraits.None, EndpointRoles.Both)),
        (FrameType.ResetStream, FrameType.StopSending, Eliciting(PermittedPackets.ApplicationData)),
        (FrameType.Crypto, FrameType.Crypto, Eliciting(PermittedPackets.AllButZeroRtt)),
        (FrameType.NewToken, FrameType.NewToken, Eliciting(PermittedPackets.OneRtt, senders: EndpointRoles.Server)),
        (FrameType.Stream, FrameType.StreamLast, Eliciting(PermittedPackets.ApplicationData)),
        (FrameType.MaxData, FrameType.StreamsBlockedUnidirectional, Eliciting(PermittedPackets.ApplicationData)),
        (FrameType.NewConnectionId, FrameType.NewConnectionId, Eliciting(PermittedPackets.ApplicationData, FrameTraits.Probing)),

        // §12.5: a client cannot know a connection ID to retire, or a challenge to answer, while it sends 0-RTT.
        (FrameType.RetireConnectionId, FrameType.RetireConnectionId, Eliciting(PermittedPackets.OneRtt)),
        (FrameType.PathChallenge, FrameType.PathChallenge, Eliciting(PermittedPackets.ApplicationData, FrameTraits.Probing)),
        (FrameType.PathResponse, FrameType.PathResponse, Eliciting(PermittedPackets.OneRtt, FrameTraits.Probing)),
        (FrameType.ConnectionCloseTransport, FrameType.ConnectionCloseTransport,
            new(PermittedPackets.All, FrameTraits.None, EndpointRoles.Both)),
        (FrameType.ConnectionCloseApplication, FrameType.ConnectionCloseApplication,
            new(PermittedPackets.ApplicationData, FrameTraits.None, EndpointRoles.Both)),
        (FrameType.HandshakeDone, FrameType.HandshakeDone, Eliciting(PermittedPackets.OneRtt, senders: EndpointRoles.Server)),
        (FrameType.Datagram, FrameType.DatagramWithLength, Eliciting(PermittedPackets.ApplicationData)),
    ]);

    /// <summary>The row of a frame type; false for a type that nobody defined.</summary>
    public static bool TryGet(ulong type, out FrameRule rule)
    {
        if (type < (ulong)Table.Length)
        {
            rule = Table[type];
            return rule.Packets != PermittedPackets.None;
        }

        rule = default;
        return false;
    }

    /// <summary>Reads the type that opens every frame.</summary>
    public static bool TryReadFrameType(ref WireReader reader, out ulong type, [NotNullWhen(false)] out TransportError? error)
    {
        int start = reader.Position;
        if (!reader.TryReadVarInt(out type))
        {
            error = new TransportError(TransportErrorCode.FrameEncodingError, 0, "A frame type is truncated.");
            return false;
        }

        // RFC 9000 §12.4: the one integer that must take its shortest form.
        if (reader.Position - start != VarInt.LengthOf(type))
        {
            error = new TransportError(TransportErrorCode.ProtocolViolation, type, "A frame type is encoded longer than necessary.");
            return false;
        }

        error = null;
        return true;
    }

    /// <summary>Whether a frame of this type may come in a packet of this level from this role.</summary>
    public static TransportError? Check(ulong type, EncryptionLevel level, EndpointRole sender, out FrameRule rule)
    {
        if (!TryGet(type, out rule))
        {
            return new TransportError(TransportErrorCode.FrameEncodingError, type, "The frame type is unknown.");
        }

        if (!rule.IsPermittedIn(level))
        {
            return new TransportError(TransportErrorCode.ProtocolViolation, type, "The frame is not permitted in this packet type.");
        }

        return rule.MayBeSentBy(sender)
            ? null
            : new TransportError(TransportErrorCode.ProtocolViolation, type, "Only a server may send the frame.");
    }

    /// <summary>The error of a frame whose fields are truncated, too long or out of range (RFC 9000 §20.1).</summary>
    public static TransportError Malformed(ulong type) =>
        new(TransportErrorCode.FrameEncodingError, type, "The frame is malformed.");

    private static FrameRule Eliciting(
        PermittedPackets packets, FrameTraits further = FrameTraits.None, EndpointRoles senders = EndpointRoles.Both) =>
        new(packets, FrameTraits.AckEliciting | FrameTraits.InFlight | further, senders);

    private static FrameRule[] Build(ReadOnlySpan<(FrameType First, FrameType Last, FrameRule Rule)> rows)
    {
        var table = new FrameRule[(int)rows[^1].Last + 1];
        foreach ((FrameType first, FrameType last, FrameRule rule) in rows)
        {
            table.AsSpan((int)first..((int)last + 1)).Fill(rule);
        }

        return table;
    }
}
