using System.Security.Cryptography;
using System.Text;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Key schedule, transcript and message readers against the handshakes of RFC 8448.</summary>
public sealed class Rfc8448Tests
{
    private const HashFunction Hash = HashFunction.Sha256;

    [SkippableTheory]
    [InlineData("3", 20)]
    [InlineData("4", 24)]
    [InlineData("5", 19)]
    [InlineData("6", 19)]
    [InlineData("7", 19)]
    public void EveryExpansionOfATraceIsReproduced(string section, int count)
    {
        int checkedCount = 0;
        foreach (Rfc8448Trace.Step step in Rfc8448Trace.Section(section).Steps)
        {
            foreach ((string info, string expanded) in (ReadOnlySpan<(string, string)>)[("info", "expanded"), ("key info", "key expanded"), ("iv info", "iv expanded")])
            {
                if (!step.Values.TryGetValue(info, out byte[]? infoBytes))
                {
                    continue;
                }

                int labelLength = infoBytes[2];
                string label = Encoding.ASCII.GetString(infoBytes, 3, labelLength);
                Assert.StartsWith("tls13 ", label, StringComparison.Ordinal);
                byte[] context = infoBytes[(4 + labelLength)..];
                byte[] output = new byte[step.Values[expanded].Length];
                Hash.ExpandLabel(step.Values["PRK"], Encoding.ASCII.GetBytes(label[6..]), context, output);
                Assert.Equal(step.Values[expanded], output);
                checkedCount++;
            }
        }

        Assert.Equal(count, checkedCount);
    }

    [SkippableTheory]
    [InlineData("3", false)]
    [InlineData("5", true)]
    [InlineData("6", false)]
    [InlineData("7", false)]
    public void EverySecretOfAFullHandshakeComesOutOfItsMessages(string section, bool isRetried)
    {
        Rfc8448Trace trace = Rfc8448Trace.Section(section);
        foreach (EndpointRole role in Enum.GetValues<EndpointRole>())
        {
            var messages = new Queue<(EndpointRole Sender, byte[] Message)>(trace.Messages);
            using var secrets = new HandshakeSecrets(role, new HandshakePool());
            byte[] clientHello = messages.Peek().Message;
            secrets.Append(messages.Dequeue().Message);
            secrets.Start(CipherSuite.Aes128GcmSha256);
            if (isRetried)
            {
                secrets.ReplaceWithMessageHash();
                secrets.Append(messages.Dequeue().Message);
                secrets.Append(messages.Dequeue().Message);
            }

            secrets.Append(messages.Dequeue().Message);
            secrets.DeriveHandshake(trace.Value("extract secret \"handshake\"", "IKM"), clientHello.AsSpan(6, 32));
            byte[] clientHandshake = trace.Value("derive secret \"tls13 c hs traffic\"", "expanded");
            byte[] serverHandshake = trace.Value("derive secret \"tls13 s hs traffic\"", "expanded");
            AssertNext(secrets, EncryptionLevel.Handshake, SecretDirection.Receive, role == EndpointRole.Client ? serverHandshake : clientHandshake);
            AssertNext(secrets, EncryptionLevel.Handshake, SecretDirection.Send, role == EndpointRole.Client ? clientHandshake : serverHandshake);

            AppendUpToFinished(secrets, messages, EndpointRole.Server, trace.Value("calculate finished", "finished", "server"));
            secrets.DeriveApplication();
            AppendUpToFinished(secrets, messages, EndpointRole.Client, trace.Value("calculate finished", "finished", "client"));
            byte[] clientApplication = trace.Value("derive secret \"tls13 c ap traffic\"", "expanded");
            byte[] serverApplication = trace.Value("derive secret \"tls13 s ap traffic\"", "expanded");
            secrets.Complete();
            AssertNext(secrets, EncryptionLevel.OneRtt, SecretDirection.Send, role == EndpointRole.Client ? clientApplication : serverApplication);
            AssertNext(secrets, EncryptionLevel.OneRtt, SecretDirection.Receive, role == EndpointRole.Client ? serverApplication : clientApplication);

            // The exporter secret shows in what is exported from it.
            byte[] exported = new byte[16];
            secrets.Export("test"u8, "context"u8, exported);
            byte[] derived = new byte[32];
            byte[] expected = new byte[16];
            Hash.ExpandLabel(trace.Value("derive secret \"tls13 exp master\"", "expanded"), "test"u8, SHA256.HashData([]), derived);
            Hash.ExpandLabel(derived, "exporter"u8, SHA256.HashData("context"u8), expected);
            Assert.Equal(expected, exported);
        }
    }

