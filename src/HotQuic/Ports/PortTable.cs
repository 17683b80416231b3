using System.Net;
using System.Net.Sockets;
using HotQuic.Options;
using HotQuic.Udp;

namespace HotQuic.Ports;

/// <summary>
/// The ports that listeners of an engine hold, by number (L4). Whoever adds or removes a listener holds a lock meanwhile, and waits for
/// nobody: <see cref="Add"/> and <see cref="Remove"/> may be called on any thread, in callbacks on a shard too.
/// </summary>
internal sealed class PortTable(QuicEngine engine)
{
    /// <summary>How often a port that the system chose is not taken because it is ours already (L8).</summary>
    private const int MaxOwnPorts = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ListeningPort> _ports = [];
    private readonly PortTotals _closed = new();

    /// <summary>Where datagrams say which shard they are for: the first byte of the destination connection ID of either header form.</summary>
    private static ShardSteering Steering => new(LongHeaderOffset: 6, ShortHeaderOffset: 1);

    /// <summary>Ports that are open, those that only connections still use included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _ports.Count;
            }
        }
    }

    /// <summary>Sockets of all ports.</summary>
    public int SocketCount
    {
        get
        {
            lock (_gate)
            {
                return _ports.Values.Sum(port => port.SocketCount);
            }
        }
    }

    /// <summary>Binds sockets to a port. Tests put another in its place.</summary>
    internal Func<UdpSocketOptions, int, UdpSocket[]> Bind { get; set; } =
        static (options, shards) => UdpSocket.BindShards(options, shards, Steering);

    /// <summary>Adds bindings, all or none: none is seen before all can be had. Ports that are not open are opened.</summary>
    /// <exception cref="QuicException">A listener takes one of the protocols on the same address and port (<see cref="QuicError.AlpnInUse"/>).</exception>
    /// <exception cref="SocketException">An address or a port cannot be bound.</exception>
    public void Add(ReadOnlySpan<PortBinding> bindings)
    {
        lock (_gate)
        {
            var opened = new List<ListeningPort>();
            try
            {
                for (int i = 0; i < bindings.Length; i++)
                {
                    bindings[i].Port = Find(bindings[i], bindings[..i], opened);
                }
            }
            catch
            {
                Undo(bindings, opened);
                throw;
            }

            foreach (PortBinding binding in bindings)
            {
                binding.Port!.Bindings = binding.Port.Bindings.With(binding);
            }

            opened.ForEach(port => port.Attach());
        }
    }

    /// <summary>Removes bindings; the task ends when the ports that nobody uses any more are closed.</summary>
    public Task Remove(ReadOnlySpan<PortBinding> bindings)
    {
        lock (_gate)
        {
            var closing = new List<Task>();
            foreach (PortBinding binding in bindings)
            {
                ListeningPort port = binding.Port!;
                port.Bindings = port.Bindings.Without(binding);

                // A last connection that goes now looks at the bindings, and this at the connections: one of the two has to see the other.
                Interlocked.MemoryBarrier();
                if (!port.IsInUse)
                {
                    port.Detach();
                    closing.Add(port.Closing!);
                }
            }

            return Task.WhenAll(closing);
        }
    }

    /// <summary>On a shard: the last connection of a port that nobody listens on is gone.</summary>
    public void CloseIfUnused(ListeningPort port)
    {
        lock (_gate)
        {
            if (!port.IsInUse && _ports.ContainsValue(port))
            {
                port.Detach();
            }
        }
    }

    /// <summary>On a shard: it has let go of one of the port's sockets.</summary>
    public void OnDetached(ListeningPort port)
    {
        lock (_gate)
        {
            if (!port.OnDetached())
            {
                return;
            }

            bool isUsedAgain = port.IsInUse;
            if (!isUsedAgain)
            {
                _ports.Remove(port.Number);
                port.AddTo(_closed);
            }

            port.FinishLeaving(isUsedAgain);
        }
    }

    /// <summary>What was counted on all ports, closed ones included.</summary>
    public PortTotals ReadTotals()
    {
        var totals = new PortTotals();
        lock (_gate)
        {
            totals.Add(_closed);
            foreach (ListeningPort port in _ports.Values)
            {
                port.AddTo(totals);
            }
        }

        return totals;
    }

    private static void ThrowIfForeign(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(address, 0));
    }

    /// <summary>The port of a binding, which may have it together with those that are there and those that come with it.</summary>
    private ListeningPort Find(PortBinding binding, ReadOnlySpan<PortBinding> earlier, List<ListeningPort> opened)
    {
        if (binding.AskedPort == 0 || !_ports.TryGetValue(binding.AskedPort, out ListeningPort? port))
        {
            port = Open(binding);
            _ports.Add(port.Number, port);
            opened.Add(port);
        }

        ThrowIfTaken(binding, port, port.Bindings.Bindings);
        ThrowIfTaken(binding, port, earlier);
        CheckAddress(binding, port);
        if (port.Bindings.Bindings.IsEmpty)
        {
            port.ResetKey = binding.Entry.Settings.ResetKey;
        }

        return port;
    }

    private static void ThrowIfTaken(PortBinding binding, ListeningPort port, ReadOnlySpan<PortBinding> others)
    {
        foreach (PortBinding other in others)
        {
            if (other.Port == port && other.Conflicts(binding))
            {
                throw new QuicException(
                    QuicError.AlpnInUse,
                    applicationErrorCode: null,
                    $"A listener on {binding.LocalEndPoint} takes one of the application protocols already.");
            }
        }
    }

    private void Undo(ReadOnlySpan<PortBinding> bindings, List<ListeningPort> opened)
    {
        foreach (PortBinding binding in bindings)
        {
            binding.Port = null;
        }

        foreach (ListeningPort port in opened)
        {
            _ports.Remove(port.Number);
            port.Dispose();
        }
    }

    /// <summary>Sockets take every address; one that is not of this host, or that cannot be told from others, is an error all the same.</summary>
    private static void CheckAddress(PortBinding binding, ListeningPort port)
    {
        bool hasIPv6 = port.Capabilities.DualMode;
        if (binding.Address.Family == Core.Paths.PathAddressFamily.IPv6 && !hasIPv6)
        {
            throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        }

        if (!binding.Address.IsWildcard)
        {
            ThrowIfForeign(binding.SocketAddress!);
            if (!port.Capabilities.PacketInfo)
            {
                throw new PlatformNotSupportedException(
                    $"The system does not tell which address datagrams were sent to: {binding.AskedAddress} cannot be told from others.");
            }

            port.Prepare(binding.SocketAddress!);
        }
    }

    private ListeningPort Open(PortBinding binding)
    {
        ListenerSettings settings = binding.Entry.Settings;
        var options = new UdpSocketOptions
        {
            LocalEndPoint = new IPEndPoint(IPAddress.IPv6Any, binding.AskedPort),
            Io = IoModes.ToUdp(settings.IoMode),
            Sharing = settings.SharesPorts ? PortSharing.OtherProcesses : PortSharing.None,
            AllowIPv6 = engine.Options.AllowIPv6,
            KernelTimestamps = true,
        };
        var refused = new List<UdpSocket>();
        try
        {
            while (true)
            {
                UdpSocket[] sockets = Bind(options, engine.Shards.Length);
                if (!_ports.ContainsKey(sockets[0].LocalEndPoint.Port))
                {
                    return new ListeningPort(this, engine, sockets);
                }

                // Held while the next is asked for, or the system would give it again.
                refused.AddRange(sockets);
                if (binding.AskedPort != 0 || refused.Count > MaxOwnPorts * engine.Shards.Length)
                {
                    throw new SocketException((int)SocketError.AddressAlreadyInUse);
                }
            }
        }
        finally
        {
            refused.ForEach(socket => socket.Dispose());
        }
    }
}
