using System.Net;
using System.Net.Sockets;

namespace HotQuic.Tests.Engine;

/// <summary>
/// A connection whose datagrams go through a relay, as through a NAT: the server sees the relay's address, which <see cref="Rebind"/>
/// changes, and the relay drops what it is told to.
/// </summary>
internal sealed class UdpRelay : IAsyncDisposable
{
    private readonly Socket _inside = NewSocket(IPAddress.Loopback);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _pumps = [];
    private readonly List<Socket> _outsides = [];
    private QuicListener _listener = null!;
    private volatile Socket _outside = null!;
    private volatile IPEndPoint? _client;

    private UdpRelay()
    {
    }

    public QuicConnection Client { get; private set; } = null!;

    public QuicConnection Server { get; private set; } = null!;

    /// <summary>Says of which lengths datagrams to the server are dropped.</summary>
    public Func<int, bool> Drops { get; set; } = static _ => false;

    /// <summary>The client's address as the server sees it.</summary>
    public IPEndPoint Address => (IPEndPoint)_outside.LocalEndPoint!;

    /// <param name="client">Changes the client's options.</param>
    /// <param name="server">Changes the server's, where no listener is given.</param>
    /// <param name="listen">Starts the listener, which the relay disposes of; null for a common one.</param>
    public static async Task<UdpRelay> ConnectAsync(
        Action<QuicClientConnectionOptions>? client = null, Action<QuicServerConnectionOptions>? server = null, Func<ValueTask<QuicListener>>? listen = null)
    {
        var relay = new UdpRelay();
        relay.Rebind();
        relay._listener = await (listen?.Invoke() ?? QuicListener.ListenAsync(Pair.ListenerOptions(change: server)));
        relay._pumps.Add(relay.PumpToServerAsync());
        Task<QuicConnection> accepting = relay._listener.AcceptConnectionAsync().AsTask();
        relay.Client = await QuicConnection.ConnectAsync(
            Pair.ClientOptions((IPEndPoint)relay._inside.LocalEndPoint!, change: client)).AsTask().WaitAsync(Pair.Patience);
        relay.Server = await accepting.WaitAsync(Pair.Patience);
        return relay;
    }

    /// <summary>The server sees another address from now on; nothing that it sends to the old one is passed on.</summary>
    /// <param name="address">The address; 127.0.0.1, with another port, where none is given.</param>
    public void Rebind(IPAddress? address = null)
    {
        Socket outside = NewSocket(address ?? IPAddress.Loopback);
        _outsides.Add(outside);
        _outside = outside;
        _pumps.Add(PumpToClientAsync(outside));
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await _listener.DisposeAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_pumps);
        _inside.Dispose();
        foreach (Socket outside in _outsides)
        {
            outside.Dispose();
        }

        _stop.Dispose();
    }

    private static Socket NewSocket(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 21, SendBufferSize = 1 << 21 };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private async Task PumpToServerAsync()
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (true)
            {
                SocketReceiveFromResult result = await _inside.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                _client = (IPEndPoint)result.RemoteEndPoint;
                if (Drops(result.ReceivedBytes))
                {
                    continue;
                }

                await _outside.SendToAsync(buffer.AsMemory(0, result.ReceivedBytes), _listener.LocalEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task PumpToClientAsync(Socket outside)
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (true)
            {
                SocketReceiveFromResult result = await outside.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                if (outside == _outside)
                {
                    await _inside.SendToAsync(buffer.AsMemory(0, result.ReceivedBytes), _client!, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