    [SkippableFact]
    public void AResumedHandshakesScheduleStartsFromItsPsk()
    {
        Rfc8448Trace trace = Rfc8448Trace.Section("4");
        List<byte[]> messages = [.. trace.Messages.Select(item => item.Message)];
        var schedule = new KeySchedule(Hash);
        using var transcript = new Transcript(new HandshakePool());
        transcript.Append(messages[0]);
        transcript.Start(Hash);
        schedule.ExtractEarly(trace.Value("extract secret \"early\"", "IKM"));
        AssertDerived("c e traffic");
        AssertDerived("e exp master");
        transcript.Append(messages[1]);
        schedule.ExtractHandshake(trace.Value("extract secret \"handshake\"", "IKM"));
        AssertDerived("c hs traffic");
        AssertDerived("s hs traffic");
        transcript.Append(messages[2]);
        transcript.Append(messages[3]);
        schedule.ExtractMain();
        AssertDerived("c ap traffic");
        AssertDerived("s ap traffic");
        AssertDerived("exp master");
        transcript.Append(messages[4]); // EndOfEarlyData, which QUIC does without
        transcript.Append(messages[5]);
        AssertDerived("res master");

        void AssertDerived(string label)
        {
            byte[] hash = new byte[32];
            byte[] secret = new byte[32];
            transcript.CopyHash(hash);
            schedule.Derive(Encoding.ASCII.GetBytes(label), hash, secret);
            Assert.Equal(trace.Value($"derive secret \"tls13 {label}\"", "expanded"), secret);
        }
    }

    [Fact]
    public void Tls29_AWipedScheduleHoldsNothingButZeros()
    {
        var schedule = new KeySchedule(Hash);
        schedule.ExtractEarly(psk: [1, 2, 3]);
        schedule.Wipe();
        byte[] derived = new byte[32];
        byte[] ofZeros = new byte[32];
        schedule.Derive("test"u8, [], derived);
        Hash.ExpandLabel(new byte[32], "test"u8, [], ofZeros);
        Assert.Equal(ofZeros, derived);
    }

