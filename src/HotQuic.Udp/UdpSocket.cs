using System.Net;
using System.Net.Sockets;
using HotQuic.Udp.Linux;
using HotQuic.Udp.Portable;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp;

/// <summary>
/// A UDP socket that never blocks, owned by one thread. <see cref="Bind"/> it, or a set of them that share a port with
/// <see cref="BindShards"/>; <see cref="ShardWaiter.Add"/> it to the waiter of its thread; then, round and round:
/// <see cref="Receive"/> until it gives 0, <see cref="TryReadError(out UdpError)"/> until it gives false, <see cref="Send"/> what there is,
/// <see cref="ShardWaiter.Wait"/>. Only <see cref="Dispose()"/> may come from another thread: calls after it throw
/// <see cref="ObjectDisposedException"/>, and a wait under way ends.
/// </summary>
/// <remarks>
/// What the network or the system does to a datagram is a value (<see cref="SendResult"/>, <see cref="UdpError"/>); only binding throws,
/// and a request that makes no sense.
/// </remarks>
internal abstract class UdpSocket : IDisposable
{
    private protected UdpSocket(IPEndPoint localEndPoint, UdpCapabilities capabilities)
    {
        LocalEndPoint = localEndPoint;
        Capabilities = capabilities;
        LocalPort = (ushort)localEndPoint.Port;
    }

    /// <summary>Where the socket is bound, with the real port; ::, not 0.0.0.0, for both families.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>What the socket does; segmentation offload goes off when a device turns out to refuse it.</summary>
    public UdpCapabilities Capabilities { get; private protected set; }

    /// <summary>What the last wait saw. Before the first, everything is worth a try.</summary>
    public UdpReadiness Readiness { get; internal set; } = UdpReadiness.Readable | UdpReadiness.Writable;

    /// <summary>Datagrams that the kernel dropped since the start because the receive buffer was full, as far as it has told.</summary>
    public long KernelDrops { get; private protected set; }

    /// <summary>Receive calls that the system refused, and messages that came incomplete.</summary>
    public long FailedReceives { get; private protected set; }

    /// <summary>The port of <see cref="LocalEndPoint"/>.</summary>
    private protected ushort LocalPort { get; }

    /// <summary>The waiter the socket was added to, if any.</summary>
    internal ShardWaiter? Waiter { get; set; }

    internal abstract bool IsDisposed { get; }

    /// <summary>Binds one socket.</summary>
    /// <exception cref="SocketException">
    /// The address cannot be bound: <see cref="SocketError.AddressAlreadyInUse"/> where somebody holds the port.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The options insist on something that this system lacks.</exception>
    public static UdpSocket Bind(UdpSocketOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Io != UdpIo.Datagrams && LinuxUdpSocket.IsSupported)
        {
            return LinuxUdpSocket.Open(options);
        }

        if (options.Io == UdpIo.Offload)
        {
            throw new PlatformNotSupportedException("UDP offload needs Linux on a 64-bit x86 or Arm processor.");
        }

