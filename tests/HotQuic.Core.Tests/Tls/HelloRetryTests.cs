using System.Collections.Immutable;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>HelloRetryRequest: the server asks for another share, or for a cookie back.</summary>
public sealed class HelloRetryTests
{
    private static readonly (string Name, ulong Code, Action<HelloModel> Break)[] Retries =
    [
        ("Tls10 changes nothing", 0x12f, hello => hello.Remove(ExtensionType.KeyShare)),
        ("Tls10 group shared already", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 23]),
        ("Tls10 group not offered", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 24]),
        ("Tls10 suite not offered", 0x12f, hello => hello.Suites = [0x13, 0x03]),
        ("Tls10 version not offered", 0x12f, hello => hello[ExtensionType.SupportedVersions] = [3, 3]),
        ("Tls10 no version", 0x146, hello => hello.Remove(ExtensionType.SupportedVersions)),
        ("Tls10 session ID echo", 0x12f, hello => hello.SessionId = [1]),
        ("Tls10 compression", 0x12f, hello => hello.Compression = [1]),
        ("Tls02 group of three bytes", 0x132, hello => hello[ExtensionType.KeyShare] = [0, 29, 0]),
        ("Tls02 empty cookie", 0x132, hello => hello[ExtensionType.Cookie] = [0, 0]),
        ("Tls10 cookie too long to echo", 0x0d, hello => hello[ExtensionType.Cookie] = HelloModel.Vector16(new byte[60_000])),
        ("Tls02 cookie with trailing byte", 0x132, hello => hello[ExtensionType.Cookie] = [0, 1, 1, 1]),
        ("Tls08 unknown extension", 0x16e, hello => hello.Extensions.Add((0x7777, []))),
        ("Tls07 ALPN in a HelloRetryRequest", 0x12f, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 3, 2, 0x68, 0x33]),
    ];

    private static readonly (string Name, ulong Code, Action<HelloModel> Break)[] SecondHellos =
    [
        ("Tls11 other random", 0x12f, hello => hello.Random = new byte[32]),
        ("Tls11 other suites", 0x12f, hello => hello.Suites = hello.Suites[..2]),
        ("Tls11 other protocols", 0x12f, hello => hello[ExtensionType.ApplicationLayerProtocolNegotiation] = [0, 3, 2, 0x68, 0x32]),
        ("Tls11 other transport parameters", 0x12f, hello => hello[ExtensionType.QuicTransportParameters] = []),
        ("Tls11 other groups", 0x12f, hello => hello[ExtensionType.SupportedGroups] = [0, 2, 0, 29]),
        ("Tls11 extension added", 0x12f, hello => hello.Extensions.Add((0x7777, []))),
        ("Tls11 extension left out", 0x12f, hello => hello.Remove(ExtensionType.ServerName)),
        ("Tls11 early_data", 0x12f, hello => hello[ExtensionType.EarlyData] = []),
        ("Tls11 no share", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 0]),
        ("Tls11 share of another group", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 5, 0, 23, 0, 1, 1]),
        ("Tls11 a share too many", 0x12f, hello => hello[ExtensionType.KeyShare] = HelloModel.Vector16([0, 23, 0, 1, 1, .. hello[ExtensionType.KeyShare][2..]])),
        ("Tls11 no cookie", 0x16d, hello => hello.Remove(ExtensionType.Cookie)),
        ("Tls11 another cookie", 0x12f, hello => hello[ExtensionType.Cookie] = [0, 1, 1]),
        ("Tls13 share not valid", 0x12f, hello => hello[ExtensionType.KeyShare] = [0, 36, 0, 29, 0, 32, .. new byte[32]]),
        ("Bind12 session ID", 0x0a, hello => hello.SessionId = [1]),
    ];

    private static readonly TlsClientConfiguration P256First = new()
    {
        ServerName = "localhost",
        ApplicationProtocols = HandshakePair.Protocols("h3"),
        Groups = [NamedGroup.Secp256r1, NamedGroup.X25519],
        CipherSuites = [CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384],
    };

    public static TheoryData<string> RetryNames => [.. Retries.Select(item => item.Name)];

    public static TheoryData<string> SecondHelloNames => [.. SecondHellos.Select(item => item.Name)];

    [Theory]
    [InlineData(nameof(CipherSuite.Aes128GcmSha256), "")]
    [InlineData(nameof(CipherSuite.Aes256GcmSha384), "")]
    [InlineData(nameof(CipherSuite.Aes128GcmSha256), "a cookie")]
    [InlineData(nameof(CipherSuite.Aes256GcmSha384), "a cookie")]
    public void Tls10_Bind14_TheServerGetsTheShareItWantsByOneRetry(string suite, string cookie)
    {
        using var pair = new HandshakePair(P256First, Server(cookie, Enum.Parse<CipherSuite>(suite)));
        byte[]? echoed = null;
        int hellos = 0;
        pair.OnTheWay = (_, type, message) =>
        {
            if (type == HandshakeType.ClientHello && ++hellos == 2)
            {
                var hello = new HelloModel(message);
                echoed = cookie.Length == 0 ? [] : hello[ExtensionType.Cookie];
                Assert.Equal([0, 36, 0, 29, 0, 32], hello[ExtensionType.KeyShare][..6]);
            }

            return message;
        };

        pair.Run();

        pair.AssertComplete();
        HandshakeTests.AssertAgreement(pair);
        Assert.Equal(2, hellos);
        Assert.Equal(NamedGroup.X25519, pair.Client.Handshake.NegotiatedGroup);
        Assert.Equal(cookie, System.Text.Encoding.ASCII.GetString(cookie.Length == 0 ? echoed! : echoed.AsSpan(2)));
        Assert.Equal(
            [HandshakeType.ClientHello, HandshakeType.ServerHello, HandshakeType.ClientHello, HandshakeType.ServerHello],
            pair.Passed.Take(4).Select(passed => passed.Type));
        Assert.Equal([HandshakeQuestion.Configuration, HandshakeQuestion.Signature], pair.Server.Questions);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tls12_SharesAreOfferedForTheFirstGroupsInOrder(int shares)
    {
        ImmutableArray<NamedGroup> groups = [NamedGroup.Secp384r1, NamedGroup.Secp256r1, NamedGroup.X25519];
        var client = new TlsClientConfiguration { ApplicationProtocols = HandshakePair.Protocols("h3"), Groups = groups, InitialKeyShares = shares };
        using var pair = new HandshakePair(client, Server("", CipherSuite.Aes128GcmSha256));

        pair.Run();

        pair.AssertComplete();
        var offered = new List<NamedGroup>();
        foreach (KeyShareEntry share in pair.Server.ClientHello.Read().KeyShares)
        {
            offered.Add(share.Group);
        }

        Assert.Equal(groups.Take(shares), offered);
        Assert.Equal(shares == 3 ? 1 : 2, pair.Passed.Count(passed => passed.Type == HandshakeType.ClientHello));
    }

    [Fact]
    public void Tls10_ACookieAloneLeavesTheShareAsItWas()
    {
        using var pair = new HandshakePair(P256First, Server("cookie", CipherSuite.Aes128GcmSha256));
        var shares = new List<byte[]>();
        pair.OnTheWay = (_, type, message) =>
        {
            var hello = type is HandshakeType.ClientHello or HandshakeType.ServerHello ? new HelloModel(message) : null;
            if (type == HandshakeType.ClientHello)
            {
                shares.Add(hello![ExtensionType.KeyShare]);
            }
            else if (hello is not null && shares.Count == 1)
            {
                hello.Remove(ExtensionType.KeyShare);
                return hello.ToMessage();
            }

            return message;
        };
        pair.Run();
        Assert.Null(pair.Client.Error);
        Assert.Equal(2, shares.Count);
        Assert.Equal(shares[0], shares[1]);
    }

    [Theory]
    [MemberData(nameof(RetryNames))]
    public void ClientRejectsRetry(string name)
    {
        (_, ulong code, Action<HelloModel> corrupt) = Retries.Single(item => item.Name == name);
        using HandshakePair pair = new(P256First, Server("", CipherSuite.Aes128GcmSha256));
        pair.OnTheWay = (_, type, message) => type == HandshakeType.ServerHello ? Changed(message, corrupt) : message;
        pair.Run();
        Assert.Equal(code, (ulong?)pair.Client.Error?.Code);
    }

    [Fact]
    public void Tls10_ASecondRetryIsUnexpected()
    {
        using HandshakePair pair = new(P256First, Server("", CipherSuite.Aes128GcmSha256));
        byte[]? retry = null;
        pair.OnTheWay = (_, type, message) => type == HandshakeType.ServerHello ? retry ??= message : message;
        pair.Run();
        HandshakeTests.AssertAlert(TlsAlert.UnexpectedMessage, pair.Client.Error);
    }

    [Theory]
    [InlineData("suite")]
    [InlineData("group")]
    public void Tls10_SuiteAndGroupOfTheRetryStay(string changed)
    {
        using HandshakePair pair = new(P256First, Server("", CipherSuite.Aes128GcmSha256));
        int hellos = 0;
        pair.OnTheWay = (_, type, message) => type == HandshakeType.ServerHello && ++hellos == 2
            ? Changed(message, hello =>
            {
                if (changed == "suite")
                {
                    hello.Suites = [0x13, 0x02];
                }
                else
                {
                    hello[ExtensionType.KeyShare] = [0, 23, 0, 65, 4, .. new byte[64]];
                }
            })
            : message;
        pair.Run();
        Assert.Equal(2, hellos);
        HandshakeTests.AssertAlert(TlsAlert.IllegalParameter, pair.Client.Error);
    }

    [Theory]
    [MemberData(nameof(SecondHelloNames))]
    public void ServerRejectsSecondClientHello(string name)
    {
        (_, ulong code, Action<HelloModel> corrupt) = SecondHellos.Single(item => item.Name == name);
        using HandshakePair pair = new(P256First, Server("cookie", CipherSuite.Aes128GcmSha256));
        int hellos = 0;
        pair.OnTheWay = (_, type, message) => type == HandshakeType.ClientHello && ++hellos == 2 ? Changed(message, corrupt) : message;
        pair.Run();
        Assert.Equal(2, hellos);
        Assert.Equal(code, (ulong?)pair.Server.Error?.Code);
        Assert.Empty(pair.Server.Secrets);
    }

    [Fact]
    public void Tls11_PaddingEarlyDataAndTicketsMayChange()
    {
        using HandshakePair pair = new(P256First, Server("cookie", CipherSuite.Aes128GcmSha256));
        int hellos = 0;
        pair.OnTheWay = (_, type, message) => type != HandshakeType.ClientHello ? message : Changed(message, hello =>
        {
            hellos++;
            hello[ExtensionType.Padding] = new byte[hellos * 10];
            hello[ExtensionType.PskKeyExchangeModes] = [1, 1];
            if (hellos == 1)
            {
                hello[ExtensionType.EarlyData] = [];
            }

            hello[ExtensionType.PreSharedKey] = new byte[hellos];
        });
        pair.Run();
        Assert.Null(pair.Server.Error);
        Assert.Contains((EndpointRole.Server, HandshakeType.EncryptedExtensions), pair.Passed);
    }

    [Fact]
    public void Bind02_ASecondClientHelloBeforeTheRetryIsAViolation()
    {
        using HandshakePair pair = new(P256First, Server("", CipherSuite.Aes128GcmSha256));
        pair.OnTheWay = (_, type, message) => type == HandshakeType.ClientHello ? [.. message, .. message] : message;
        pair.Run();
        Assert.Equal(TransportErrorCode.ProtocolViolation, pair.Server.Error?.Code);
    }

    private static byte[] Changed(byte[] message, Action<HelloModel> change)
    {
        var hello = new HelloModel(message);
        change(hello);
        return hello.ToMessage();
    }

    private static TlsServerConfiguration Server(string cookie, CipherSuite suite) => new()
    {
        Credential = TestCredentials.EcdsaP256,
        ApplicationProtocols = HandshakePair.Protocols("h3"),
        Groups = [NamedGroup.X25519],
        CipherSuites = [suite],
        HelloRetryCookie = System.Text.Encoding.ASCII.GetBytes(cookie),
    };
}