    [SkippableFact]
    public void Tls13_SharedSecretsOfTheTracesAreThoseOfTheirKeys()
    {
        Rfc8448Trace simple = Rfc8448Trace.Section("3");
        using var client = new X25519KeyShare(new FixedBytes(simple.Value("create an ephemeral x25519 key pair", "private key", "client")));
        Assert.Equal(simple.Value("create an ephemeral x25519 key pair", "public key", "client"), client.PublicKey.ToArray());
        byte[] secret = new byte[KeyShare.MaxSecretLength];
        Assert.True(client.TryDeriveSharedSecret(simple.Value("create an ephemeral x25519 key pair", "public key", "server"), secret, out int length));
        Assert.Equal(simple.Value("extract secret \"handshake\"", "IKM"), secret[..length]);

        Rfc8448Trace retried = Rfc8448Trace.Section("5");
        var parameters = new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = retried.Value("create an ephemeral P-256 key pair", "private key", "server"),
        };
        using var server = new EcdhKeyShare(NamedGroup.Secp256r1, ECDiffieHellman.Create(parameters));
        Assert.Equal(retried.Value("create an ephemeral P-256 key pair", "public key", "server"), server.PublicKey.ToArray());
        Assert.True(server.TryDeriveSharedSecret(retried.Value("create an ephemeral P-256 key pair", "public key", "client"), secret, out length));
        Assert.Equal(retried.Value("extract secret \"handshake\"", "IKM"), secret[..length]);
    }

    [SkippableTheory]
    [InlineData("3")]
    [InlineData("5")]
    [InlineData("6")]
    [InlineData("7")]
    public void Tls19_SignaturesOfATraceVerifyOverTheSignedContent(string section)
    {
        Rfc8448Trace trace = Rfc8448Trace.Section(section);
        using var transcript = new Transcript(new HandshakePool());
        transcript.Start(Hash);
        ReadOnlyMemory<byte>[] chain = [];
        int verified = 0;
        bool isFirst = true;
        foreach ((EndpointRole sender, byte[] message) in trace.Messages)
        {
            if (message[0] == (byte)HandshakeType.ServerHello && isFirst && section == "5")
            {
                transcript.ReplaceWithMessageHash();
                isFirst = false;
            }
            else if (message[0] == (byte)HandshakeType.Certificate)
            {
                Assert.Null(CertificateMessage.Read(message, out chain));
                Assert.Single(chain);
            }
            else if (message[0] == (byte)HandshakeType.CertificateVerify)
            {
                byte[] hash = new byte[32];
                transcript.CopyHash(hash);
                Assert.Null(CertificateVerifyMessage.Read(message, out SignatureScheme scheme, out ReadOnlySpan<byte> signature));
                CertificateVerdict verdict = TestCredentials.Judge(new CertificateVerdictRequest
                {
                    Chain = chain,
                    Scheme = scheme,
                    Signature = signature.ToArray(),
                    SignedContent = SignedContent(sender, hash),
                    ServerName = null,
                    PeerRole = sender,
                });
                Assert.True(verdict.IsAccepted);
                verified++;
            }

            transcript.Append(message);
        }

        Assert.Equal(section == "6" ? 2 : 1, verified);
    }

    [SkippableFact]
    public void MessagesOfTheTracesAreReadAsTheRfcDescribesThem()
    {
        Rfc8448Trace simple = Rfc8448Trace.Section("3");
        Assert.Null(ClientHelloReader.Read(simple.Value("construct a ClientHello", "ClientHello"), out ClientHelloView hello));
        Assert.Equal("server"u8.ToArray(), hello.ServerName.ToArray());
        Assert.Equal(9, hello.SupportedGroups.Count);
        Assert.True(hello.KeyShares.TryFind(NamedGroup.X25519, out ReadOnlySpan<byte> share));
        Assert.Equal(simple.Value("create an ephemeral x25519 key pair", "public key", "client"), share.ToArray());
        Assert.True(hello.CipherSuites.Contains(0x1301) && hello.CipherSuites.Contains(0x1303) && hello.CipherSuites.Contains(0x1302));
        Assert.Equal(TlsAlert.MissingExtension, TransportError.AlertOf((ulong)ClientHelloRules.Check(hello)!.Code)); // no QUIC in it

        Assert.Null(ServerHelloReader.Read(simple.Value("construct a ServerHello", "ServerHello"), hello.Present, out ServerHelloView answer));
        Assert.False(answer.IsHelloRetryRequest);
        Assert.Equal(NamedGroup.X25519, answer.Group);
        Assert.Equal(simple.Value("create an ephemeral x25519 key pair", "public key", "server"), answer.PublicKey.ToArray());
        Assert.Null(EncryptedExtensionsReader.Read(simple.Value("construct an EncryptedExtensions", "EncryptedExtensions"), hello.Present, out _));

        Rfc8448Trace retried = Rfc8448Trace.Section("5");
        Assert.Null(ServerHelloReader.Read(retried.Value("construct a ServerHello", "ServerHello"), hello.Present, out ServerHelloView retry));
        Assert.True(retry.IsHelloRetryRequest);
        Assert.Equal(NamedGroup.Secp256r1, retry.Group);
        Assert.False(retry.Cookie.IsEmpty);

        Rfc8448Trace authenticated = Rfc8448Trace.Section("6");
        Assert.Null(CertificateRequestReader.Read(authenticated.Value("construct a CertificateRequest", "CertificateRequest"), out UInt16List schemes));
        Assert.True(schemes.Contains((ushort)SignatureScheme.RsaPssRsaeSha256));

        // RFC 9001 §4.6.1: this ticket is of TLS over TCP, and limits early data in bytes.
        byte[] ticket = simple.Value("construct a NewSessionTicket", "NewSessionTicket");
        Assert.Equal(TransportErrorCode.ProtocolViolation, NewSessionTicketReader.Check(ticket)?.Code);
    }

    private static void AppendUpToFinished(
        HandshakeSecrets secrets, Queue<(EndpointRole Sender, byte[] Message)> messages, EndpointRole sender, byte[] verifyData)
    {
        while (true)
        {
            (EndpointRole from, byte[] message) = messages.Dequeue();
            Assert.Equal(sender, from);
            if (message[0] == (byte)HandshakeType.Finished)
            {
                Assert.Equal(verifyData, secrets.FinishedVerifyData(sender, new byte[48]).ToArray());
                Assert.Equal(verifyData, message[4..]);
                secrets.Append(message);
                return;
            }

            secrets.Append(message);
        }
    }

    private static void AssertNext(HandshakeSecrets secrets, EncryptionLevel level, SecretDirection direction, byte[] expected)
    {
        Assert.True(secrets.TryTake(out TrafficSecret secret));
        Assert.Equal(level, secret.Level);
        Assert.Equal(direction, secret.Direction);
        Assert.Equal(expected, secret.Bytes);
    }

    private static byte[] SignedContent(EndpointRole signer, ReadOnlySpan<byte> transcriptHash)
    {
        byte[] content = new byte[CertificateVerifyMessage.MaxContentLength];
        return content[..CertificateVerifyMessage.WriteSignedContent(signer, transcriptHash, content)];
    }
}
