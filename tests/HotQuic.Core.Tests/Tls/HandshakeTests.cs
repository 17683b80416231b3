using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Whole handshakes between our own two sides, with real certificates.</summary>
public sealed class HandshakeTests
{
    public static TheoryData<string, string, string, string> Combinations
    {
        get
        {
            var data = new TheoryData<string, string, string, string>();
            foreach (CipherSuite suite in Enum.GetValues<CipherSuite>())
            {
                foreach (NamedGroup group in Enum.GetValues<NamedGroup>())
                {
                    foreach (SignatureScheme scheme in TlsClientConfiguration.DefaultSignatureSchemes.Where(s => s.IsForHandshakeMessages()))
                    {
                        foreach (ClientCertificateMode mode in Enum.GetValues<ClientCertificateMode>())
                        {
                            data.Add($"{suite}", $"{group}", $"{scheme}", $"{mode}");
                        }
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Tls25_EverySuiteGroupSchemeAndClientCertificateModeCompletes(string suite, string group, string scheme, string mode)
    {
        TlsCredential credential = TestCredentials.For(Enum.Parse<SignatureScheme>(scheme));
        var clientConfiguration = new TlsClientConfiguration
        {
            ServerName = "localhost",
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            CipherSuites = [Enum.Parse<CipherSuite>(suite)],
            Groups = [Enum.Parse<NamedGroup>(group)],
            Credential = credential,
        };
        var serverConfiguration = new TlsServerConfiguration
        {
            Credential = credential,
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            ClientCertificateMode = Enum.Parse<ClientCertificateMode>(mode),
        };

        using HandshakePair pair = new HandshakePair(clientConfiguration, serverConfiguration).Run();

        pair.AssertComplete();
        AssertAgreement(pair);
        Assert.Equal(Enum.Parse<CipherSuite>(suite), pair.Server.Handshake.NegotiatedSuite);
        Assert.Equal(Enum.Parse<NamedGroup>(group), pair.Server.Handshake.NegotiatedGroup);
        Assert.Equal(Enum.Parse<SignatureScheme>(scheme), pair.Client.Judged!.Scheme);
        Assert.Equal(mode == nameof(ClientCertificateMode.None), pair.Server.Judged is null);
    }

    [Fact]
    public void Bind03_CompleteMeansFinishedSentAndPeersVerified()
    {
        using var pair = new HandshakePair();
        pair.OnTheWay = (sender, type, message) =>
        {
            if (type == HandshakeType.Finished)
            {
                // The server has not verified the client's, the client has not seen the server's.
                Assert.False(pair.Server.Handshake.IsComplete);
                Assert.Equal(sender == EndpointRole.Client, pair.Client.Handshake.IsComplete);
            }

            return message;
        };

        pair.Run();

        pair.AssertComplete();
        Assert.Equal(EncryptionLevel.OneRtt, pair.Client.Handshake.ReceiveLevel);
        Assert.Equal(EncryptionLevel.OneRtt, pair.Server.Handshake.ReceiveLevel);
    }

    [Fact]
    public void Bind01_MessagesTravelAtTheLevelThatRfc9001Names()
    {
        using var pair = new HandshakePair(server: WithClientCertificates(ClientCertificateMode.Request));
        var seen = new List<string>();
        pair.Client.Start();
        Note("client", pair.Client);
        foreach ((EncryptionLevel level, byte[] message) in Drain(pair.Client))
        {
            _ = pair.Server.Receive(level, message);
        }

        Note("server", pair.Server);
        foreach ((EncryptionLevel level, byte[] message) in Drain(pair.Server))
        {
            _ = pair.Client.Receive(level, message);
        }

        Note("client", pair.Client);
        Assert.Equal(
            [
                "client Initial ClientHello",
                "server Initial ServerHello",
                "server Handshake EncryptedExtensions",
                "server Handshake CertificateRequest",
                "server Handshake Certificate",
                "server Handshake CertificateVerify",
                "server Handshake Finished",
                "client Handshake Certificate",
                "client Handshake Finished",
            ],
            seen);

        void Note(string who, HandshakeSide side) =>
            seen.AddRange(side.Output.Select(item => $"{who} {item.Level} {(HandshakeType)item.Message[0]}"));
    }

    [Fact]
    public void Bind01_SecretsComeInTheOrderInWhichTheyMayBeInstalled()
    {
        using HandshakePair pair = new HandshakePair().Run();

        Assert.Equal(
            ["Handshake Receive", "Handshake Send", "OneRtt Send", "OneRtt Receive"],
            pair.Client.Secrets.Select(secret => $"{secret.Level} {secret.Direction}"));
        Assert.Equal(
            ["Handshake Receive", "Handshake Send", "OneRtt Send", "OneRtt Receive"],
            pair.Server.Secrets.Select(secret => $"{secret.Level} {secret.Direction}"));
    }

    [Fact]
    public void Bind01_ServerMaySendAtOneRttBeforeTheClientsFinishedButNotReceive()
    {
        using var pair = new HandshakePair();
        pair.OnTheWay = (sender, type, message) => sender == EndpointRole.Client && type == HandshakeType.Finished ? null : message;

        pair.Run();

        Assert.False(pair.Server.Handshake.IsComplete);
        Assert.Contains(pair.Server.Secrets, secret => secret is { Level: EncryptionLevel.OneRtt, Direction: SecretDirection.Send });
        Assert.DoesNotContain(pair.Server.Secrets, secret => secret is { Level: EncryptionLevel.OneRtt, Direction: SecretDirection.Receive });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(64)]
    public void Bind06_AnySplitOfTheMessagesGivesTheSameHandshake(int pieceLength)
    {
        using var pair = new HandshakePair(ClientWithCredential(), WithClientCertificates(ClientCertificateMode.Require)) { PieceLength = pieceLength };
        pair.Run();
        pair.AssertComplete();
        AssertAgreement(pair);
    }

    [Fact]
    public void Bind06_ClientHelloMayBeSplitAtEveryByte()
    {
        using var probe = new HandshakePair();
        probe.Client.Start();
        byte[] hello = probe.Client.Output.Peek().Message;
        for (int split = 1; split < hello.Length; split++)
        {
            using var pair = new HandshakePair();
            Assert.Null(pair.Server.Receive(EncryptionLevel.Initial, hello.AsSpan(0, split)));
            Assert.Empty(pair.Server.Questions);
            Assert.Null(pair.Server.Receive(EncryptionLevel.Initial, hello.AsSpan(split)));
            Assert.Equal([HandshakeQuestion.Configuration, HandshakeQuestion.Signature], pair.Server.Questions);
        }
    }

    [Fact]
    public void Bind06_ServersFlightMayComeAsOnePieceAndSplitAtEveryByte()
    {
        using HandshakePair probe = new HandshakePair();
        int flightLength = ServerFlight(probe).Length;
        for (int split = 0; split < flightLength; split++)
        {
            using var pair = new HandshakePair();
            byte[] flight = ServerFlight(pair);
            if (split >= flight.Length)
            {
                continue; // ECDSA signatures differ in length
            }

            Assert.Null(pair.Client.Receive(EncryptionLevel.Handshake, flight.AsSpan(0, split)));
            Assert.Null(pair.Client.Receive(EncryptionLevel.Handshake, flight.AsSpan(split)));
            Assert.True(pair.Client.Handshake.IsComplete);
        }
    }

    [Fact]
    public void Tls28_BothSidesExportTheSameKeyingMaterialAndContextMatters()
    {
        using HandshakePair pair = new HandshakePair().Run();
        byte[] client = new byte[80];
        byte[] server = new byte[80];
        byte[] other = new byte[80];
        pair.Client.Handshake.Export("EXPORTER-test"u8, "context"u8, client);
        pair.Server.Handshake.Export("EXPORTER-test"u8, "context"u8, server);
        pair.Server.Handshake.Export("EXPORTER-test"u8, [], other);
        Assert.Equal(client, server);
        Assert.NotEqual(client, other);
    }

    [Fact]
    public void Tls28_ExportBeforeCompletionIsTheCallersMistake()
    {
        using var pair = new HandshakePair();
        Assert.Throws<InvalidOperationException>(() => pair.Server.Handshake.Export("EXPORTER-test"u8, [], new byte[8]));
    }

    [Fact]
    public void Bind10_TransportParametersReachTheOtherSide()
    {
        using var pair = new HandshakePair
        {
            Client = new HandshakeSide(NewClient(HandshakePair.ClientDefaults)) { TransportParameters = [1, 2, 3] },
            Server = new HandshakeSide(NewServer()) { TransportParameters = [4, 5], Configuration = HandshakePair.ServerDefaults },
        };
        pair.Run();
        pair.AssertComplete();
        Assert.Equal([1, 2, 3], pair.Server.Handshake.PeerTransportParameters.ToArray());
        Assert.Equal([4, 5], pair.Client.Handshake.PeerTransportParameters.ToArray());
    }

    [Fact]
    public void Bind10_ClientsTransportParametersAreThereWhenTheServerIsAsked()
    {
        using var pair = new HandshakePair();
        pair.Server.Withheld = HandshakeQuestion.Configuration;
        pair.Run();
        Assert.Equal(pair.Client.TransportParameters, pair.Server.Handshake.PeerTransportParameters.ToArray());
        Assert.Equal("localhost", pair.Server.Handshake.ServerName);
    }

    [Fact]
    public void Bind12_ClientSendsAnEmptySessionId()
    {
        using HandshakePair pair = new HandshakePair().Run();
        ClientHelloView hello = pair.Server.ClientHello.Read();
        Assert.True(hello.LegacySessionId.IsEmpty);
        Assert.Equal(0x0303, hello.LegacyVersion);
        Assert.Equal([0], hello.LegacyCompressionMethods.ToArray());
    }

    [Fact]
    public void Bind05_ClientOffersTls13Alone()
    {
        using HandshakePair pair = new HandshakePair().Run();
        Assert.Equal([0x03, 0x04], pair.Server.ClientHello.Read().SupportedVersions.Bytes.ToArray());
    }

    [Fact]
    public void Bind09_ServersOrderOfProtocolsDecides()
    {
        using HandshakePair pair = new HandshakePair(
            Client("h3-29", "hq-interop", "h3"),
            Server("h3", "hq-interop")).Run();
        pair.AssertComplete();
        Assert.Equal("h3"u8.ToArray(), pair.Client.Handshake.ApplicationProtocol.ToArray());
        Assert.Equal("h3"u8.ToArray(), pair.Server.Handshake.ApplicationProtocol.ToArray());
    }

    [Fact]
    public void Bind09_NoProtocolInCommonClosesWithNoApplicationProtocol()
    {
        using HandshakePair pair = new HandshakePair(Client("doq"), Server("h3")).Run();
        AssertAlert(TlsAlert.NoApplicationProtocol, pair.Server.Error);
    }

    [Theory]
    [InlineData("example.test", "example.test")]
    [InlineData("example.test.", "example.test")]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", null)]
    [InlineData(null, null)]
    public void Tls22_NameIsSentForDnsNamesOnly(string? name, string? sent)
    {
        var configuration = new TlsClientConfiguration { ServerName = name, ApplicationProtocols = HandshakePair.Protocols("h3") };
        using HandshakePair pair = new HandshakePair(configuration).Run();
        pair.AssertComplete();
        Assert.Equal(sent, pair.Server.Handshake.ServerName);
        Assert.Equal(sent is not null, pair.Server.ClientHello.Read().Present.Contains(ExtensionType.ServerName));
        Assert.Equal(name, pair.Client.Judged!.ServerName);
    }

    [Fact]
    public void Tls21_ClientWithoutCertificateAnswersWithAnEmptyListAndIsLetInWhereNoneIsRequired()
    {
        using HandshakePair pair = new HandshakePair(server: WithClientCertificates(ClientCertificateMode.Request)).Run();
        pair.AssertComplete();
        Assert.Empty(pair.Server.Judged!.Chain);
        Assert.DoesNotContain((EndpointRole.Client, HandshakeType.CertificateVerify), pair.Passed);
        Assert.Contains((EndpointRole.Client, HandshakeType.Certificate), pair.Passed);
    }

    [Fact]
    public void Tls21_ClientWithoutCertificateIsRefusedWhereOneIsRequired()
    {
        using HandshakePair pair = new HandshakePair(server: WithClientCertificates(ClientCertificateMode.Require)).Run();
        AssertAlert(TlsAlert.CertificateRequired, pair.Server.Error);
    }

    [Fact]
    public void Tls21_ClientWhoseKeyFitsNoAcceptedSchemeShowsNoCertificate()
    {
        TlsServerConfiguration server = new()
        {
            Credential = TestCredentials.EcdsaP256,
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            ClientCertificateMode = ClientCertificateMode.Request,
            SignatureSchemes = [SignatureScheme.RsaPssRsaeSha256],
        };
        using HandshakePair pair = new HandshakePair(ClientWithCredential(), server).Run();
        pair.AssertComplete();
        Assert.Empty(pair.Server.Judged!.Chain);
    }

    [Fact]
    public void Tls21_ClientWithoutCertificateIsWhatTheVerdictSays()
    {
        using var pair = new HandshakePair(server: WithClientCertificates(ClientCertificateMode.Request));
        pair.Server.Withheld = HandshakeQuestion.CertificateVerdict;
        pair.Run();
        Assert.True(pair.Client.Handshake.IsComplete);
        Assert.False(pair.Server.Handshake.IsComplete);
        Assert.DoesNotContain(pair.Server.Secrets, secret => secret is { Level: EncryptionLevel.OneRtt, Direction: SecretDirection.Receive });
        TransportError? error = pair.Server.Handshake.ProvideCertificateVerdict(CertificateVerdict.Rejected(TlsAlert.CertificateRequired, "not without"));
        AssertAlert(TlsAlert.CertificateRequired, error);
        Assert.False(pair.Server.Handshake.IsComplete);
    }

    [Fact]
    public void Bind07_NothingGoesOnBeforeTheVerdictAndARejectionEndsTheHandshake()
    {
        using var pair = new HandshakePair
        {
            Client = new HandshakeSide(NewClient(HandshakePair.ClientDefaults))
            {
                Withheld = HandshakeQuestion.CertificateVerdict,
                Judge = _ => CertificateVerdict.Rejected(TlsAlert.UnknownCa, "nobody we know"),
            },
        };
        pair.Run();
        Assert.Null(pair.Client.Error);
        Assert.False(pair.Client.Handshake.IsComplete);
        Assert.DoesNotContain(pair.Client.Secrets, secret => secret.Level == EncryptionLevel.OneRtt);

        pair.Client.Withheld = HandshakeQuestion.None;
        pair.Client.AnswerQuestions();
        AssertAlert(TlsAlert.UnknownCa, pair.Client.Error);
        Assert.False(pair.Client.Handshake.IsComplete);
        Assert.Equal(pair.Client.Error, pair.Client.Handshake.Receive(EncryptionLevel.Handshake, [20]));
    }

    [Fact]
    public void Bind07_AVerdictThatNobodyFilledInRejects()
    {
        using var pair = new HandshakePair
        {
            Client = new HandshakeSide(NewClient(HandshakePair.ClientDefaults)) { Judge = _ => default },
        };
        pair.Run();
        AssertAlert(TlsAlert.CertificateUnknown, pair.Client.Error);
    }

    [Fact]
    public void Tls18_TheChainArrivesAsItWasGivenLeafFirst()
    {
        ReadOnlyMemory<byte> leaf = TestCredentials.EcdsaP256.Chain[0];
        var credential = new TlsCredential(
            [leaf, new byte[] { 1, 2, 3 }, new byte[70_000]], [SignatureScheme.EcdsaSecp256r1Sha256], TestCredentials.EcdsaP256.State);
        var server = new TlsServerConfiguration { Credential = credential, ApplicationProtocols = HandshakePair.Protocols("h3") };
        using HandshakePair pair = new HandshakePair(server: server) { PieceLength = 1000 }.Run();
        pair.AssertComplete();
        Assert.Equal(credential.Chain.Select(item => item.ToArray()), pair.Client.Judged!.Chain.Select(item => item.ToArray()));
    }

    [Fact]
    public void AnAnswerThatComesAfterTheEndGetsTheErrorThatEndedIt()
    {
        using var pair = new HandshakePair();
        pair.Server.Withheld = HandshakeQuestion.Signature;
        pair.Run();
        TransportError? error = pair.Server.Receive(EncryptionLevel.Handshake, new byte[2000]);
        Assert.Equal(TransportErrorCode.CryptoBufferExceeded, error?.Code);
        Assert.Equal(HandshakeQuestion.None, pair.Server.Handshake.Question);
        Assert.Equal(error, pair.Server.Handshake.ProvideSignature([1]));
        Assert.Equal(error, pair.Server.Handshake.ProvideCertificateVerdict(CertificateVerdict.Accepted));
    }

    [Fact]
    public void Tls29_SecretsThatNobodyTookAreWipedWithTheHandshake()
    {
        using var pair = new HandshakePair();
        pair.Client.Start();
        (EncryptionLevel level, byte[] hello) = pair.Client.Output.Dequeue();
        using var server = NewServer();
        Assert.Null(server.Receive(level, hello));
        Assert.Null(server.ProvideConfiguration(HandshakePair.ServerDefaults, [1]));
        Assert.True(server.TryTakeSecret(out TrafficSecret taken));
        Assert.Contains(taken.Bytes, value => value != 0);
        server.Dispose();
        Assert.False(server.TryTakeSecret(out _));
        Assert.Contains(taken.Bytes, value => value != 0); // the taker's own
    }

    [Fact]
    public void WrongCallsThrowAndNameTheQuestion()
    {
        using var pair = new HandshakePair();
        Assert.Throws<InvalidOperationException>(() => pair.Client.Handshake.ProvideSignature([1]));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Handshake.ProvideCertificateVerdict(CertificateVerdict.Accepted));
        Assert.Throws<InvalidOperationException>(() => ((TlsServerHandshake)pair.Server.Handshake).ProvideConfiguration(HandshakePair.ServerDefaults, []));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Handshake.SignatureRequest);
        Assert.Throws<InvalidOperationException>(() => pair.Client.Handshake.VerdictRequest);
        pair.Client.Start();
        Assert.Throws<InvalidOperationException>(pair.Client.Start);
        pair.Client.Handshake.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Handshake.Receive(EncryptionLevel.Initial, [1]));
        Assert.False(pair.Client.Handshake.TryTakeOutput(out _, out _));
        Assert.False(pair.Client.Handshake.TryTakeSecret(out _));
    }

    internal static void AssertAlert(TlsAlert alert, TransportError? error)
    {
        Assert.NotNull(error);
        Assert.Equal(alert, TransportError.AlertOf((ulong)error.Code));
    }

    internal static void AssertAgreement(HandshakePair pair)
    {
        foreach (EncryptionLevel level in (EncryptionLevel[])[EncryptionLevel.Handshake, EncryptionLevel.OneRtt])
        {
            Assert.Equal(pair.Client.Secret(level, SecretDirection.Send).Bytes, pair.Server.Secret(level, SecretDirection.Receive).Bytes);
            Assert.Equal(pair.Client.Secret(level, SecretDirection.Receive).Bytes, pair.Server.Secret(level, SecretDirection.Send).Bytes);
            Assert.NotEqual(pair.Client.Secret(level, SecretDirection.Send).Bytes, pair.Client.Secret(level, SecretDirection.Receive).Bytes);
        }
    }

    internal static TlsClientHandshake NewClient(TlsClientConfiguration configuration) =>
        new(configuration, new SystemKeyShareFactory(new SeededRandom(3)), new SeededRandom(4));

    internal static TlsServerHandshake NewServer() => new(new SystemKeyShareFactory(new SeededRandom(5)), new SeededRandom(6));

    internal static TlsServerConfiguration WithClientCertificates(ClientCertificateMode mode) => new()
    {
        Credential = TestCredentials.EcdsaP256,
        ApplicationProtocols = HandshakePair.Protocols("h3"),
        ClientCertificateMode = mode,
        CertificateAuthorities = [new byte[] { 0x30, 0x00 }],
    };

    internal static TlsClientConfiguration ClientWithCredential() => new()
    {
        ServerName = "localhost",
        ApplicationProtocols = HandshakePair.Protocols("h3"),
        Credential = TestCredentials.EcdsaP256,
    };

    internal static TlsClientConfiguration Client(params string[] protocols) => new() { ApplicationProtocols = HandshakePair.Protocols(protocols) };

    internal static TlsServerConfiguration Server(params string[] protocols) => new()
    {
        Credential = TestCredentials.EcdsaP256,
        ApplicationProtocols = HandshakePair.Protocols(protocols),
    };

    internal static List<(EncryptionLevel Level, byte[] Message)> Drain(HandshakeSide side)
    {
        List<(EncryptionLevel, byte[])> messages = [.. side.Output];
        side.Output.Clear();
        return messages;
    }

    /// <summary>Brings a pair to where the client has the ServerHello, and returns the rest of the server's flight in one piece.</summary>
    internal static byte[] ServerFlight(HandshakePair pair)
    {
        pair.Client.Start();
        (EncryptionLevel level, byte[] hello) = pair.Client.Output.Dequeue();
        Assert.Null(pair.Server.Receive(level, hello));
        List<(EncryptionLevel Level, byte[] Message)> messages = Drain(pair.Server);
        Assert.Null(pair.Client.Receive(EncryptionLevel.Initial, messages[0].Message));
        return [.. messages.Skip(1).SelectMany(item => item.Message)];
    }
}
