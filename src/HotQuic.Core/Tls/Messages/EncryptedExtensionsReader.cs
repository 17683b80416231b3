using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>What a client takes from EncryptedExtensions (RFC 8446 §4.3.1); empty or absent where the server said nothing.</summary>
internal ref struct EncryptedExtensionsView
{
    public ExtensionSet Present { get; set; }

    /// <summary>The one protocol that the server chose.</summary>
    public ReadOnlySpan<byte> ApplicationProtocol { get; set; }

    public ReadOnlySpan<byte> TransportParameters { get; set; }
}

/// <summary>Reads EncryptedExtensions.</summary>
internal static class EncryptedExtensionsReader
{
    /// <summary>Reads one whole message, header included.</summary>
    public static TransportError? Read(ReadOnlySpan<byte> message, ExtensionSet offered, out EncryptedExtensionsView view)
    {
        view = default;
        var body = new WireReader(message[HandshakeMessageLimits.HeaderLength..]);
        if (!body.TryReadVector16(out ReadOnlySpan<byte> extensions) || !body.IsEmpty)
        {
            return TransportError.FromAlert(TlsAlert.DecodeError, "malformed EncryptedExtensions");
        }

        var reader = new ExtensionReader(extensions, ExtensionMessages.EncryptedExtensions, offered);
        while (reader.TryReadNext(out ExtensionType type, out ReadOnlySpan<byte> value))
        {
            if (!TryReadBody(type, value, ref view))
            {
                reader.Fail(TlsAlert.DecodeError, "an extension of EncryptedExtensions has a malformed body");
            }
        }

        view.Present = reader.Present;
        return reader.Error;
    }

    private static bool TryReadBody(ExtensionType type, ReadOnlySpan<byte> body, ref EncryptedExtensionsView view)
    {
        switch (type)
        {
            case ExtensionType.ServerName:
                return body.IsEmpty; // RFC 6066 §3
            case ExtensionType.SupportedGroups:
                // RFC 8446 §4.2.7: advice for another connection, not to be acted on in this one.
                var groups = new WireReader(body);
                return groups.TryReadVector16(out ReadOnlySpan<byte> values) && groups.IsEmpty && UInt16List.TryRead(values, out _);
            case ExtensionType.ApplicationLayerProtocolNegotiation:
                // RFC 7301 §3.1: exactly one name.
                if (!ApplicationProtocolList.TryRead(body, out ApplicationProtocolList protocols))
                {
                    return false;
                }

                ApplicationProtocolList.Enumerator names = protocols.GetEnumerator();
                _ = names.MoveNext();
                view.ApplicationProtocol = names.Current;
                return !names.MoveNext();
            case ExtensionType.QuicTransportParameters:
                view.TransportParameters = body;
                return true;
            default:
                return true;
        }
    }
}
