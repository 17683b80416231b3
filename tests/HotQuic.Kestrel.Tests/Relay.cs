using System.Net;
using System.Net.Sockets;

namespace HotQuic.Kestrel.Tests;

/// <summary>Stands between a client and its server, as a NAT does, and can let the client appear at another address: <see cref="Move"/>.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private const int LargestDatagram = 65_535;

    private readonly IPEndPoint _server;
    private readonly Socket _inside = Bind(IPAddress.Loopback);
    private readonly List<Socket> _outside = [];
    private readonly List<Task> _loops = [];
    private readonly CancellationTokenSource _ended = new();
    private EndPoint? _client;

    public Relay(IPEndPoint server)
    {
        _server = server;
        Move(IPAddress.Loopback);
        _loops.Add(SendAsync());
    }

    /// <summary>Where the client finds its server.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_inside.LocalEndPoint!;

    /// <summary>Where the server sees its client.</summary>
    public IPEndPoint Seen => (IPEndPoint)_outside[^1].LocalEndPoint!;

    /// <summary>From now on the server sees the client at another address.</summary>
    public void Move(IPAddress address)
    {
        Socket socket = Bind(address);
        _outside.Add(socket);
        _loops.Add(ReceiveAsync(socket));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        foreach (Task loop in _loops)
        {
            await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _inside.Dispose();
        _outside.ForEach(socket => socket.Dispose());
        _ended.Dispose();
    }

    private static Socket Bind(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private async Task SendAsync()
    {
        byte[] buffer = new byte[LargestDatagram];
        while (true)
        {
            SocketReceiveFromResult result = await _inside.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _ended.Token);
            _client = result.RemoteEndPoint;
            await _outside[^1].SendToAsync(buffer.AsMemory(0, result.ReceivedBytes), _server, _ended.Token);
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[LargestDatagram];
        while (true)
        {
            SocketReceiveFromResult result = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _ended.Token);
            await _inside.SendToAsync(buffer.AsMemory(0, result.ReceivedBytes), _client!, _ended.Token);
        }
    }
}
