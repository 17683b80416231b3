using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>What a server refuses in a client's second flight, and either side after the handshake.</summary>
public sealed class ClientFlightRejectionTests
{
    private static readonly (string Name, ulong Code, HandshakeType Replaced, byte[] Message)[] Messages =
    [
        ("Tls18 certificate cut short", 0x132, HandshakeType.Certificate, Certificate([0, 0, 9, 1])),
        ("Tls18 extension that was not asked for", 0x16e, HandshakeType.Certificate,
            Certificate([0, 0, 1, 1, .. HelloModel.Vector16(HelloModel.Extension(ExtensionType.StatusRequest, 1))])),
        ("Tls21 context that was not given", 0x12f, HandshakeType.Certificate, HelloModel.Message(11, [1, 7, 0, 0, 0])),
        ("Tls21 no certificate", 0x174, HandshakeType.Certificate, Certificate([])),
        ("Tls01 Certificate left out", 0x10a, HandshakeType.Certificate, []),
        ("Tls01 CertificateVerify left out", 0x10a, HandshakeType.CertificateVerify, []),
        ("Tls19 scheme not offered", 0x12f, HandshakeType.CertificateVerify, HelloModel.Message(15, [8, 9, 0, 1, 1])),
        ("Tls19 PKCS #1", 0x12f, HandshakeType.CertificateVerify, HelloModel.Message(15, [4, 1, 0, 1, 1])),
        ("Tls19 signature of something else", 0x133, HandshakeType.CertificateVerify, HelloModel.Message(15, [4, 3, 0, 1, 1])),
        ("Tls19 scheme that is not the key's", 0x133, HandshakeType.CertificateVerify, HelloModel.Message(15, [8, 4, 0, 1, 1])),
        ("Tls20 wrong Finished", 0x133, HandshakeType.Finished, HelloModel.Message(20, new byte[32])),
        ("Tls20 Finished of the wrong length", 0x132, HandshakeType.Finished, HelloModel.Message(20, new byte[33])),
        ("Tls24 EndOfEarlyData", 0x10a, HandshakeType.Certificate, HelloModel.Message(5, [])),
        ("Tls24 KeyUpdate", 0x10a, HandshakeType.Finished, HelloModel.Message(24, [0])),
        ("Tls01 a ClientHello again", 0x10a, HandshakeType.Certificate, HelloModel.Message(1, [])),
    ];

    public static TheoryData<string> MessageNames => [.. Messages.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void RejectsMessage(string name)
    {
        (_, ulong code, HandshakeType replaced, byte[] replacement) = Messages.Single(item => item.Name == name);
        using HandshakePair pair = new(HandshakeTests.ClientWithCredential(), HandshakeTests.WithClientCertificates(ClientCertificateMode.Require));
        pair.OnTheWay = (sender, type, message) => sender == EndpointRole.Client && type == replaced ? replacement : message;

        pair.Run();

        Assert.Equal(code, (ulong?)pair.Server.Error?.Code);
        Assert.False(pair.Server.Handshake.IsComplete);
        Assert.DoesNotContain(pair.Server.Secrets, secret => secret is { Level: EncryptionLevel.OneRtt, Direction: SecretDirection.Receive });
    }

    [Fact]
    public void Tls21_ACertificateThatNobodyAskedForIsUnexpected()
    {
        using HandshakePair pair = new();
        pair.OnTheWay = (sender, type, message) => sender == EndpointRole.Client && type == HandshakeType.Finished ? Certificate([]) : message;
        pair.Run();
        HandshakeTests.AssertAlert(TlsAlert.UnexpectedMessage, pair.Server.Error);
    }

    [Fact]
    public void Bind02_BytesBehindTheClientsFinishedAreAViolation()
    {
        using HandshakePair pair = new();
        pair.OnTheWay = (sender, type, message) => sender == EndpointRole.Client && type == HandshakeType.Finished ? [.. message, 20] : message;
        pair.Run();
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Server.Error?.Code);
    }

    [Fact]
    public void Bind13_TicketsAreReadAndIgnored()
    {
        using HandshakePair pair = new HandshakePair().Run();
        byte[] ticket = Ticket([]);
        byte[] earlyData = Ticket(HelloModel.Extension(ExtensionType.EarlyData, 0xff, 0xff, 0xff, 0xff));
        byte[] unknown = Ticket([0x0a, 0x0a, 0, 1, 7]);
        foreach (byte value in (byte[])[.. ticket, .. earlyData, .. unknown])
        {
            Assert.Null(pair.Client.Receive(EncryptionLevel.OneRtt, [value]));
        }

        Assert.Null(pair.Client.Receive(EncryptionLevel.OneRtt, [.. ticket, .. unknown, .. ticket]));
    }

    [Theory]
    [InlineData("Bind13 early_data with a limit of its own", 0x0a, new byte[] { 4, 0, 0, 22, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 9, 0, 8, 0, 42, 0, 4, 0, 0, 0, 1 })]
    [InlineData("Tls02 ticket cut short", 0x132, new byte[] { 4, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0 })]
    [InlineData("Tls02 empty ticket", 0x132, new byte[] { 4, 0, 0, 13, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("Tls07 key_share in a ticket", 0x12f, new byte[] { 4, 0, 0, 18, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 9, 0, 4, 0, 51, 0, 0 })]
    [InlineData("Tls24 KeyUpdate", 0x10a, new byte[] { 24 })]
    [InlineData("Bind08 CertificateRequest", 0x0a, new byte[] { 13 })]
    [InlineData("Tls01 Finished again", 0x10a, new byte[] { 20 })]
    [InlineData("Tls01 ServerHello again", 0x10a, new byte[] { 2 })]
    public void ClientRejectsAfterTheHandshake(string name, ulong code, byte[] message)
    {
        Assert.NotEmpty(name);
        using HandshakePair pair = new HandshakePair().Run();
        Assert.Equal(code, (ulong?)pair.Client.Receive(EncryptionLevel.OneRtt, message)?.Code);
    }

    [Fact]
    public void Tls24_ServerTakesNoMessageAfterTheHandshake()
    {
        foreach (HandshakeType type in Enum.GetValues<HandshakeType>())
        {
            using HandshakePair pair = new HandshakePair().Run();
            HandshakeTests.AssertAlert(TlsAlert.UnexpectedMessage, pair.Server.Receive(EncryptionLevel.OneRtt, [(byte)type]));
        }
    }

    private static byte[] Ticket(byte[] extensions) =>
        HelloModel.Message(4, [0, 0, 0x1c, 0x20, 1, 2, 3, 4, 1, 0, 0, 2, 7, 7, .. HelloModel.Vector16(extensions)]);

    private static byte[] Certificate(byte[] list) => HelloModel.Message(11, [0, .. HelloModel.Vector24(list)]);
}
