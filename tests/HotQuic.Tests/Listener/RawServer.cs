using System.Net;
using System.Net.Sockets;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Testing;

namespace HotQuic.Tests.Listener;

/// <summary>A server that a test drives by hand: a plain socket, and the protocol without an engine.</summary>
internal sealed class RawServer : IAdmission, IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Endpoint _endpoint;
    private readonly byte[] _buffer = new byte[65507];

    public RawServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var random = new SeededRandom((ulong)EndPoint.Port);
        _endpoint = new Endpoint(new EndpointOptions { TokenSecret = new byte[32], ResetSecret = new byte[32] }, random, new SystemKeyShareFactory(random), this);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Takes the first datagram of a client, and answers it with a close of the transport.</summary>
    public async Task CloseFirstAsync(TransportErrorCode code)
    {
        (Connection connection, EndPoint client) = await TakeFirstAsync();
        connection.CloseByTransport(new TransportError(code, 0, ""), default);
        Send(connection, client);
    }

    /// <summary>
    /// Takes the first datagram of a client, and answers it with a whole flight of TLS, behind which there is more than can follow; all of it at one time,
    /// once the client is held up.
    /// </summary>
    public async Task AnswerFirstWithTooMuchAsync(Action holdUp)
    {
        (Connection connection, EndPoint client) = await TakeFirstAsync();
        holdUp();
        connection.ProvideConfiguration(TestTls.Server() with { ApplicationProtocols = ["test"u8.ToArray()] }, default);
        connection.ProvideSignature(TestTls.Sign(connection.Handshake.Tls.SignatureRequest), default);
        Send(connection, client);
        connection.Space(PacketNumberSpace.Handshake)!.Crypto.Write(new byte[1100]);
        Send(connection, client);
    }

    private async Task<(Connection Connection, EndPoint Client)> TakeFirstAsync()
    {
        using var patience = new CancellationTokenSource(Engine.Pair.Patience);
        SocketReceiveFromResult result = await _socket.ReceiveFromAsync(_buffer, new IPEndPoint(IPAddress.Any, 0), patience.Token);
        Connection connection = _endpoint.OnDatagram(
            new ReceivedDatagram
            {
                Bytes = _buffer.AsSpan(0, result.ReceivedBytes),
                Remote = PathAddress.From((IPEndPoint)result.RemoteEndPoint),
                Local = PathAddress.From(EndPoint),
                At = default,
                Ecn = EcnCodepoint.NotEct,
            },
            new byte[2048]).Connection!;
        return (connection, result.RemoteEndPoint);
    }

    private void Send(Connection connection, EndPoint client)
    {
        for (Train train = connection.Transmit(default, _buffer); !train.IsEmpty; train = connection.Transmit(default, _buffer))
        {
            _socket.SendTo(_buffer.AsSpan(0, train.Length), client);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _endpoint.Dispose();
    }

    DropReason IAdmission.CheckDestination(PathAddress local, PathAddress remote) => DropReason.None;

    bool IAdmission.IsSharedWith(int shard, bool mayBegin) => false;

    AdmissionVerdict IAdmission.Decide(in AdmissionRequest request) => AdmissionVerdict.Accept;

    ConnectionSettings IAdmission.SettingsFor(in AdmissionRequest request) => ConnectionSettings.Default;
}
