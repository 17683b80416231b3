using System.Buffers.Binary;
using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// Reads a ClientHello without keeping or allocating anything. A listener asks <see cref="TryGetLength"/> how much it
/// has to collect, then <see cref="Read"/> for names and protocols before any state is made; a handshake reads the same way.
/// </summary>
internal static class ClientHelloReader
{
    private const int RandomLength = 32;
    private const int MaxSessionIdLength = 32;

    /// <summary>Length of the whole message with its header, once the first four bytes are there.</summary>
    /// <returns>False where they are not, or are not those of a ClientHello.</returns>
    public static bool TryGetLength(ReadOnlySpan<byte> start, out int length)
    {
        length = 0;
        if (start.Length < HandshakeMessageLimits.HeaderLength || start[0] != (byte)HandshakeType.ClientHello)
        {
            return false;
        }

        length = HandshakeMessageLimits.HeaderLength + (int)(BinaryPrimitives.ReadUInt32BigEndian(start) & 0xff_ffff);
        return true;
    }

    /// <summary>Reads one whole message, header included.</summary>
    /// <returns>Null, or what is wrong with its structure.</returns>
    public static TransportError? Read(ReadOnlySpan<byte> message, out ClientHelloView hello)
    {
        hello = default;
        if (!TryGetLength(message, out int length) || length != message.Length)
        {
            return Malformed("the ClientHello is not a whole message");
        }

        return ReadFixedPart(message[HandshakeMessageLimits.HeaderLength..], ref hello) ?? ReadExtensions(ref hello);
    }

    private static TransportError? ReadFixedPart(ReadOnlySpan<byte> body, ref ClientHelloView hello)
    {
        var reader = new WireReader(body);
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadBytes(RandomLength, out ReadOnlySpan<byte> random))
        {
            return Malformed("the ClientHello ends before its cipher suites");
        }

        if (!reader.TryReadVector8(out ReadOnlySpan<byte> sessionId) || sessionId.Length > MaxSessionIdLength)
        {
            return Malformed("a legacy_session_id of the wrong length");
        }

        if (!reader.TryReadVector16(out ReadOnlySpan<byte> suiteBytes) || !UInt16List.TryRead(suiteBytes, out UInt16List suites))
        {
            return Malformed("cipher_suites of the wrong length");
        }

        if (!reader.TryReadVector8(out ReadOnlySpan<byte> compression) || compression.IsEmpty)
        {
            return Malformed("legacy_compression_methods of the wrong length");
        }

        // RFC 8446 §4.1.2: older versions may have no extensions at all; then no bytes follow.
        ReadOnlySpan<byte> extensions = default;
        if (!reader.IsEmpty && (!reader.TryReadVector16(out extensions) || !reader.IsEmpty))
        {
            return Malformed("the extensions do not end where the ClientHello does");
        }

        hello.LegacyVersion = version;
        hello.Random = random;
        hello.LegacySessionId = sessionId;
        hello.CipherSuites = suites;
        hello.LegacyCompressionMethods = compression;
        hello.Extensions = extensions;
        return null;
    }

    private static TransportError? ReadExtensions(ref ClientHelloView hello)
    {
        var reader = new ExtensionReader(hello.Extensions, ExtensionMessages.ClientHello);
        while (reader.TryReadNext(out ExtensionType type, out ReadOnlySpan<byte> body))
        {
            // RFC 8446 §4.2: pre_shared_key is the last one.
            if (reader.Present.Contains(ExtensionType.PreSharedKey) && type != ExtensionType.PreSharedKey)
            {
                reader.Fail(TlsAlert.IllegalParameter, "pre_shared_key is not the last extension");
            }
            else if (type == ExtensionType.ServerName)
            {
                ReadServerName(body, ref hello, ref reader);
            }
            else if (!TryReadBody(type, body, ref hello))
            {
                reader.Fail(TlsAlert.DecodeError, "an extension of the ClientHello has a malformed body");
            }
        }

        hello.Present = reader.Present;
        return reader.Error;
    }

    private static bool TryReadBody(ExtensionType type, ReadOnlySpan<byte> body, ref ClientHelloView hello)
    {
        switch (type)
        {
            case ExtensionType.ApplicationLayerProtocolNegotiation:
                bool hasProtocols = ApplicationProtocolList.TryRead(body, out ApplicationProtocolList protocols);
                hello.ApplicationProtocols = protocols;
                return hasProtocols;
            case ExtensionType.SupportedVersions:
                var versionReader = new WireReader(body);
                bool hasVersions = versionReader.TryReadVector8(out ReadOnlySpan<byte> versionBytes) & versionReader.IsEmpty
                    & UInt16List.TryRead(versionBytes, out UInt16List versions);
                hello.SupportedVersions = versions;
                return hasVersions;
            case ExtensionType.SupportedGroups:
                bool hasGroups = TryReadList16(body, out UInt16List groups);
                hello.SupportedGroups = groups;
                return hasGroups;
            case ExtensionType.SignatureAlgorithms:
                bool hasSchemes = TryReadList16(body, out UInt16List schemes);
                hello.SignatureSchemes = schemes;
                return hasSchemes;
            case ExtensionType.SignatureAlgorithmsCert:
                return TryReadList16(body, out _);
            case ExtensionType.KeyShare:
                bool hasShares = KeyShareList.TryRead(body, out KeyShareList shares);
                hello.KeyShares = shares;
                return hasShares;
            case ExtensionType.Cookie:
                bool hasCookie = CookieExtension.TryRead(body, out ReadOnlySpan<byte> cookie);
                hello.Cookie = cookie;
                return hasCookie;
            case ExtensionType.QuicTransportParameters:
                hello.TransportParameters = body;
                return true;
            default:
                return true; // nothing that we act on
        }
    }

    // RFC 6066 §3: at most one name of a type, and the only type there is is host_name.
    private static void ReadServerName(ReadOnlySpan<byte> body, ref ClientHelloView hello, scoped ref ExtensionReader extensions)
    {
        const byte HostName = 0;
        var reader = new WireReader(body);
        if (!reader.TryReadVector16(out ReadOnlySpan<byte> names) || !reader.IsEmpty || names.IsEmpty)
        {
            extensions.Fail(TlsAlert.DecodeError, "a malformed server_name extension");
            return;
        }

        var walker = new WireReader(names);
        while (!walker.IsEmpty)
        {
            if (!walker.TryReadByte(out byte nameType) || !walker.TryReadVector16(out ReadOnlySpan<byte> name) || name.IsEmpty)
            {
                extensions.Fail(TlsAlert.DecodeError, "a malformed server_name extension");
                return;
            }

            if (nameType != HostName)
            {
                continue;
            }

            if (!hello.ServerName.IsEmpty || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            {
                extensions.Fail(TlsAlert.IllegalParameter, "server_name has two host names, or one that is not ASCII");
                return;
            }

            hello.ServerName = name;
        }
    }

    private static bool TryReadList16(ReadOnlySpan<byte> body, out UInt16List list)
    {
        list = default;
        var reader = new WireReader(body);
        return reader.TryReadVector16(out ReadOnlySpan<byte> bytes) && reader.IsEmpty && UInt16List.TryRead(bytes, out list);
    }

    private static TransportError Malformed(string reason) => TransportError.FromAlert(TlsAlert.DecodeError, reason);
}
