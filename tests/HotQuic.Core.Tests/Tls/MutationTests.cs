using System.Collections.Immutable;
using HotQuic.Core.Tls;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Random damage to every handshake message: an error or a handshake that stands still, never an exception, never a completion.</summary>
public sealed class MutationTests
{
    private const int Runs = 5000;

    [Theory]
    [InlineData(20260101)]
    [InlineData(20260102)]
    public void Tls02_DamagedMessagesNeverThrowAndNeverComplete(int firstSeed)
    {
        for (int seed = firstSeed; seed < firstSeed + Runs; seed++)
        {
            try
            {
                RunDamaged(new Random(seed));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}", exception);
            }
        }
    }

    private static void RunDamaged(Random random)
    {
        bool isRetried = random.Next(2) == 0;
        ImmutableArray<NamedGroup> groups = isRetried ? [NamedGroup.Secp256r1, NamedGroup.X25519] : [NamedGroup.X25519];
        TlsClientConfiguration client = new()
        {
            ServerName = "localhost",
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            Groups = groups,
            Credential = TestCredentials.EcdsaP256,
        };
        TlsServerConfiguration server = new()
        {
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            Credential = TestCredentials.EcdsaP256,
            Groups = [NamedGroup.X25519],
            ClientCertificateMode = (ClientCertificateMode)random.Next(3),
            HelloRetryCookie = random.Next(2) == 0 ? default : new byte[] { 1, 2, 3 },
        };

        // Neither shares nor signatures are real here, so that damage behind them is reached, and fast.
        var keyShares = new ToyKeyShareFactory();
        var bytes = new SeededRandom(1);
        using var pair = new HandshakePair(client, server)
        {
            Client = new HandshakeSide(new TlsClientHandshake(client, keyShares, bytes)) { Judge = _ => CertificateVerdict.Accepted, Sign = _ => [1] },
            Server = new HandshakeSide(new TlsServerHandshake(keyShares, bytes)) { Configuration = server, Judge = _ => CertificateVerdict.Accepted, Sign = _ => [1] },
            PieceLength = random.Next(3) == 0 ? random.Next(1, 40) : int.MaxValue,
        };
        int target = random.Next(0, 10);
        bool isDamaged = false;
        pair.OnTheWay = (_, _, message) =>
        {
            if (target-- != 0)
            {
                return message;
            }

            byte[] damaged = Damage(random, message);
            isDamaged = !damaged.AsSpan().SequenceEqual(message);
            return damaged;
        };

        pair.Run();

        Assert.True(!isDamaged || !(pair.Client.Handshake.IsComplete && pair.Server.Handshake.IsComplete));
    }

    private static byte[] Damage(Random random, byte[] message)
    {
        byte[] damaged = [.. message];
        switch (random.Next(5))
        {
            case 0: // a bit
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return damaged;
            case 1: // a few bytes, in the body
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                return damaged;
            case 2: // a shorter body with a right header
                return HelloModel.Message(message[0], message[4..random.Next(4, message.Length + 1)]);
            case 3: // bytes put in, with a right header
                int at = random.Next(4, message.Length + 1);
                byte[] added = new byte[random.Next(1, 9)];
                random.NextBytes(added);
                return HelloModel.Message(message[0], [.. message[4..at], .. added, .. message[at..]]);
            default: // a piece cut out, with a right header
                int start = random.Next(4, message.Length + 1);
                return HelloModel.Message(message[0], [.. message[4..start], .. message[random.Next(start, message.Length + 1)..]]);
        }
    }
}
