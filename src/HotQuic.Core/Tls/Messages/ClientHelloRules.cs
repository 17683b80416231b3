using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>What a server demands of any ClientHello, whatever its configuration, and of a second one beside the first.</summary>
internal static class ClientHelloRules
{
    public const ushort Tls12 = 0x0303;
    public const ushort Tls13 = 0x0304;

    // RFC 8446 §9.2, RFC 9001 §8.2. A PSK is never used here, so a certificate always is, and needs its extensions.
    private static readonly ExtensionType[] Mandatory =
    [
        ExtensionType.SignatureAlgorithms,
        ExtensionType.SupportedGroups,
        ExtensionType.KeyShare,
        ExtensionType.QuicTransportParameters,
    ];

    /// <summary>Checks values; null where all is well.</summary>
    public static TransportError? Check(scoped in ClientHelloView hello)
    {
        // RFC 8446 §4.2.1: supported_versions alone decides.
        if (!hello.Present.Contains(ExtensionType.SupportedVersions) || !hello.SupportedVersions.Contains(Tls13))
        {
            return TransportError.FromAlert(TlsAlert.ProtocolVersion, "the client does not offer TLS 1.3");
        }

        // RFC 9846 §4.2.2 names the alert that RFC 8446 left open.
        if (hello.LegacyVersion != Tls12)
        {
            return TransportError.FromAlert(TlsAlert.ProtocolVersion, "legacy_version is not 0x0303");
        }

        // RFC 9001 §8.4
        if (!hello.LegacySessionId.IsEmpty)
        {
            return HandshakeErrors.Violation("legacy_session_id is not empty");
        }

        if (hello.LegacyCompressionMethods is not [0])
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "legacy_compression_methods is not null alone");
        }

        foreach (ExtensionType type in Mandatory)
        {
            if (!hello.Present.Contains(type))
            {
                return TransportError.FromAlert(TlsAlert.MissingExtension, "the ClientHello lacks a mandatory extension");
            }
        }

        // RFC 8446 §4.2.9
        if (hello.Present.Contains(ExtensionType.PreSharedKey) && !hello.Present.Contains(ExtensionType.PskKeyExchangeModes))
        {
            return TransportError.FromAlert(TlsAlert.MissingExtension, "pre_shared_key comes without psk_key_exchange_modes");
        }

        // RFC 9001 §8.1
        if (!hello.Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
        {
            return TransportError.FromAlert(TlsAlert.NoApplicationProtocol, "the client names no application protocol");
        }

        // RFC 8446 §4.2.7, §4.2.8
        return hello.SupportedGroups.HasDuplicates() || !hello.KeyShares.FollowsOrderOf(hello.SupportedGroups)
            ? TransportError.FromAlert(TlsAlert.IllegalParameter, "key shares do not follow supported_groups, or a group is repeated")
            : null;
    }

    /// <summary>Checks the ClientHello that answers a HelloRetryRequest (RFC 8446 §4.1.2); both passed <see cref="Check"/>.</summary>
    /// <param name="first">The ClientHello before.</param>
    /// <param name="second">The one after.</param>
    /// <param name="requested">The group that a share was asked for.</param>
    /// <param name="cookie">What the HelloRetryRequest carried, or empty.</param>
    public static TransportError? CheckSecond(
        scoped in ClientHelloView first, scoped in ClientHelloView second, NamedGroup requested, ReadOnlySpan<byte> cookie)
    {
        bool isSameFixedPart = first.Random.SequenceEqual(second.Random)
            && first.CipherSuites.Bytes.SequenceEqual(second.CipherSuites.Bytes);
        if (!isSameFixedPart || !SameFixedExtensions(first.Extensions, second.Extensions))
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "the second ClientHello differs from the first");
        }

        if (second.Present.Contains(ExtensionType.EarlyData))
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "early_data after a HelloRetryRequest");
        }

        if (!cookie.IsEmpty && !second.Present.Contains(ExtensionType.Cookie))
        {
            return TransportError.FromAlert(TlsAlert.MissingExtension, "the second ClientHello lacks the cookie");
        }

        if (!second.Cookie.SequenceEqual(cookie))
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "the cookie is not the one that was given");
        }

        KeyShareList.Enumerator shares = second.KeyShares.GetEnumerator();
        bool isRequestedAlone = shares.MoveNext() && shares.Current.Group == requested && !shares.MoveNext();
        return isRequestedAlone
            ? null
            : TransportError.FromAlert(TlsAlert.IllegalParameter, "the second ClientHello has not exactly the share that was asked for");
    }

    // Both blocks were read before, so they are well formed.
    private static bool SameFixedExtensions(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var a = new WireReader(first);
        var b = new WireReader(second);
        while (true)
        {
            bool hasA = TryReadFixed(ref a, out ReadOnlySpan<byte> extensionA);
            bool hasB = TryReadFixed(ref b, out ReadOnlySpan<byte> extensionB);
            if (!hasA || !hasB)
            {
                return hasA == hasB;
            }

            if (!extensionA.SequenceEqual(extensionB))
            {
                return false;
            }
        }
    }

    // The next extension that has to stay as it is, type and length included.
    private static bool TryReadFixed(scoped ref WireReader reader, out ReadOnlySpan<byte> extension)
    {
        int start = reader.Position;
        while (reader.TryReadUInt16(out ushort type) && reader.TryReadVector16(out _))
        {
            if (!ExtensionRules.MayChangeInSecondClientHello((ExtensionType)type))
            {
                extension = reader.ConsumedSince(start);
                return true;
            }

            start = reader.Position;
        }

        extension = default;
        return false;
    }
}
