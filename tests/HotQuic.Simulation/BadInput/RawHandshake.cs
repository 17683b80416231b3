using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Secrets;
using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Simulation.BadInput;

/// <summary>
/// A peer made of TLS and packet keys alone, with no connection that would keep it from lying: its transport parameters and its
/// handshake bytes are whatever the test gives.
/// </summary>
internal static class RawHandshake
{
    public static readonly ConnectionId ClientDestination = new([1, 2, 3, 4, 5, 6, 7, 8]);
    public static readonly ConnectionId ClientSource = new([11, 12, 13, 14]);
    public static readonly ConnectionId ServerSource = new([21, 22, 23, 24]);

    /// <summary>The message of a client that declares these parameters.</summary>
    public static byte[] ClientHello(ReadOnlySpan<byte> parameters)
    {
        var random = new SeededRandom(3);
        using var tls = new TlsClientHandshake(TestTls.Client(), new SystemKeyShareFactory(random), random);
        tls.Start(parameters);
        Assert.True(tls.TryTakeOutput(out _, out ReadOnlyMemory<byte> hello));
        return hello.ToArray();
    }

    /// <summary>What every client has to declare, before what the test adds.</summary>
    public static byte[] ClientParameters(params byte[] further)
    {
        var parameters = new TransportParameters { InitialSourceConnectionId = ClientSource };
        return [.. Encode(parameters), .. further];
    }

    public static byte[] ServerParameters(Connection client, params byte[] further)
    {
        var parameters = new TransportParameters
        {
            InitialSourceConnectionId = ServerSource,
            OriginalDestinationConnectionId = client.Attempt.OriginalDestinationId,
        };
        return [.. Encode(parameters), .. further];
    }

    public static byte[] Encode(TransportParameters parameters)
    {
        byte[] bytes = new byte[parameters.Length];
        parameters.Write(bytes);
        return bytes;
    }

    public static byte[] Parameter(TransportParameterId id, params byte[] value) => [.. RawPacket.Frame((ulong)id, (ulong)value.Length), .. value];

    public static byte[] Integer(TransportParameterId id, ulong value) => Parameter(id, RawPacket.Frame(value));

    /// <summary>Sends a server the handshake bytes as the first of a new client.</summary>
    public static Connection SendToServer(Arena arena, ReadOnlySpan<byte> handshake)
    {
        arena.Deliver(RawPacket.FirstInitial(ClientDestination, ClientSource, RawPacket.Crypto(0, handshake)));
        return Assert.Single(arena.Server.Connections);
    }

    /// <summary>A client whose first datagram nobody got, so that the answer is the test's to make.</summary>
    public static Connection StartClient(Arena arena)
    {
        arena.Network.Filter = _ => false;
        return arena.Client.Connect(arena.Server);
    }

    /// <summary>Sends a client these handshake bytes in an Initial packet.</summary>
    public static void SendToClient(Arena arena, Connection client, ReadOnlySpan<byte> handshake)
    {
        InitialKeys.Derive(client.Version, client.Attempt.OriginalDestinationId, EndpointRole.Server, out PacketKeys send, out PacketKeys receive);
        receive.Discard();
        arena.Deliver(RawPacket.Seal(send, new RawHeader(PacketType.Initial, client.LocalHandshakeId, ServerSource) { DatagramSize = 1200 }, RawPacket.Crypto(0, handshake)));
    }

    /// <summary>Answers a client with a whole flight, honest but for the parameters and what <paramref name="alter"/> makes of its Handshake bytes.</summary>
    public static void Answer(Arena arena, Connection client, ReadOnlySpan<byte> clientHello, ReadOnlySpan<byte> parameters, Func<byte[], byte[]>? alter = null)
    {
        var random = new SeededRandom(4);
        using var tls = new TlsServerHandshake(new SystemKeyShareFactory(random), random);
        TransportError? error = tls.Receive(EncryptionLevel.Initial, clientHello)
            ?? tls.ProvideConfiguration(TestTls.Server(certificateBytes: 100), parameters)
            ?? tls.ProvideSignature(TestTls.Sign(tls.SignatureRequest));
        Assert.Null(error);
        var flight = new List<byte>();
        while (tls.TryTakeOutput(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes))
        {
            if (level == EncryptionLevel.Initial)
            {
                SendToClient(arena, client, bytes.Span);
            }
            else
            {
                flight.AddRange(bytes.Span);
            }
        }

        while (tls.TryTakeSecret(out TrafficSecret secret))
        {
            if (secret is { Level: EncryptionLevel.Handshake, Direction: SecretDirection.Send })
            {
                PacketKeys keys = PacketKeys.Derive(client.Version, secret.Suite, secret.Bytes, CipherBackend.Auto);
                byte[] handshake = alter?.Invoke([.. flight]) ?? [.. flight];
                arena.Deliver(RawPacket.Seal(keys, new RawHeader(PacketType.Handshake, client.LocalHandshakeId, ServerSource), RawPacket.Crypto(0, handshake)));
            }
        }
    }

    /// <summary>The ClientHello in a client's first datagram.</summary>
    public static byte[] ClientHelloOf(Connection client, ReadOnlySpan<byte> datagram)
    {
        InitialKeys.Derive(client.Version, client.Attempt.OriginalDestinationId, EndpointRole.Server, out _, out PacketKeys receive);
        byte[] bytes = datagram.ToArray();
        Assert.Equal(Core.Errors.DropReason.None, ProtectedPacket.TryRead(bytes, 8, out ProtectedPacket packet));
        Assert.True(PacketProtector.TryUnprotect(receive.HeaderProtection, bytes, packet.PacketNumberOffset, out UnprotectedHeader header));
        int start = packet.PacketNumberOffset + header.PacketNumberLength;
        Assert.True(receive.Aead.TryOpen(new PacketNumber(header.TruncatedPacketNumber), bytes.AsSpan(0, start), bytes.AsSpan(start..packet.Length)));
        var reader = new WireReader(bytes.AsSpan(start..(packet.Length - PacketAead.TagLength)));
        Assert.True(FrameRules.TryReadFrameType(ref reader, out ulong type, out _));
        Assert.Equal((ulong)FrameType.Crypto, type);
        Assert.True(CryptoFrame.TryRead(ref reader, out CryptoFrame crypto));
        return crypto.Data.ToArray();
    }
}
