using HotQuic.Core.Errors;
using static HotQuic.Core.Tls.Messages.ExtensionMessages;

namespace HotQuic.Core.Tls.Messages;

/// <summary>Which extension may stand in which message, as a table (RFC 8446 §4.2, RFC 9001 §8.2).</summary>
internal static class ExtensionRules
{
    /// <summary>Messages that answer an offer: in them everything has to have been offered.</summary>
    private const ExtensionMessages Answers = ServerHello | EncryptedExtensions | Certificate | HelloRetryRequest;

    private static readonly ExtensionRule[] Table =
    [
        new(ExtensionType.ServerName, ClientHello | EncryptedExtensions | CertificateRequest),
        new(ExtensionType.MaxFragmentLength, ClientHello | EncryptedExtensions),
        new(ExtensionType.StatusRequest, ClientHello | CertificateRequest | Certificate),
        new(ExtensionType.SupportedGroups, ClientHello | EncryptedExtensions),
        new(ExtensionType.SignatureAlgorithms, ClientHello | CertificateRequest),
        new(ExtensionType.UseSrtp, ClientHello | EncryptedExtensions),
        new(ExtensionType.Heartbeat, ClientHello | EncryptedExtensions),
        new(ExtensionType.ApplicationLayerProtocolNegotiation, ClientHello | EncryptedExtensions),
        new(ExtensionType.SignedCertificateTimestamp, ClientHello | CertificateRequest | Certificate),
        new(ExtensionType.ClientCertificateType, ClientHello | EncryptedExtensions),
        new(ExtensionType.ServerCertificateType, ClientHello | EncryptedExtensions),
        new(ExtensionType.Padding, ClientHello, MayChangeInSecondClientHello: true),
        new(ExtensionType.CompressCertificate, ClientHello | CertificateRequest),
        new(ExtensionType.RecordSizeLimit, ClientHello | EncryptedExtensions),
        new(ExtensionType.DelegatedCredential, ClientHello | CertificateRequest | Certificate),
        new(ExtensionType.PreSharedKey, ClientHello | ServerHello, MayChangeInSecondClientHello: true),
        new(ExtensionType.EarlyData, ClientHello | EncryptedExtensions | NewSessionTicket, MayChangeInSecondClientHello: true),
        new(ExtensionType.SupportedVersions, ClientHello | ServerHello | HelloRetryRequest),
        new(ExtensionType.Cookie, ClientHello | HelloRetryRequest, MayChangeInSecondClientHello: true),
        new(ExtensionType.PskKeyExchangeModes, ClientHello),
        new(ExtensionType.CertificateAuthorities, ClientHello | CertificateRequest),
        new(ExtensionType.OidFilters, CertificateRequest),
        new(ExtensionType.PostHandshakeAuth, ClientHello),
        new(ExtensionType.SignatureAlgorithmsCert, ClientHello | CertificateRequest),
        new(ExtensionType.KeyShare, ClientHello | ServerHello | HelloRetryRequest, MayChangeInSecondClientHello: true),
        new(ExtensionType.QuicTransportParameters, ClientHello | EncryptedExtensions),
        new(ExtensionType.TicketRequest, ClientHello | EncryptedExtensions),
        new(ExtensionType.EncryptedClientHello, ClientHello | HelloRetryRequest | EncryptedExtensions, MayChangeInSecondClientHello: true),
    ];

    private static readonly ushort[] Types = Array.ConvertAll(Table, rule => (ushort)rule.Type);

    /// <summary>The row of the table, or -1 for a type that we do not know.</summary>
    public static int RowOf(ExtensionType type) => Types.AsSpan().IndexOf((ushort)type);

    /// <summary>Whether a second ClientHello may bring it changed (RFC 8446 §4.1.2; RFC 9849 for the last row).</summary>
    public static bool MayChangeInSecondClientHello(ExtensionType type)
    {
        int row = RowOf(type);
        return row >= 0 && Table[row].MayChangeInSecondClientHello;
    }

    /// <summary>Whether an extension may be where it was found.</summary>
    /// <param name="type">The extension.</param>
    /// <param name="message">The one message it was found in.</param>
    /// <param name="offered">What we offered, where the message answers an offer of ours.</param>
    public static TransportError? Check(ExtensionType type, ExtensionMessages message, ExtensionSet offered)
    {
        int row = RowOf(type);
        bool isAnswer = (message & Answers) != 0;
        if (row < 0)
        {
            // RFC 8446 §4.2: unknown ones are skipped in a request; in an answer they cannot have been offered.
            return isAnswer ? TransportError.FromAlert(TlsAlert.UnsupportedExtension, "an extension that was not offered") : null;
        }

        if ((Table[row].Permitted & message) == 0)
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "an extension in a message where it has no place");
        }

        // RFC 8446 §4.2: the cookie of a HelloRetryRequest is the one answer without a question.
        bool needsOffer = isAnswer && !(type == ExtensionType.Cookie && message == HelloRetryRequest);
        return needsOffer && !offered.Contains(type)
            ? TransportError.FromAlert(TlsAlert.UnsupportedExtension, "an extension that was not offered")
            : null;
    }

    private readonly record struct ExtensionRule(
        ExtensionType Type, ExtensionMessages Permitted, bool MayChangeInSecondClientHello = false);
}
