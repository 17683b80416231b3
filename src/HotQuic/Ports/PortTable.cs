using System.Net;
using System.Net.Sockets;
using HotQuic.Options;
using HotQuic.Udp;

namespace HotQuic.Ports;

/// <summary>The ports that listeners of this process hold. Listening and stopping are rare, so one at a time.</summary>
internal sealed class PortTable(QuicEngine engine) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<IPEndPoint, ListeningPort> _ports = [];

    /// <summary>Where datagrams say which shard they are for: the first byte of the destination connection ID of either header form.</summary>
    private static ShardSteering Steering => new(LongHeaderOffset: 6, ShortHeaderOffset: 1);

    /// <summary>Ports that are open, those that only connections still use included.</summary>
    public int Count => _ports.Count;

    public void Dispose() => _turn.Dispose();

    /// <summary>Adds a listener to its port, which is opened if it is not yet.</summary>
    /// <exception cref="QuicException">A listener of this process takes one of the protocols there (<see cref="QuicError.AlpnInUse"/>).</exception>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public async Task<ListeningPort> AddAsync(ListenerEntry entry, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            IPEndPoint wanted = entry.Options.ListenEndPoint;
            if (wanted.Port == 0 || !_ports.TryGetValue(wanted, out ListeningPort? port))
            {
                port = await OpenAsync(entry.Options).ConfigureAwait(false);
                _ports.Add(port.LocalEndPoint, port);
            }

            foreach (ListenerEntry other in port.Listeners)
            {
                if (other.Overlaps(entry.Options))
                {
                    throw new QuicException(
                        QuicError.AlpnInUse, applicationErrorCode: null, $"A listener on {wanted} takes one of the application protocols already.");
                }
            }

            port.Listeners = [.. port.Listeners, entry];
            return port;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task RemoveAsync(ListeningPort port, ListenerEntry entry)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            port.Listeners = [.. port.Listeners.Where(listener => listener != entry)];
        }
        finally
        {
            _turn.Release();
        }

        await CloseUnusedAsync(port).ConfigureAwait(false);
    }

    /// <summary>Closes a port that nobody uses any more.</summary>
    public async Task CloseUnusedAsync(ListeningPort port)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!port.IsInUse && _ports.Remove(port.LocalEndPoint))
            {
                await port.CloseAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<ListeningPort> OpenAsync(QuicListenerOptions options)
    {
        var udp = new UdpSocketOptions { LocalEndPoint = options.ListenEndPoint, Io = ConnectionSettingsMapping.ToUdp(options.IoMode) };
        UdpSocket[] sockets = UdpSocket.BindShards(udp, engine.Shards.Length, Steering);
        var port = new ListeningPort(this, sockets, engine.Shards);
        await port.OpenAsync().ConfigureAwait(false);
        return port;
    }
}
