using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>What a server refuses in a ClientHello, each with its exact code.</summary>
public sealed class ClientHelloRejectionTests
{
    private static readonly byte[] P256Share = new byte[65];

    private static readonly (string Name, ulong Code, Action<HelloModel> Break)[] Rejections =
    [
        ("Tls02 trailing bytes", 0x132, hello => hello.Trailer = [0]),
        ("Tls02 extension cut short", 0x132, hello => hello.BrokenExtension = [0x77, 0x77, 0]),
        ("Tls02 extension longer than the block", 0x132, hello => hello.BrokenExtension = [0x77, 0x77, 0, 1]),
        ("Tls02 no suites", 0x132, hello => hello.Suites = []),
        ("Tls02 half a suite", 0x132, hello => hello.Suites = [0x13, 0x01, 0x13]),
        ("Tls02 no compression methods", 0x132, hello => hello.Compression = []),
        ("Tls02 session ID of 33 bytes", 0x132, hello => hello.SessionId = new byte[33]),
        ("Tls02 versions with trailing byte", 0x132, hello => hello[ExtensionType.SupportedVersions] = [2, 3, 4, 0]),
        ("Tls02 half a version", 0x132, hello => hello[ExtensionType.SupportedVersions] = [3, 3, 4, 3]),
        ("Tls02 no version", 0x132, hello => hello[ExtensionType.SupportedVersions] = [0]),
        ("Tls02 no group", 0x132, hello => hello[ExtensionType.SupportedGroups] = [0, 0]),
        ("Tls02 groups too long", 0x132, hello => hello[ExtensionType.SupportedGroups] = [0, 4, 0, 29]),
        ("Tls02 half a scheme", 0x132, hello => hello[ExtensionType.SignatureAlgorithms] = [0, 3, 4, 3, 8]),
        ("Tls02 malformed signature_algorithms_cert", 0x132, hello => hello[ExtensionType.SignatureAlgorithmsCert] = [0, 2, 4]),
        ("Tls02 key share without key", 0x132, hello => hello[ExtensionType.KeyShare] = [0, 4, 0, 29, 0, 0]),
        ("Tls02 key share cut short", 0x132, hello => hello[ExtensionType.KeyShare] = [0, 5, 0, 29, 0, 2, 1]),
        ("Tls02 key shares with trailing byte", 0x132, hello => hello[ExtensionType.KeyShare] = [0, 5, 0, 29, 0, 1, 7, 9]),
        ("Tls02 empty ALPN list", 0x132, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 0]),
        ("Tls02 empty ALPN name", 0x132, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 4, 2, 0x68, 0x33, 0]),
        ("Tls02 ALPN name too long", 0x132, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 3, 3, 0x68, 0x33]),
        ("Tls02 empty server_name", 0x132, hello => hello[ExtensionType.ServerName] = []),
        ("Tls02 server_name without name", 0x132, hello => hello[ExtensionType.ServerName] = [0, 3, 0, 0, 0]),
        ("Tls02 two host names", 0x12f, hello => hello[ExtensionType.ServerName] = [0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x62]),
        ("Tls02 host name with NUL", 0x12f, hello => hello[ExtensionType.ServerName] = [0, 6, 0, 0, 3, 0x61, 0, 0x62]),
        ("Tls02 empty cookie", 0x132, hello => hello[ExtensionType.Cookie] = [0, 0]),
        ("Tls03 legacy_version 0x0304 (RFC 9846 §4.2.2)", 0x146, hello => hello.Version = [3, 4]),
        ("Tls03 compression other than null", 0x12f, hello => hello.Compression = [1]),
        ("Tls03 compression beside null", 0x12f, hello => hello.Compression = [1, 0]),
        ("Tls04 no suite in common", 0x128, hello => hello.Suites = [0x13, 0x04, 0xc0, 0x2f]),
        ("Tls04 no group in common", 0x128, hello =>
        {
            hello[ExtensionType.SupportedGroups] = [0, 2, 0, 30];
            hello[ExtensionType.KeyShare] = [0, 0];
        }),
        ("Tls04 no scheme in common", 0x128, hello => hello[ExtensionType.SignatureAlgorithms] = [0, 2, 8, 7]),
        ("Tls05 TLS 1.2 alone", 0x146, hello => hello[ExtensionType.SupportedVersions] = [2, 3, 3]),
        ("Tls05 no supported_versions", 0x146, hello => hello.Remove(ExtensionType.SupportedVersions)),
        ("Tls05 no extensions", 0x146, hello => hello.Extensions.Clear()),
        ("Tls06 no signature_algorithms", 0x16d, hello => hello.Remove(ExtensionType.SignatureAlgorithms)),
        ("Tls06 no supported_groups", 0x16d, hello => hello.Remove(ExtensionType.SupportedGroups)),
        ("Tls06 no key_share", 0x16d, hello => hello.Remove(ExtensionType.KeyShare)),
        ("Tls07 known extension twice", 0x12f, hello => hello.Extensions.Add(hello.Extensions[0])),
        ("Tls07 unknown extension twice", 0x12f, hello => hello.Extensions.AddRange([(0xfff0, []), (0xfff0, [])])),
        ("Tls07 extension of another message", 0x12f, hello => hello[ExtensionType.OidFilters] = [0, 0]),
        ("Tls07 pre_shared_key not last", 0x12f, hello => hello.Extensions.Insert(0, ((ushort)ExtensionType.PreSharedKey, [1]))),
        ("Tls10 cookie out of nowhere", 0x12f, hello => hello[ExtensionType.Cookie] = [0, 1, 1]),
        ("Tls12 two shares of a group", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 10, 0, 29, 0, 1, 1, 0, 29, 0, 1, 2]),
        ("Tls12 shares out of order", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 10, 0, 23, 0, 1, 1, 0, 29, 0, 1, 2]),
        ("Tls12 share of a group not listed", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 5, 0, 30, 0, 1, 1]),
        ("Tls12 group listed twice", 0x12f, hello => hello[ExtensionType.SupportedGroups] = [0, 4, 0, 29, 0, 29]),
        ("Tls13 X25519 share of 31 bytes", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 35, 0, 29, 0, 31, .. new byte[31]]),
        ("Tls13 X25519 share of small order", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 36, 0, 29, 0, 32, .. new byte[32]]),
        ("Tls13 P-256 share not on the curve", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 69, 0, 23, 0, 65, 4, .. P256Share[1..]]),
        ("Tls13 P-256 share compressed", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 37, 0, 23, 0, 33, 2, .. new byte[32]]),
        ("Tls13 P-256 point at infinity", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 5, 0, 23, 0, 1, 0]),
        ("Tls15 pre_shared_key without psk_key_exchange_modes", 0x16d, hello => hello[ExtensionType.PreSharedKey] =
            [0, 7, 0, 1, 0x61, 0, 0, 0, 0, 0, 33, 32, .. new byte[32]]),
        ("Bind09 no ALPN", 0x178, hello => hello.Remove(ExtensionType.ApplicationLayerProtocolNegotiation)),
        ("Bind09 no protocol in common", 0x178, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 3, 2, 0x68, 0x32]),
        ("Bind10 no transport parameters", 0x16d, hello => hello.Remove(ExtensionType.QuicTransportParameters)),
        ("Bind12 session ID", 0x0a, hello => hello.SessionId = new byte[32]),
    ];

    public static TheoryData<string> Names => [.. Rejections.Select(rejection => rejection.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rejects(string name)
    {
        (_, ulong code, Action<HelloModel> corrupt) = Rejections.Single(rejection => rejection.Name == name);
        var hello = new HelloModel(NewClientHello());
        corrupt(hello);
        using var pair = new HandshakePair();

        TransportError? error = pair.Server.Receive(EncryptionLevel.Initial, hello.ToMessage());

        Assert.NotNull(error);
        Assert.Equal(code, (ulong)error.Code);
        Assert.Equal(0x06ul, error.FrameType);
        Assert.Empty(pair.Server.Secrets);
        Assert.Equal(error, pair.Server.Handshake.Receive(EncryptionLevel.Initial, [1]));
    }

    [Fact]
    public void Tls02_EveryTruncationOfAClientHelloIsADecodeError()
    {
        byte[] message = NewClientHello();
        for (int length = 0; length < message.Length - 4; length++)
        {
            byte[] shorter = HelloModel.Message(1, message[4..(4 + length)]);
            Assert.NotNull(ClientHelloReader.Read(shorter, out _) ?? NotOffered(shorter));
        }

        // The only prefix with a right structure is the one that ends where TLS 1.2 may end: before the extensions.
        static TransportError? NotOffered(byte[] shorter)
        {
            Assert.Null(ClientHelloReader.Read(shorter, out ClientHelloView hello));
            Assert.True(hello.Extensions.IsEmpty);
            return ClientHelloRules.Check(hello);
        }
    }

    [Theory]
    [InlineData("suite")]
    [InlineData("extension")]
    [InlineData("version")]
    [InlineData("group and share")]
    [InlineData("scheme")]
    [InlineData("protocol")]
    public void Tls26_GreaseValuesAreIgnored(string where)
    {
        var hello = new HelloModel(NewClientHello());
        switch (where)
        {
            case "suite":
                hello.Suites = [0x0a, 0x0a, .. hello.Suites];
                break;
            case "extension":
                hello.Extensions.Insert(0, (0x1a1a, []));
                hello.Extensions.Add((0xfafa, [0]));
                break;
            case "version":
                hello[ExtensionType.SupportedVersions] = [4, 0x2a, 0x2a, 3, 4];
                break;
            case "group and share":
                hello[ExtensionType.SupportedGroups] = HelloModel.Vector16([0x3a, 0x3a, .. hello[ExtensionType.SupportedGroups][2..]]);
                hello[ExtensionType.KeyShare] = HelloModel.Vector16([0x3a, 0x3a, 0, 1, 0, .. hello[ExtensionType.KeyShare][2..]]);
                break;
            case "scheme":
                hello[ExtensionType.SignatureAlgorithms] = HelloModel.Vector16([0x4a, 0x4a, .. hello[ExtensionType.SignatureAlgorithms][2..]]);
                break;
            default:
                hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 6, 2, 0x5a, 0x5a, 2, 0x68, 0x33];
                break;
        }

        AssertAnswered(hello);
    }

    [Fact]
    public void Tls03_UnknownSuitesAndExtensionsAreIgnored()
    {
        var hello = new HelloModel(NewClientHello());
        hello.Suites = [0xc0, 0x2f, 0x00, 0xff, .. hello.Suites];
        hello.Extensions.Add((23, [])); // extended_master_secret, of TLS 1.2
        hello.Extensions.Add((0xff01, [0])); // renegotiation_info, likewise
        hello[ExtensionType.RecordSizeLimit] = [0x40, 0x01];
        AssertAnswered(hello);
    }

    [Fact]
    public void OfferedPskAndEarlyDataAreIgnored()
    {
        var hello = new HelloModel(NewClientHello());
        hello[ExtensionType.PskKeyExchangeModes] = [1, 1];
        hello[ExtensionType.EarlyData] = [];
        hello[ExtensionType.PreSharedKey] = [0, 7, 0, 1, 0x61, 0, 0, 0, 0, 0, 33, 32, .. new byte[32]];
        AssertAnswered(hello);
    }

    [Fact]
    public void Tls22_UnknownNameTypesAreSkipped()
    {
        var hello = new HelloModel(NewClientHello());
        hello[ExtensionType.ServerName] = [0, 9, 9, 0, 1, 0xff, 0, 0, 2, 0x61, 0x62];
        AssertAnswered(hello, expectedName: "ab");
    }

    [Fact]
    public void Bind02_BytesBehindAClientHelloAreAViolation()
    {
        using var together = new HandshakePair();
        byte[] message = NewClientHello();
        TransportError? error = together.Server.Receive(EncryptionLevel.Initial, [.. message, 1]);
        Assert.Equal(TransportErrorCode.ProtocolViolation, error?.Code);

        using var later = new HandshakePair();
        later.Server.Withheld = HandshakeQuestion.Configuration;
        Assert.Null(later.Server.Receive(EncryptionLevel.Initial, message));
        Assert.Equal(TransportErrorCode.ProtocolViolation, later.Server.Receive(EncryptionLevel.Initial, [1])?.Code);

        using var answered = new HandshakePair();
        Assert.Null(answered.Server.Receive(EncryptionLevel.Initial, message));
        Assert.Equal(TransportErrorCode.ProtocolViolation, answered.Server.Receive(EncryptionLevel.Initial, [1])?.Code);
    }

    [Fact]
    public void Tls01_AServerBeginsWithAClientHelloOnly()
    {
        foreach (HandshakeType type in Enum.GetValues<HandshakeType>().Where(type => type != HandshakeType.ClientHello))
        {
            using var pair = new HandshakePair();
            HandshakeTests.AssertAlert(TlsAlert.UnexpectedMessage, pair.Server.Receive(EncryptionLevel.Initial, [(byte)type]));
        }
    }

    [Fact]
    public void AClientHelloLongerThanItsLimitIsRefusedByItsHeader()
    {
        using var pair = new HandshakePair();
        TransportError? error = pair.Server.Receive(EncryptionLevel.Initial, [1, 1, 0, 1]);
        Assert.Equal(TransportErrorCode.CryptoBufferExceeded, error?.Code);
    }

    [Fact]
    public void AListenerReadsNameAndProtocolsWithoutAllocating()
    {
        byte[] message = NewClientHello();
        Assert.False(ClientHelloReader.TryGetLength(message.AsSpan(0, 3), out _));
        Assert.True(ClientHelloReader.TryGetLength(message.AsSpan(0, 4), out int length));
        Assert.Equal(message.Length, length);
        _ = ReadOnce(message);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int names = ReadOnce(message);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal("localhost".Length + "h3".Length, names);

        static int ReadOnce(byte[] message)
        {
            TransportError? error = ClientHelloReader.Read(message, out ClientHelloView hello) ?? ClientHelloRules.Check(hello);
            int total = error is null ? hello.ServerName.Length : 0;
            foreach (ReadOnlySpan<byte> protocol in hello.ApplicationProtocols)
            {
                total += protocol.Length;
            }

            return total;
        }
    }

    internal static byte[] NewClientHello()
    {
        using var pair = new HandshakePair();
        pair.Client.Start();
        return pair.Client.Output.Dequeue().Message;
    }

    private static void AssertAnswered(HelloModel hello, string? expectedName = "localhost")
    {
        using var pair = new HandshakePair();
        Assert.Null(pair.Server.Receive(EncryptionLevel.Initial, hello.ToMessage()));
        Assert.Equal(expectedName, pair.Server.Handshake.ServerName);
        Assert.Contains(pair.Server.Output, item => item.Message[0] == (byte)HandshakeType.Finished);
    }
}
