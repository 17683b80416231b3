using HotQuic.Core.Errors;
using HotQuic.Core.Protection;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>Reads a ServerHello or HelloRetryRequest for a client that offered TLS 1.3 alone and an empty session ID.</summary>
internal static class ServerHelloReader
{
    private const int RandomLength = 32;
    private const int MaxSessionIdLength = 32;

    /// <summary>The random value that marks a HelloRetryRequest: SHA-256 of its name (RFC 8446 §4.1.3).</summary>
    public static ReadOnlySpan<byte> HelloRetryRandom =>
    [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ];

    /// <summary>"DOWNGRD", at the end of the random value of a TLS 1.3 server that negotiated less (RFC 8446 §4.1.3).</summary>
    private static ReadOnlySpan<byte> DowngradeMark => "DOWNGRD"u8;

    /// <summary>Reads one whole message, header included.</summary>
    public static TransportError? Read(ReadOnlySpan<byte> message, ExtensionSet offered, out ServerHelloView hello)
    {
        hello = default;
        var reader = new WireReader(message[HandshakeMessageLimits.HeaderLength..]);
        bool isWhole = reader.TryReadUInt16(out ushort legacyVersion)
            & reader.TryReadBytes(RandomLength, out ReadOnlySpan<byte> random)
            & reader.TryReadVector8(out ReadOnlySpan<byte> sessionId)
            & reader.TryReadUInt16(out ushort suite)
            & reader.TryReadByte(out byte compression);
        ReadOnlySpan<byte> extensions = default;
        isWhole &= sessionId.Length <= MaxSessionIdLength;
        if (!isWhole || (!reader.IsEmpty && (!reader.TryReadVector16(out extensions) || !reader.IsEmpty)))
        {
            return TransportError.FromAlert(TlsAlert.DecodeError, "a malformed ServerHello");
        }

        hello.IsHelloRetryRequest = random.SequenceEqual(HelloRetryRandom);
        hello.CipherSuite = (CipherSuite)suite;

        // RFC 8446 §4.2.1: the version comes first; without the extension it is TLS 1.2 or less, which we never offer.
        if (!TryFindVersion(extensions, out bool isNamed))
        {
            return TransportError.FromAlert(TlsAlert.DecodeError, "an extension ends too early");
        }

        if (!isNamed)
        {
            bool isDowngrade = random[^8..^1].SequenceEqual(DowngradeMark) && random[^1] is 0 or 1;
            return isDowngrade
                ? TransportError.FromAlert(TlsAlert.IllegalParameter, "the ServerHello carries the mark of a downgrade")
                : TransportError.FromAlert(TlsAlert.ProtocolVersion, "the server chose a version before TLS 1.3");
        }

        if (legacyVersion != ClientHelloRules.Tls12)
        {
            return TransportError.FromAlert(TlsAlert.ProtocolVersion, "legacy_version is not 0x0303");
        }

        if (!sessionId.IsEmpty || compression != 0)
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "the ServerHello echoes another session ID, or compresses");
        }

        return ReadExtensions(extensions, offered, ref hello);
    }

    // False where the block is malformed.
    private static bool TryFindVersion(ReadOnlySpan<byte> extensions, out bool isNamed)
    {
        isNamed = false;
        var reader = new WireReader(extensions);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadUInt16(out ushort type) || !reader.TryReadVector16(out _))
            {
                return false;
            }

            isNamed |= type == (ushort)ExtensionType.SupportedVersions;
        }

        return true;
    }

    private static TransportError? ReadExtensions(ReadOnlySpan<byte> extensions, ExtensionSet offered, ref ServerHelloView hello)
    {
        ExtensionMessages message = hello.IsHelloRetryRequest ? ExtensionMessages.HelloRetryRequest : ExtensionMessages.ServerHello;
        var reader = new ExtensionReader(extensions, message, offered);
        while (reader.TryReadNext(out ExtensionType type, out ReadOnlySpan<byte> body))
        {
            var value = new WireReader(body);
            bool isWhole = true;
            switch (type)
            {
                case ExtensionType.SupportedVersions:
                    isWhole = value.TryReadUInt16(out ushort version) && value.IsEmpty;
                    if (isWhole && version != ClientHelloRules.Tls13)
                    {
                        reader.Fail(TlsAlert.IllegalParameter, "the server chose a version that was not offered");
                    }

                    break;
                case ExtensionType.KeyShare:
                    isWhole = TryReadKeyShare(ref value, ref hello);
                    break;
                case ExtensionType.Cookie:
                    isWhole = CookieExtension.TryRead(body, out ReadOnlySpan<byte> cookie);
                    hello.Cookie = cookie;
                    break;
            }

            if (!isWhole)
            {
                reader.Fail(TlsAlert.DecodeError, "an extension of the ServerHello has a malformed body");
            }
        }

        hello.Present = reader.Present;
        return reader.Error;
    }

    private static bool TryReadKeyShare(scoped ref WireReader value, ref ServerHelloView hello)
    {
        if (!value.TryReadUInt16(out ushort group))
        {
            return false;
        }

        hello.Group = (NamedGroup)group;
        if (hello.IsHelloRetryRequest)
        {
            return value.IsEmpty;
        }

        bool isWhole = value.TryReadVector16(out ReadOnlySpan<byte> publicKey) && value.IsEmpty && !publicKey.IsEmpty;
        hello.PublicKey = publicKey;
        return isWhole;
    }
}
