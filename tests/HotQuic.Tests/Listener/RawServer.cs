using System.Net;
using System.Net.Sockets;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;
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
        using var patience = new CancellationTokenSource(Engine.Pair.Patience);
        SocketReceiveFromResult result = await _socket.ReceiveFromAsync(_buffer, new IPEndPoint(IPAddress.Any, 0), patience.Token);
        Instant at = default;
        Connection connection = _endpoint.OnDatagram(
            new ReceivedDatagram
            {
                Bytes = _buffer.AsSpan(0, result.ReceivedBytes),
                Remote = PathAddress.From((IPEndPoint)result.RemoteEndPoint),
                Local = PathAddress.From(EndPoint),
                At = at,
                Ecn = EcnCodepoint.NotEct,
            },
            new byte[2048]).Connection!;
        connection.CloseByTransport(new TransportError(code, 0, ""), at);
        Train train = connection.Transmit(at, _buffer);
        _socket.SendTo(_buffer.AsSpan(0, train.Length), result.RemoteEndPoint);
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