        return PortableUdpSocket.Open(options);
    }

    /// <summary>
    /// Binds the sockets of a number of shards to one port, in their order, and steers each datagram to the shard that its connection ID
    /// names. Gives one socket for all the shards where the system cannot share a port.
    /// </summary>
    /// <param name="options">
    /// What to bind. With <see cref="PortSharing.OtherProcesses"/> other processes may join the port, and the system spreads datagrams over
    /// all sockets by the addresses they come from; any other <see cref="UdpSocketOptions.Sharing"/> leaves the port to these shards alone.
    /// </param>
    /// <param name="shardCount">From 1 to 256.</param>
    /// <param name="steering">Which byte of what arrives names the shard.</param>
    /// <exception cref="SocketException">As for <see cref="Bind"/>; nothing stays bound then.</exception>
    public static UdpSocket[] BindShards(UdpSocketOptions options, int shardCount, ShardSteering steering)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shardCount, 256);
        ArgumentOutOfRangeException.ThrowIfNegative(steering.LongHeaderOffset, nameof(steering));
        ArgumentOutOfRangeException.ThrowIfNegative(steering.ShortHeaderOffset, nameof(steering));
        bool single = shardCount == 1;
        bool shares = options.Sharing == PortSharing.OtherProcesses;
        UdpSocket first = shares ? Bind(options) : Bind(options with { Sharing = single ? PortSharing.None : PortSharing.FirstShard });
        if (single || !first.Capabilities.ReusePort)
        {
            return [first];
        }

        var sockets = new UdpSocket[shardCount];
        sockets[0] = first;
        try
        {
            UdpSocketOptions next = options with
            {
                LocalEndPoint = first.LocalEndPoint,
                Sharing = shares ? PortSharing.OtherProcesses : PortSharing.NextShard,
            };
            for (int shard = 1; shard < shardCount; shard++)
            {
                sockets[shard] = Bind(next);
            }

            bool steered = !shares && first.TrySteer(steering, shardCount);
            foreach (UdpSocket socket in sockets)
            {
                socket.Capabilities = socket.Capabilities with { Steering = steered };
            }

            return sockets;
        }
        catch
        {
            foreach (UdpSocket? socket in sockets)
            {
                socket?.Dispose();
            }

            throw;
        }
    }

    /// <summary>
    /// For a socket bound to a wildcard that cannot choose the address it sends from: binds another one to the same port and one address,
    /// which takes what is sent to that address from then on, and answers from it. Null where none is needed, or none can be had.
    /// </summary>
    /// <param name="address">An address of this host.</param>
    public virtual UdpSocket? TryBindBeside(IPAddress address) => null;

    /// <summary>Fills the batch with what has arrived and returns the number of messages: 0 where there is none.</summary>
    public abstract int Receive(ReceiveBatch batch);

    /// <summary>Sends one train, or as much of it as the system takes now.</summary>
    /// <exception cref="ArgumentException">
    /// No payload, no destination, a segment size below 1, an IPv6 destination on an IPv4 socket, or addresses of two families.
    /// </exception>
    public abstract SendResult Send(in SendRequest request);

    /// <summary>Takes the next report on a datagram sent earlier; false where there is none.</summary>
    public bool TryReadError(out UdpError error) => TryReadError([], out error);

    /// <summary>As <see cref="TryReadError(out UdpError)"/>, and stores as much as fits of the payload that the report quotes.</summary>
    public abstract bool TryReadError(Span<byte> quoted, out UdpError error);

    public void Dispose()
    {
        Close();
        Waiter?.Wake();
        GC.SuppressFinalize(this);
    }

    /// <summary>Steers what arrives on the port over the sockets that share it.</summary>
    private protected abstract bool TrySteer(ShardSteering steering, int shardCount);

    /// <summary>Closes, from any thread, any number of times.</summary>
    private protected abstract void Close();

    /// <summary>Throws where a request makes no sense on any socket.</summary>
    private protected static void Check(in SendRequest request, bool takesIPv6)
    {
        if (request.Payload.IsEmpty)
        {
            throw new ArgumentException("A train needs at least one byte of payload.", nameof(request));
        }

        if (request.SegmentSize < 1)
        {
            throw new ArgumentException("The segment size must be at least 1 byte.", nameof(request));
        }

        if (request.Remote.IsNone)
        {
            throw new ArgumentException("A train needs a destination.", nameof(request));
        }

        if (request.Remote.Family == UdpFamily.IPv6 && !takesIPv6)
        {
            throw new ArgumentException("An IPv4 socket cannot send to an IPv6 address.", nameof(request));
        }

        if (!request.Local.IsNone && request.Local.Family != request.Remote.Family)
        {
            throw new ArgumentException("The address to send from and the destination must be of one family.", nameof(request));
        }
    }
}
