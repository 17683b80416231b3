using HotQuic.Core.Errors;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>The table of RFC 8446 §4.2, row by row and message by message.</summary>
public sealed class ExtensionRulesTests
{
    private static readonly (ExtensionType Type, string Messages)[] Rows =
    [
        (ExtensionType.ServerName, "CH EE CR"),
        (ExtensionType.MaxFragmentLength, "CH EE"),
        (ExtensionType.StatusRequest, "CH CR CT"),
        (ExtensionType.SupportedGroups, "CH EE"),
        (ExtensionType.SignatureAlgorithms, "CH CR"),
        (ExtensionType.UseSrtp, "CH EE"),
        (ExtensionType.Heartbeat, "CH EE"),
        (ExtensionType.ApplicationLayerProtocolNegotiation, "CH EE"),
        (ExtensionType.SignedCertificateTimestamp, "CH CR CT"),
        (ExtensionType.ClientCertificateType, "CH EE"),
        (ExtensionType.ServerCertificateType, "CH EE"),
        (ExtensionType.Padding, "CH"),
        (ExtensionType.CompressCertificate, "CH CR"),
        (ExtensionType.RecordSizeLimit, "CH EE"),
        (ExtensionType.DelegatedCredential, "CH CR CT"),
        (ExtensionType.PreSharedKey, "CH SH"),
        (ExtensionType.EarlyData, "CH EE NST"),
        (ExtensionType.SupportedVersions, "CH SH HRR"),
        (ExtensionType.Cookie, "CH HRR"),
        (ExtensionType.PskKeyExchangeModes, "CH"),
        (ExtensionType.CertificateAuthorities, "CH CR"),
        (ExtensionType.OidFilters, "CR"),
        (ExtensionType.PostHandshakeAuth, "CH"),
        (ExtensionType.SignatureAlgorithmsCert, "CH CR"),
        (ExtensionType.KeyShare, "CH SH HRR"),
        (ExtensionType.QuicTransportParameters, "CH EE"),
        (ExtensionType.TicketRequest, "CH EE"),
        (ExtensionType.EncryptedClientHello, "CH EE HRR"),
    ];

    private static readonly (ExtensionMessages Message, string Name, bool IsAnswer)[] Messages =
    [
        (ExtensionMessages.ClientHello, "CH", false),
        (ExtensionMessages.ServerHello, "SH", true),
        (ExtensionMessages.EncryptedExtensions, "EE", true),
        (ExtensionMessages.Certificate, "CT", true),
        (ExtensionMessages.CertificateRequest, "CR", false),
        (ExtensionMessages.NewSessionTicket, "NST", false),
        (ExtensionMessages.HelloRetryRequest, "HRR", true),
    ];

    [Fact]
    public void Tls07_AKnownExtensionInAWrongMessageIsIllegal()
    {
        Assert.Equal(Enum.GetValues<ExtensionType>(), Rows.Select(row => row.Type));
        foreach ((ExtensionType type, string permitted) in Rows)
        {
            foreach ((ExtensionMessages message, string name, _) in Messages)
            {
                TransportError? error = ExtensionRules.Check(type, message, default(ExtensionSet).With(type));
                TlsAlert? expected = permitted.Split(' ').Contains(name) ? null : TlsAlert.IllegalParameter;
                Assert.Equal(expected, error is null ? null : TransportError.AlertOf((ulong)error.Code));
            }
        }
    }

    [Fact]
    public void Tls08_AnAnswerNeedsAnOfferButForTheCookie()
    {
        foreach ((ExtensionType type, string permitted) in Rows)
        {
            foreach ((ExtensionMessages message, string name, bool isAnswer) in Messages.Where(item => permitted.Split(' ').Contains(item.Name)))
            {
                TransportError? error = ExtensionRules.Check(type, message, default);
                bool isFree = !isAnswer || (type == ExtensionType.Cookie && name == "HRR");
                Assert.Equal(isFree ? null : TlsAlert.UnsupportedExtension, error is null ? null : TransportError.AlertOf((ulong)error.Code));
            }
        }
    }

    [Fact]
    public void Tls26_UnknownExtensionsAreSkippedInRequestsAndRefusedInAnswers()
    {
        foreach ((ExtensionMessages message, _, bool isAnswer) in Messages)
        {
            TransportError? error = ExtensionRules.Check((ExtensionType)0x0a0a, message, default);
            Assert.Equal(isAnswer ? TlsAlert.UnsupportedExtension : null, error is null ? null : TransportError.AlertOf((ulong)error.Code));
        }
    }
}
