using System.Net;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Tls.Messages;
using HotQuic.Shards;
using HotQuic.Udp;

namespace HotQuic.Ports;

/// <summary>
/// An address and port that listeners share: one socket a shard, and the listeners in the order of their registration. Shards read the
/// listeners without a lock; <see cref="PortTable"/> changes them. It closes when the last listener has gone and no connection uses it.
/// </summary>
internal sealed class ListeningPort
{
    /// <summary>Connections of one port, handshakes included, that are beyond what an honest rush of clients brings: from then on addresses are checked.</summary>
    private const int HandshakesBeforeRetry = 2000;

    private readonly PortTable _table;
    private readonly Shard[] _shards;
    private readonly ShardSocket[] _sockets;
    private volatile ListenerEntry[] _listeners = [];
    private int _connections;
    private int _handshakes;

    public ListeningPort(PortTable table, UdpSocket[] sockets, ReadOnlySpan<Shard> shards)
    {
        _table = table;
        _shards = shards[..sockets.Length].ToArray();
        _sockets = [.. sockets.Select(socket => new ShardSocket(socket, this))];
        LocalEndPoint = sockets[0].LocalEndPoint;
    }

    /// <summary>Where the sockets are bound, with the real port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    public ListenerEntry[] Listeners
    {
        get => _listeners;
        set => _listeners = value;
    }

    public bool IsInUse => _listeners.Length > 0 || Volatile.Read(ref _connections) > 0;

    /// <summary>Hands each shard its socket.</summary>
    public Task OpenAsync() => Task.WhenAll(_shards.Select((shard, i) => shard.RunAsync(target => target.AddSocket(_sockets[i]))));

    public Task CloseAsync() => Task.WhenAll(_shards.Select((shard, i) => shard.RunAsync(target => target.RemoveSocket(_sockets[i]))));

    /// <summary>On a shard: what to do with a stranger.</summary>
    public AdmissionVerdict Decide(in AdmissionRequest request)
    {
        ListenerEntry[] listeners = _listeners;
        if (listeners.Length == 0)
        {
            return AdmissionVerdict.Drop;
        }

        bool isCrowded = Volatile.Read(ref _handshakes) > HandshakesBeforeRetry;
        foreach (ListenerEntry listener in listeners)
        {
            QuicRetryMode mode = listener.Options.RetryMode;
            bool isWanted = mode == QuicRetryMode.Always || (mode == QuicRetryMode.Automatic && (isCrowded || listener.IsCrowded));
            if (isWanted && !request.IsAddressValidated)
            {
                return AdmissionVerdict.Retry;
            }
        }

        return AdmissionVerdict.Accept;
    }

    /// <summary>On a shard: the first listener that takes any of the client's protocols.</summary>
    public ListenerEntry? Select(in ApplicationProtocolList offered)
    {
        foreach (ListenerEntry listener in _listeners)
        {
            if (listener.Takes(offered))
            {
                return listener;
            }
        }

        return null;
    }

    public void OnConnectionCame()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _handshakes);
    }

    public void OnHandshakeOver() => Interlocked.Decrement(ref _handshakes);

    public void OnConnectionGone()
    {
        if (Interlocked.Decrement(ref _connections) == 0 && _listeners.Length == 0)
        {
            // Closing waits for shards, of which this is one.
            ThreadPool.UnsafeQueueUserWorkItem(static port => _ = port._table.CloseUnusedAsync(port), this, preferLocal: false);
        }
    }
}
