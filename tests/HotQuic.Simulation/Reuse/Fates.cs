using System.Text;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Simulation.Reuse;

/// <summary>Everything that can become of a connection, each as a run that leaves its objects behind in a world.</summary>
internal static class Fates
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Dictionary<string, Action<SimulatedWorld>> All { get; } = new()
    {
        ["closed by the client"] = world => Connected(world).Close(7, "enough", world.Network.Now),
        ["closed by the server"] = world => ServerOf(world).Close(8, "enough", world.Network.Now),
        ["closed for a fault"] = world => ServerOf(world).CloseByTransport(new TransportError(TransportErrorCode.InternalError, 0, "A fault."), world.Network.Now),
        ["closed before the handshake"] = world => Started(world).Close(9, "never mind", world.Network.Now),
        ["idle for too long"] = world => Connected(world),
        ["woken from its rest"] = Woken,
        ["handshake never answered"] = Unanswered,
        ["unreachable"] = world => Started(world).OnUnreachable(world.Network.Now),
        ["no protocol in common"] = NoProtocol,
        ["refused"] = world => Admitted(world, AdmissionVerdict.Refuse),
        ["dropped"] = world => Admitted(world, AdmissionVerdict.Drop),
        ["sent through Retry"] = world => Admitted(world, AdmissionVerdict.Retry),
        ["sent through HelloRetryRequest"] = HelloRetry,
        ["of no version in common"] = world => world.Client.Connect(world.Server, version: (QuicVersion)0x1a2a3a4a),
        ["reset without state"] = StatelessReset,
        ["not authentic at first"] = Corrupted,
        ["with keys updated"] = KeyUpdates,
        ["with AES-256"] = world => Suite(world, CipherSuite.Aes256GcmSha384),
        ["with ChaCha20"] = world => Suite(world, CipherSuite.ChaCha20Poly1305Sha256),
        ["with datagrams left"] = Datagrams,
        ["with streams left"] = Streams,
        ["with a client's certificate"] = ClientCertificate,
        ["with its path in question"] = PathInQuestion,
        ["with a token offered"] = Token,
    };

    private static Connection Started(SimulatedWorld world) => world.Client.Connect(world.Server);

    private static Connection Connected(SimulatedWorld world, TlsClientConfiguration? tls = null)
    {
        Connection connection = world.Client.Connect(world.Server, tls);
        if (!world.Network.RunUntil(() => connection.Handshake.IsConfirmed, Limit))
        {
            throw new InvalidOperationException("The handshake did not complete.");
        }

        return connection;
    }

    private static void Woken(SimulatedWorld world)
    {
        Connection client = Connected(world);
        world.Network.RunFor(TimeSpan.FromSeconds(10));
        client.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id);
        client.Streams.Write(id, new byte[3000], out _);
        world.Client.Turn(client);
        world.Network.RunFor(TimeSpan.FromSeconds(1));
    }

    private static Connection ServerOf(SimulatedWorld world)
    {
        Connected(world);
        return world.Server.Connections[0];
    }

    private static void Unanswered(SimulatedWorld world)
    {
        world.Server.Unanswered.Add(ConnectionEventKind.NeedSignature);
        Started(world);
        world.Network.RunFor(Limit);
    }

    private static void NoProtocol(SimulatedWorld world)
    {
        world.Client.Connect(world.Server, new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = [Encoding.ASCII.GetBytes("else")] });
        world.Network.RunFor(Limit);
    }

    private static void Admitted(SimulatedWorld world, AdmissionVerdict verdict)
    {
        world.Server.Admission = verdict;
        Started(world);
        world.Network.RunFor(Limit);
    }

    private static void HelloRetry(SimulatedWorld world)
    {
        world.Server.ServerTls = new TlsServerConfiguration
        {
            Credential = TestTls.Credential(),
            ApplicationProtocols = TestTls.Protocols,
            Groups = [NamedGroup.Secp256r1],
        };
        Connected(world);
    }

    private static void StatelessReset(SimulatedWorld world)
    {
        Connected(world);
        byte[] reset = new byte[60];
        Core.Packets.StatelessReset.Write(reset, world.Server.Connections[0].LocalResetToken, world.Server.Random);
        world.Client.OnDatagram(new SimulatedDatagram(world.Server.Address, world.Client.Address, reset, EcnCodepoint.NotEct));
    }

    private static void Corrupted(SimulatedWorld world)
    {
        bool isFirst = true;
        world.Network.Filter = datagram =>
        {
            datagram.Bytes[^1] ^= (byte)(isFirst ? 1 : 0);
            isFirst = false;
            return true;
        };
        Connected(world);
    }

    private static void KeyUpdates(SimulatedWorld world)
    {
        Connection connection = Connected(world);
        for (int i = 0; i < 5; i++)
        {
            connection.TryUpdateKeys(world.Network.Now);
            _ = connection.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id);
            connection.Streams.Write(id, new byte[3000], out _);
            world.Client.Turn(connection);
            world.Network.RunFor(TimeSpan.FromSeconds(2));
        }

        // The last one is under way when the connection ends.
        connection.TryUpdateKeys(world.Network.Now);
        connection.Close(0, string.Empty, world.Network.Now);
    }

    private static void Suite(SimulatedWorld world, CipherSuite suite)
    {
        world.Server.ServerTls = TestTls.Server(suites: [suite]);
        Connected(world);
    }

    private static void Datagrams(SimulatedWorld world)
    {
        world.Client.Settings = world.Server.Settings = ConnectionSettings.Default with { Datagrams = new() { MaxFrameSize = 1200 } };
        Connection connection = Connected(world);
        for (int i = 0; i < 200; i++)
        {
            connection.Datagrams.TrySend(new byte[900], (ulong)i);
            if (i % 50 == 0)
            {
                world.Client.Turn(connection);
                world.Network.RunFor(TimeSpan.FromMilliseconds(100));
            }
        }

        connection.Close(0, string.Empty, world.Network.Now);
    }

    private static void Streams(SimulatedWorld world)
    {
        world.Network.Conditions[world.Server.Address] = new LinkConditions { LossPerThousand = 200, Jitter = TimeSpan.FromMilliseconds(30) };
        Connection connection = Connected(world);
        for (int i = 0; i < 30; i++)
        {
            _ = connection.Streams.TryOpen((StreamDirection)(i % 2), out StreamId id);
            connection.Streams.SetPriority(id, new StreamPriority((byte)(i % 8), i % 3 == 0));
            connection.Streams.Write(id, new byte[1000 * i], out _);
            if (i % 5 == 0)
            {
                connection.Streams.Reset(id, 5);
            }
            else if (i % 7 == 0)
            {
                connection.Streams.Finish(id);
            }
        }

        world.Client.Turn(connection);
        world.Network.RunFor(TimeSpan.FromMilliseconds(150));
        world.Server.Connections[0].Close(1, "unread", world.Network.Now);
        world.Server.Turn(world.Server.Connections[0]);
    }

    private static void ClientCertificate(SimulatedWorld world)
    {
        world.Server.ServerTls = new TlsServerConfiguration
        {
            Credential = TestTls.Credential(),
            ApplicationProtocols = TestTls.Protocols,
            ClientCertificateMode = ClientCertificateMode.Require,
        };
        Connected(world, new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = TestTls.Protocols, Credential = TestTls.Credential() });
    }

    private static void PathInQuestion(SimulatedWorld world)
    {
        Connection connection = Connected(world);
        connection.Validator.Start(world.Network.Now, connection.CurrentPto, connection.CurrentPto);
        connection.Validator.OnChallenge(new PathChallengeFrame(77));
        connection.Close(0, string.Empty, world.Network.Now);
    }

    private static void Token(SimulatedWorld world)
    {
        ServerOf(world).OfferToken(new byte[40]);
        world.Server.Turn(world.Server.Connections[0]);
        world.Network.RunFor(TimeSpan.FromSeconds(1));
        ServerOf(world).OfferToken(new byte[50]);
    }
}
