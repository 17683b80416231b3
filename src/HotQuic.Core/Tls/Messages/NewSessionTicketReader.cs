using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>Checks a NewSessionTicket (RFC 8446 §4.6.1). A client without resumption then ignores it.</summary>
internal static class NewSessionTicketReader
{
    private const uint QuicEarlyDataSize = 0xffff_ffff;

    /// <summary>Checks one whole message, header included.</summary>
    public static TransportError? Check(ReadOnlySpan<byte> message)
    {
        var body = new WireReader(message[HandshakeMessageLimits.HeaderLength..]);
        bool isWhole = body.TryReadUInt32(out _) & body.TryReadUInt32(out _) & body.TryReadVector8(out _)
            & body.TryReadVector16(out ReadOnlySpan<byte> ticket) & body.TryReadVector16(out ReadOnlySpan<byte> extensions);
        if (!isWhole || ticket.IsEmpty || !body.IsEmpty)
        {
            return TransportError.FromAlert(TlsAlert.DecodeError, "a malformed NewSessionTicket");
        }

        var reader = new ExtensionReader(extensions, ExtensionMessages.NewSessionTicket);
        while (reader.TryReadNext(out ExtensionType type, out ReadOnlySpan<byte> value))
        {
            if (type != ExtensionType.EarlyData)
            {
                continue;
            }

            var size = new WireReader(value);
            if (!size.TryReadUInt32(out uint maxEarlyData) || !size.IsEmpty)
            {
                return TransportError.FromAlert(TlsAlert.DecodeError, "a malformed early_data extension");
            }

            // RFC 9001 §4.6.1
            if (maxEarlyData != QuicEarlyDataSize)
            {
                return HandshakeErrors.Violation("a ticket limits early data other than by transport parameters");
            }
        }

        return reader.Error;
    }
}
