using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Testing;

namespace HotQuic.Tests.Listener;

/// <summary>A client that a test drives by hand: a plain socket, and the protocol without an engine. It sees every datagram.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly Endpoint _endpoint;
    private readonly byte[] _buffer = new byte[65507];
    private Connection? _connection;
    private Instant _now;

    public RawClient(AddressFamily family = AddressFamily.InterNetwork, ulong seed = 1)
    {
        _socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        var random = new SeededRandom(seed ^ (ulong)((IPEndPoint)_socket.LocalEndPoint!).Port);
        var options = new EndpointOptions { TokenSecret = new byte[32], ResetSecret = new byte[32] };
        _endpoint = new Endpoint(options, random, new SystemKeyShareFactory(random), admission: null);
    }

    /// <summary>Datagrams that wait to be looked at.</summary>
    public bool HasReceived => _socket.Available > 0;

    public Connection Connection => _connection!;

    /// <summary>A first Initial of version that nobody speaks, to be answered with Version Negotiation.</summary>
    public static byte[] UnknownVersion(byte id = 1)
    {
        byte[] bytes = new byte[1200];
        bytes[0] = 0xc0;
        bytes[1] = 0x1a;
        bytes[2] = 0x2a;
        bytes[3] = 0x3a;
        bytes[4] = 0x4a;
        bytes[5] = 8;
        bytes.AsSpan(6, 8).Fill(id);
        return bytes;
    }

    /// <summary>A packet of a connection that nobody remembers, to be answered with a reset.</summary>
    public static byte[] Orphan(byte id = 1)
    {
        byte[] bytes = new byte[100];
        bytes.AsSpan().Fill(id);
        bytes[0] = 0x41;
        return bytes;
    }

    /// <summary>The datagrams that a connection begins with; a long list of protocols takes several.</summary>
    public byte[][] FirstFlight(IPEndPoint to, params string[] protocols)
    {
        ImmutableArray<ReadOnlyMemory<byte>> names = [.. protocols.Select(name => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(name))];
        _connection = _endpoint.Connect(
            new ClientStart { Settings = ConnectionSettings.Default, At = _now, Remote = PathAddress.From(to), Local = default },
            new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = names });
        return Transmit();
    }

    /// <summary>The same with a ClientHello that is whole but has no ALPN extension: its type was made one that nobody knows.</summary>
    public byte[] FirstInitialWithoutProtocols(IPEndPoint to)
    {
        FirstFlight(to, "test");
        var random = new SeededRandom(3);
        var tls = new TlsClientHandshake(
            new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = ["test"u8.ToArray()] }, new SystemKeyShareFactory(random), random);
        byte[] parameters = new byte[Connection.LocalTransportParameters!.Length];
        Connection.LocalTransportParameters.Write(parameters);
        tls.Start(parameters);
        Assert.True(tls.TryTakeOutput(out _, out ReadOnlyMemory<byte> output));
        byte[] hello = output.ToArray();
        hello[hello.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 16, 0, 7, 0, 5, 4]) + 1] = 0x7a;
        var forge = new PacketForge(new SimulatedNetwork(1), Connection, Connection.Attempt.OriginalDestinationId);
        return forge.Packet(EncryptionLevel.Initial, PacketForge.Crypto(0, hello), new Forgery { PadTo = 1200 });
    }

    /// <summary>Closes the connection with a code of the transport.</summary>
    public void Close(TransportErrorCode code) => Connection.CloseByTransport(new TransportError(code, 0, ""), _now);

    /// <summary>What the connection has to send now.</summary>
    public byte[][] Transmit()
    {
        var datagrams = new List<byte[]>();
        while (true)
        {
            Train train = _connection!.Transmit(_now, _buffer);
            if (train.IsEmpty)
            {
                return [.. datagrams];
            }

            for (int start = 0; start < train.Length; start += train.SegmentSize)
            {
                datagrams.Add(_buffer.AsSpan(start, Math.Min(train.SegmentSize, train.Length - start)).ToArray());
            }
        }
    }

    public void Send(IPEndPoint to, params byte[][] datagrams)
    {
        foreach (byte[] datagram in datagrams)
        {
            _socket.SendTo(datagram, to);
        }
    }

    /// <summary>The next datagram that comes, and where from.</summary>
    public async Task<(byte[] Bytes, IPEndPoint From)> ReceiveAsync()
    {
        var any = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        byte[] buffer = new byte[2048];
        using var patience = new CancellationTokenSource(Engine.Pair.Patience);
        SocketReceiveFromResult result = await _socket.ReceiveFromAsync(buffer, any, patience.Token);
        return (buffer[..result.ReceivedBytes], (IPEndPoint)result.RemoteEndPoint);
    }

    /// <summary>Gives the connection the next datagram that comes.</summary>
    public async Task ReceiveIntoConnectionAsync()
    {
        (byte[] bytes, IPEndPoint from) = await ReceiveAsync();
        _now += TimeSpan.FromMilliseconds(1);
        _endpoint.OnDatagram(
            new ReceivedDatagram { Bytes = bytes, Remote = PathAddress.From(from), Local = default, At = _now, Ecn = EcnCodepoint.NotEct }, new byte[2048]);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _endpoint.Dispose();
    }
}
