using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>What a client refuses in a server's messages, each with its exact code.</summary>
public sealed class ServerFlightRejectionTests
{
    private static readonly byte[] TransportParameters = HelloModel.Extension(ExtensionType.QuicTransportParameters, 1);
    private static readonly byte[] Alpn = HelloModel.Extension(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 3, 2, 0x68, 0x33);

    private static readonly (string Name, ulong Code, Action<HelloModel> Break)[] Hellos =
    [
        ("Tls02 trailing bytes", 0x132, hello => hello.Trailer = [0]),
        ("Tls02 session ID of 33 bytes", 0x132, hello => hello.SessionId = new byte[33]),
        ("Tls02 extension cut short", 0x132, hello => hello.BrokenExtension = [0, 51, 0]),
        ("Tls02 version of three bytes", 0x132, hello => hello[ExtensionType.SupportedVersions] = [3, 4, 0]),
        ("Tls02 share cut short", 0x132, hello => hello[ExtensionType.KeyShare] = [0, 29, 0, 32, 1]),
        ("Tls02 empty share", 0x132, hello => hello[ExtensionType.KeyShare] = [0, 29, 0, 0]),
        ("Tls07 share twice", 0x12f, hello => hello.Extensions.Add(hello.Extensions[^1])),
        ("Tls07 ALPN in a ServerHello", 0x12f, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 3, 2, 0x68, 0x33]),
        ("Tls07 cookie in a ServerHello", 0x12f, hello => hello[ExtensionType.Cookie] = [0, 1, 1]),
        ("Tls08 PSK that was not offered", 0x16e, hello => hello[ExtensionType.PreSharedKey] = [0, 0]),
        ("Tls08 unknown extension", 0x16e, hello => hello.Extensions.Add((0x7777, []))),
        ("Tls26 GREASE extension is not offered by us", 0x16e, hello => hello.Extensions.Add((0x0a0a, []))),
        ("Tls09 legacy_version (RFC 9846 §4.2.3)", 0x146, hello => hello.Version = [3, 4]),
        ("Tls09 session ID echo", 0x12f, hello => hello.SessionId = [1]),
        ("Tls09 suite not offered", 0x12f, hello => hello.Suites = [0x13, 0x04]),
        ("Tls09 compression", 0x12f, hello => hello.Compression = [1]),
        ("Tls09 version not offered", 0x12f, hello => hello[ExtensionType.SupportedVersions] = [3, 3]),
        ("Tls09 draft version", 0x12f, hello => hello[ExtensionType.SupportedVersions] = [0x7f, 0x1c]),
        ("Bind05 TLS 1.2", 0x146, hello => hello.Remove(ExtensionType.SupportedVersions)),
        ("Tls09 downgrade to TLS 1.2", 0x12f, hello => Downgrade(hello, 1)),
        ("Tls09 downgrade to TLS 1.1", 0x12f, hello => Downgrade(hello, 0)),
        ("Tls12 no share", 0x16d, hello => hello.Remove(ExtensionType.KeyShare)),
        ("Tls12 share of a group never shared", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 23, 0, 65, 4, .. new byte[64]]),
        ("Tls12 share of a group never offered", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 30, 0, 1, 1]),
        ("Tls13 share of the wrong length", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 29, 0, 31, .. new byte[31]]),
        ("Tls13 share of small order", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 29, 0, 32, .. new byte[32]]),
    ];

    private static readonly (string Name, ulong Code, HandshakeType Replaced, byte[] Message)[] Messages =
    [
        ("Tls02 EncryptedExtensions cut short", 0x132, HandshakeType.EncryptedExtensions, Extensions([0, 57, 0])),
        ("Tls02 EncryptedExtensions with trailer", 0x132, HandshakeType.EncryptedExtensions, HelloModel.Message(8, [0, 0, 0])),
        ("Bind10 no transport parameters", 0x16d, HandshakeType.EncryptedExtensions, Extensions(Alpn)),
        ("Bind09 no protocol chosen", 0x178, HandshakeType.EncryptedExtensions, Extensions(TransportParameters)),
        ("Tls23 protocol not offered", 0x12f, HandshakeType.EncryptedExtensions,
            Extensions([.. TransportParameters, .. HelloModel.Extension(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 3, 2, 0x68, 0x32)])),
        ("Tls23 two protocols chosen", 0x132, HandshakeType.EncryptedExtensions,
            Extensions([.. TransportParameters, .. HelloModel.Extension(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 6, 2, 0x68, 0x33, 2, 0x68, 0x33)])),
        ("Tls22 server_name with a name", 0x132, HandshakeType.EncryptedExtensions,
            Extensions([.. TransportParameters, .. Alpn, .. HelloModel.Extension(ExtensionType.ServerName, 0)])),
        ("Tls17 key_share has no place here", 0x12f, HandshakeType.EncryptedExtensions,
            Extensions([.. TransportParameters, .. Alpn, .. HelloModel.Extension(ExtensionType.KeyShare, 0)])),
        ("Tls17 signature_algorithms has no place here", 0x12f, HandshakeType.EncryptedExtensions,
            Extensions([.. TransportParameters, .. Alpn, .. HelloModel.Extension(ExtensionType.SignatureAlgorithms, 0, 2, 4, 3)])),
        ("Tls08 early_data was not offered", 0x16e, HandshakeType.EncryptedExtensions,
            Extensions([.. TransportParameters, .. Alpn, .. HelloModel.Extension(ExtensionType.EarlyData)])),
        ("Tls08 unknown extension", 0x16e, HandshakeType.EncryptedExtensions, Extensions([.. TransportParameters, .. Alpn, 0x77, 0x77, 0, 0])),
        ("Tls07 ALPN twice", 0x12f, HandshakeType.EncryptedExtensions, Extensions([.. TransportParameters, .. Alpn, .. Alpn])),
        ("Tls17 EncryptedExtensions left out", 0x10a, HandshakeType.EncryptedExtensions, []),
        ("Tls18 empty list", 0x132, HandshakeType.Certificate, Certificate([])),
        ("Tls18 empty certificate", 0x132, HandshakeType.Certificate, Certificate([0, 0, 0, 0, 0])),
        ("Tls18 certificate cut short", 0x132, HandshakeType.Certificate, Certificate([0, 0, 9, 1])),
        ("Tls18 entry without extensions", 0x132, HandshakeType.Certificate, Certificate([0, 0, 1, 1])),
        ("Tls18 trailing byte", 0x132, HandshakeType.Certificate, HelloModel.Message(11, [0, 0, 0, 0, 0])),
        ("Tls18 context where none was given", 0x12f, HandshakeType.Certificate, HelloModel.Message(11, [1, 7, 0, 0, 0])),
        ("Tls18 OCSP response that was not asked for", 0x16e, HandshakeType.Certificate,
            Certificate([0, 0, 1, 1, .. HelloModel.Vector16(HelloModel.Extension(ExtensionType.StatusRequest, 1))])),
        ("Tls18 unknown extension", 0x16e, HandshakeType.Certificate, Certificate([0, 0, 1, 1, 0, 4, 0x77, 0x77, 0, 0])),
        ("Tls07 key_share in a Certificate", 0x12f, HandshakeType.Certificate,
            Certificate([0, 0, 1, 1, .. HelloModel.Vector16(HelloModel.Extension(ExtensionType.KeyShare, 1))])),
        ("Tls18 more certificates than a chain has", 0x12a, HandshakeType.Certificate,
            Certificate([.. Enumerable.Repeat((byte[])[0, 0, 1, 1, 0, 0], 65).SelectMany(entry => entry)])),
        ("Tls19 signature cut short", 0x132, HandshakeType.CertificateVerify, HelloModel.Message(15, [4, 3, 0, 9, 1])),
        ("Tls19 trailing byte", 0x132, HandshakeType.CertificateVerify, HelloModel.Message(15, [4, 3, 0, 1, 1, 1])),
        ("Tls19 PKCS #1, though offered for certificates", 0x12f, HandshakeType.CertificateVerify, HelloModel.Message(15, [4, 1, 0, 1, 1])),
        ("Tls19 SHA-1", 0x12f, HandshakeType.CertificateVerify, HelloModel.Message(15, [2, 3, 0, 1, 1])),
        ("Tls19 Ed25519, which is not offered", 0x12f, HandshakeType.CertificateVerify, HelloModel.Message(15, [8, 7, 0, 1, 1])),
        ("Tls19 PSS key, which is not offered", 0x12f, HandshakeType.CertificateVerify, HelloModel.Message(15, [8, 9, 0, 1, 1])),
        ("Tls19 signature of something else", 0x133, HandshakeType.CertificateVerify, HelloModel.Message(15, [4, 3, 0, 1, 1])),
        ("Tls20 wrong Finished", 0x133, HandshakeType.Finished, HelloModel.Message(20, new byte[32])),
        ("Tls20 Finished of SHA-384's length", 0x132, HandshakeType.Finished, HelloModel.Message(20, new byte[48])),
        ("Tls20 empty Finished", 0x132, HandshakeType.Finished, HelloModel.Message(20, [])),
        ("Tls01 CertificateVerify left out", 0x10a, HandshakeType.CertificateVerify, []),
        ("Tls01 Certificate left out", 0x10a, HandshakeType.Certificate, []),
        ("Tls24 EndOfEarlyData", 0x10a, HandshakeType.Certificate, HelloModel.Message(5, [])),
        ("Tls24 KeyUpdate", 0x10a, HandshakeType.Finished, HelloModel.Message(24, [0])),
        ("Tls21 CertificateRequest without schemes", 0x16d, HandshakeType.Certificate, HelloModel.Message(13, [0, 0, 0])),
        ("Tls21 CertificateRequest with context", 0x12f, HandshakeType.Certificate, HelloModel.Message(13, [1, 1, 0, 0])),
        ("Tls21 CertificateRequest cut short", 0x132, HandshakeType.Certificate, HelloModel.Message(13, [0, 0])),
        ("Tls07 key_share in a CertificateRequest", 0x12f, HandshakeType.Certificate,
            HelloModel.Message(13, [0, .. HelloModel.Vector16(HelloModel.Extension(ExtensionType.KeyShare, 1))])),
        ("Tls21 malformed schemes", 0x132, HandshakeType.Certificate,
            HelloModel.Message(13, [0, .. HelloModel.Vector16(HelloModel.Extension(ExtensionType.SignatureAlgorithms, 0, 3, 4, 3, 8))])),
    ];

    public static TheoryData<string> HelloNames => [.. Hellos.Select(item => item.Name)];

    public static TheoryData<string> MessageNames => [.. Messages.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(HelloNames))]
    public void RejectsServerHello(string name)
    {
        (_, ulong code, Action<HelloModel> corrupt) = Hellos.Single(item => item.Name == name);
        using HandshakePair pair = new();
        pair.OnTheWay = (_, type, message) =>
        {
            if (type != HandshakeType.ServerHello)
            {
                return message;
            }

            var hello = new HelloModel(message);
            corrupt(hello);
            return hello.ToMessage();
        };

        pair.Run();

        Assert.Equal(code, (ulong?)pair.Client.Error?.Code);
        Assert.Empty(pair.Client.Secrets);
    }

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void RejectsMessage(string name)
    {
        (_, ulong code, HandshakeType replaced, byte[] replacement) = Messages.Single(item => item.Name == name);
        using HandshakePair pair = new();
        pair.OnTheWay = (sender, type, message) => sender == EndpointRole.Server && type == replaced ? replacement : message;

        pair.Run();

        Assert.Equal(code, (ulong?)pair.Client.Error?.Code);
        Assert.False(pair.Client.Handshake.IsComplete);
        Assert.DoesNotContain(pair.Client.Secrets, secret => secret.Level == EncryptionLevel.OneRtt);
    }

    [Fact]
    public void Tls26_GreaseInACertificateRequestIsIgnored()
    {
        using HandshakePair pair = new(HandshakeTests.ClientWithCredential(), HandshakeTests.WithClientCertificates(ClientCertificateMode.Request));
        pair.OnTheWay = (_, type, message) =>
        {
            if (type != HandshakeType.CertificateRequest)
            {
                return message;
            }

            List<(ushort Type, byte[] Body)> extensions = HelloModel.ReadExtensions(message[7..]);
            extensions.Insert(0, (0x0a0a, [1]));
            int schemes = extensions.FindIndex(extension => extension.Type == (ushort)ExtensionType.SignatureAlgorithms);
            extensions[schemes] = (extensions[schemes].Type, HelloModel.Vector16([0x1a, 0x1a, .. extensions[schemes].Body[2..]]));
            return HelloModel.Message(13, [0, .. HelloModel.Vector16(HelloModel.WriteExtensions(extensions))]);
        };

        pair.Run();

        // The transcript differs now, so the signature cannot hold; the request itself was fine.
        HandshakeTests.AssertAlert(TlsAlert.DecryptError, pair.Client.Error);
        Assert.Contains((EndpointRole.Server, HandshakeType.CertificateVerify), pair.Passed);
    }

    [Fact]
    public void Tls20_AnyChangeOfTheClientHelloOnItsWayIsFoundBySignatureOrFinished()
    {
        using HandshakePair pair = new();
        pair.OnTheWay = (_, type, message) =>
        {
            if (type != HandshakeType.ClientHello)
            {
                return message;
            }

            var hello = new HelloModel(message);
            hello.Suites = [.. hello.Suites[2..], .. hello.Suites[..2]];
            return hello.ToMessage();
        };
        pair.Run();
        HandshakeTests.AssertAlert(TlsAlert.DecryptError, pair.Client.Error);
    }

    [Fact]
    public void Bind02_DataOfALevelThatIsOverIsAViolation()
    {
        using HandshakePair pair = new();
        _ = HandshakeTests.ServerFlight(pair);
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Client.Receive(EncryptionLevel.Initial, [2])?.Code);
    }

    [Fact]
    public void Bind02_BytesBehindTheServerHelloAtItsLevelAreAViolation()
    {
        using HandshakePair pair = new();
        pair.OnTheWay = (_, type, message) => type == HandshakeType.ServerHello ? [.. message, 8] : message;
        pair.Run();
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Client.Error?.Code);
    }

    [Fact]
    public void Bind02_BytesBehindTheServersFinishedAreAViolation()
    {
        using HandshakePair pair = new();
        byte[] flight = HandshakeTests.ServerFlight(pair);
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Client.Receive(EncryptionLevel.Handshake, [.. flight, 4])?.Code);
    }

    [Fact]
    public void Bind02_BytesBehindTheServersFinishedAreAViolationAlsoWhenASignatureIsWaitedFor()
    {
        using HandshakePair pair = new(HandshakeTests.ClientWithCredential(), HandshakeTests.WithClientCertificates(ClientCertificateMode.Request));
        byte[] flight = HandshakeTests.ServerFlight(pair);
        pair.Client.Withheld = HandshakeQuestion.Signature;
        Assert.Null(pair.Client.Receive(EncryptionLevel.Handshake, [.. flight, 4]));
        pair.Client.Withheld = HandshakeQuestion.None;
        pair.Client.AnswerQuestions();
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Client.Error?.Code);
    }

    [Fact]
    public void Bind02_DataOfALevelWithoutKeysIsAViolation()
    {
        using HandshakePair pair = new();
        pair.Client.Start();
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Client.Receive(EncryptionLevel.Handshake, [8])?.Code);
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Server.Receive(EncryptionLevel.ZeroRtt, [1])?.Code);
    }

    [Fact]
    public void BehindAnOpenQuestionOnlyAFinishedMessageIsKept()
    {
        using HandshakePair pair = new();
        byte[] flight = HandshakeTests.ServerFlight(pair);
        pair.Client.Withheld = HandshakeQuestion.CertificateVerdict;
        Assert.Null(pair.Client.Receive(EncryptionLevel.Handshake, flight));
        Assert.Equal(TransportErrorCode.CryptoBufferExceeded, pair.Client.Receive(EncryptionLevel.Handshake, new byte[2000])?.Code);
    }

    [Fact]
    public void ACertificateMessageLongerThanTheLimitIsRefusedByItsHeaderWithAClearReason()
    {
        using HandshakePair pair = new();
        pair.OnTheWay = (_, type, message) => type == HandshakeType.Certificate ? [11, 4, 0, 1] : message; // 256 KiB and a byte
        pair.Run();
        Assert.Equal(TransportErrorCode.CryptoBufferExceeded, pair.Client.Error?.Code);
        Assert.Contains("limit", pair.Client.Error?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ACertificateMessageUpToTheLimitIsTaken()
    {
        using HandshakePair pair = new();
        byte[] large = Certificate([.. HelloModel.Vector24(new byte[(256 * 1024) - 9]), 0, 0]);
        Assert.Equal(4 + (256 * 1024), large.Length);
        pair.OnTheWay = (_, type, message) => type == HandshakeType.Certificate ? large : type == HandshakeType.CertificateVerify ? null : message;
        pair.PieceLength = 1200;
        pair.Run();
        Assert.Null(pair.Client.Error);
        Assert.Equal(ClientHandshakeState.WaitCertificateVerify, ((TlsClientHandshake)pair.Client.Handshake).State);
    }

    private static byte[] Extensions(byte[] block) => HelloModel.Message(8, HelloModel.Vector16(block));

    private static byte[] Certificate(byte[] list) => HelloModel.Message(11, [0, .. HelloModel.Vector24(list)]);

    private static void Downgrade(HelloModel hello, byte last)
    {
        hello.Remove(ExtensionType.SupportedVersions);
        hello.Random = [.. hello.Random[..24], .. "DOWNGRD"u8, last];
    }
}
