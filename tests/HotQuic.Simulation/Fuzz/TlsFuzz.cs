using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Testing;

namespace HotQuic.Simulation.Fuzz;

/// <summary>
/// TLS messages into handshakes of both roles, at every state: the first byte of an input says how far an honest handshake comes
/// before it, the second in what pieces the rest arrives.
/// </summary>
internal static class TlsFuzz
{
    private const int States = 7;

    /// <summary>Every message and every run of messages, at every state.</summary>
    public static IReadOnlyList<byte[]> Examples(Corpus corpus)
    {
        var examples = new List<byte[]>();
        for (byte state = 0; state < States; state++)
        {
            foreach (byte[] messages in corpus.Messages)
            {
                examples.Add([state, 0, .. messages]);
                foreach (byte[] message in Split(messages))
                {
                    examples.Add([state, (byte)(state * 3), .. message]);
                }
            }
        }

        return examples;
    }

    public static void Server(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        int state = input[0] % States;
        using TlsServerHandshake server = NewServer();
        var configuration = new TlsServerConfiguration
        {
            Credential = TestTls.Credential(100),
            ApplicationProtocols = TestTls.Protocols,
            Groups = state == 1 ? [NamedGroup.Secp256r1] : TlsClientConfiguration.DefaultGroups,
            ClientCertificateMode = state is 3 or 4 ? ClientCertificateMode.Require : ClientCertificateMode.None,
        };
        if (state > 0)
        {
            using TlsClientHandshake client = NewClient();
            Assert.Null(server.Receive(EncryptionLevel.Initial, Output(client)));
            if (state > 1 || input.Length % 2 == 0)
            {
                Assert.Null(Answer(server, configuration));
            }

            if (state == 6)
            {
                PassOn(server, client, messages: int.MaxValue);
                PassOn(client, server, messages: int.MaxValue);
                Assert.True(server.IsComplete);
            }
        }

        Feed(server, configuration, input);
    }

    public static void Client(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        int state = input[0] % States;
        using TlsServerHandshake server = NewServer();
        using TlsClientHandshake client = NewClient();
        byte[] hello = Output(client);
        if (state > 0)
        {
            Assert.Null(server.Receive(EncryptionLevel.Initial, hello));
            Assert.Null(Answer(server, TestTls.Server(100)));
            PassOn(server, client, messages: state == 6 ? int.MaxValue : state);
        }

        Feed(client, TestTls.Server(100), input);
    }

    private static void Feed(TlsHandshake handshake, TlsServerConfiguration configuration, ReadOnlySpan<byte> input)
    {
        int piece = input[1] == 0 ? int.MaxValue : input[1];
        ReadOnlySpan<byte> rest = input[2..];
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> next = rest[..Math.Min(piece, rest.Length)];
            rest = rest[next.Length..];
            TransportError? error = handshake.Receive(handshake.ReceiveLevel, next) ?? Answer(handshake, configuration);
            Drain(handshake);
            if (error is not null)
            {
                bool isDefined = TransportError.AlertOf((ulong)error.Code) is not null
                    || error.Code is TransportErrorCode.ProtocolViolation or TransportErrorCode.CryptoBufferExceeded;
                Assert.True(isDefined, error.ToString());
                Assert.Same(error, handshake.Receive(handshake.ReceiveLevel, next));
                return;
            }
        }
    }

    /// <summary>Answers what is asked until nothing is.</summary>
    private static TransportError? Answer(TlsHandshake handshake, TlsServerConfiguration configuration)
    {
        TransportError? error = null;
        while (error is null && handshake.Question != HandshakeQuestion.None)
        {
            error = handshake.Question switch
            {
                HandshakeQuestion.Configuration => ((TlsServerHandshake)handshake).ProvideConfiguration(configuration, [4, 5]),
                HandshakeQuestion.Signature => handshake.ProvideSignature(TestTls.Sign(handshake.SignatureRequest)),
                _ => handshake.ProvideCertificateVerdict(TestTls.Judge(handshake.VerdictRequest)),
            };
        }

        return error;
    }

    /// <summary>Gives so many messages of one side to the other.</summary>
    private static void PassOn(TlsHandshake from, TlsHandshake to, int messages)
    {
        while (from.TryTakeOutput(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes))
        {
            foreach (byte[] message in Split(bytes.ToArray()))
            {
                if (messages-- > 0)
                {
                    Assert.Null(to.Receive(level, message) ?? Answer(to, TestTls.Server(100)));
                }
            }
        }
    }

    private static byte[] Output(TlsHandshake handshake)
    {
        Assert.True(handshake.TryTakeOutput(out _, out ReadOnlyMemory<byte> bytes));
        return bytes.ToArray();
    }

    private static void Drain(TlsHandshake handshake)
    {
        while (handshake.TryTakeOutput(out _, out _))
        {
        }

        while (handshake.TryTakeSecret(out _))
        {
        }
    }

    private static IEnumerable<byte[]> Split(byte[] messages)
    {
        for (int start = 0; start + 4 <= messages.Length;)
        {
            int length = Math.Min(4 + (messages[start + 1] << 16 | messages[start + 2] << 8 | messages[start + 3]), messages.Length - start);
            yield return messages[start..(start + length)];
            start += length;
        }
    }

    private static TlsServerHandshake NewServer()
    {
        var random = new SeededRandom(4);
        return new TlsServerHandshake(new SystemKeyShareFactory(random), random);
    }

    private static TlsClientHandshake NewClient()
    {
        var random = new SeededRandom(3);
        var client = new TlsClientHandshake(TestTls.Client(), new SystemKeyShareFactory(random), random);
        client.Start([1, 2, 3]);
        return client;
    }
}
