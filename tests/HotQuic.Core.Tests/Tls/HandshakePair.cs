using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>A client and a server in memory. Messages pass from one to the other whole, in pieces, or changed on the way.</summary>
internal sealed class HandshakePair : IDisposable
{
    public HandshakePair(TlsClientConfiguration? client = null, TlsServerConfiguration? server = null, int seed = 1)
    {
        var clientRandom = new SeededRandom(seed);
        var serverRandom = new SeededRandom(seed + 1_000_000);
        Client = new HandshakeSide(new TlsClientHandshake(client ?? ClientDefaults, new SystemKeyShareFactory(clientRandom), clientRandom));
        Server = new HandshakeSide(new TlsServerHandshake(new SystemKeyShareFactory(serverRandom), serverRandom))
        {
            Configuration = server ?? ServerDefaults,
        };
    }

    public static TlsClientConfiguration ClientDefaults { get; } = new() { ServerName = "localhost", ApplicationProtocols = Protocols("h3") };

    public static TlsServerConfiguration ServerDefaults { get; } = new()
    {
        Credential = TestCredentials.EcdsaP256,
        ApplicationProtocols = Protocols("h3"),
    };

    public HandshakeSide Client { get; init; }

    public HandshakeSide Server { get; init; }

    /// <summary>Largest piece that a side is given at once.</summary>
    public int PieceLength { get; set; } = int.MaxValue;

    /// <summary>Changes a message on its way; null loses it, and all behind it stand still.</summary>
    public Func<EndpointRole, HandshakeType, byte[], byte[]?> OnTheWay { get; set; } = (_, _, message) => message;

    /// <summary>Messages that passed, in order.</summary>
    public List<(EndpointRole Sender, HandshakeType Type)> Passed { get; } = [];

    public static System.Collections.Immutable.ImmutableArray<ReadOnlyMemory<byte>> Protocols(params string[] names) =>
        [.. names.Select(name => (ReadOnlyMemory<byte>)System.Text.Encoding.ASCII.GetBytes(name))];

    /// <summary>Runs until nothing moves any more.</summary>
    public HandshakePair Run()
    {
        Client.Start();
        Continue();
        return this;
    }

    public void Continue()
    {
        bool moves = true;
        while (moves)
        {
            moves = Pass(EndpointRole.Client, Client, Server);
            moves |= Pass(EndpointRole.Server, Server, Client);
        }
    }

    public void AssertComplete()
    {
        Assert.Null(Client.Error);
        Assert.Null(Server.Error);
        Assert.True(Client.Handshake.IsComplete);
        Assert.True(Server.Handshake.IsComplete);
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private bool Pass(EndpointRole role, HandshakeSide sender, HandshakeSide receiver)
    {
        bool moves = false;
        while (sender.Error is null && receiver.Error is null && sender.Output.TryDequeue(out (EncryptionLevel Level, byte[] Message) item))
        {
            moves = true;
            var type = (HandshakeType)item.Message[0];
            Passed.Add((role, type));
            byte[]? message = OnTheWay(role, type, item.Message);
            if (message is null)
            {
                sender.Output.Clear();
                return false;
            }

            for (int start = 0; start < message.Length && receiver.Error is null; start += Math.Min(PieceLength, message.Length - start))
            {
                int length = Math.Min(PieceLength, message.Length - start);
                TransportError? error = receiver.Receive(item.Level, message.AsSpan(start, length));
                Assert.Equal(receiver.Error, error);
            }
        }

        return moves;
    }
}
