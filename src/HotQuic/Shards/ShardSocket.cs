using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Ports;
using HotQuic.Udp;

namespace HotQuic.Shards;

/// <summary>
/// One UDP socket of a shard, with what belongs to it: the port it listens on, if any, who uses it, and the train that the system did not
/// take. The shard's thread only, but for <see cref="Udp"/>'s disposal.
/// </summary>
internal sealed class ShardSocket
{
    private readonly Queue<ConnectionDriver> _blocked = new();
    private byte[] _pending = [];
    private Train _pendingTrain;

    public ShardSocket(UdpSocket udp, ListeningPort? port)
    {
        Udp = udp;
        Port = port;
    }

    public UdpSocket Udp { get; }

    /// <summary>The port that connections may come through; null for clients' sockets.</summary>
    public ListeningPort? Port { get; }

    /// <summary>What became of strangers' datagrams.</summary>
    public PortCounters Counters { get; } = new();

    /// <summary>Whether it goes when its last connection does.</summary>
    public bool IsOwned { get; init; }

    /// <summary>Whether its shard looks at it.</summary>
    public bool IsInUse { get; set; }

    /// <summary>Connections that send through it.</summary>
    public int Users { get; set; }

    /// <summary>The system took no more: nothing is sent until it is writable again.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Sends what Core made. False where the system is full: the train is kept, and goes first when there is room.</summary>
    /// <param name="bytes">The train.</param>
    /// <param name="train">How it is cut, and where it goes.</param>
    /// <param name="refusal">Why the system refused it, where it did; it is as good as lost then.</param>
    public bool Send(ReadOnlySpan<byte> bytes, in Train train, out UdpErrorKind refusal)
    {
        SendResult result = Udp.Send(new SendRequest
        {
            Payload = bytes,
            SegmentSize = train.SegmentSize,
            Remote = train.Remote.ToUdp(),
            Local = train.Local.ToUdp() is { IsUnspecified: false } local ? local : default,
            Ecn = (IpEcn)(byte)train.Ecn,
        });
        refusal = result.Error;
        if (result.Status != SendStatus.WouldBlock)
        {
            return true;
        }

        Keep(bytes[result.BytesSent..], train);
        return false;
    }

    /// <summary>The connection sends when the socket is writable again.</summary>
    public void Park(ConnectionDriver driver) => _blocked.Enqueue(driver);

    /// <summary>The socket is writable: the kept train goes first. True once it is gone.</summary>
    public bool TryUnblock()
    {
        if (!IsBlocked)
        {
            return true;
        }

        IsBlocked = false;

        // A part of it may be taken: what is left then moves to the front.
        return Send(_pending.AsSpan(0, _pendingTrain.Length), _pendingTrain, out _);
    }

    public bool TryTakeParked(out ConnectionDriver driver) => _blocked.TryDequeue(out driver!);

    private void Keep(ReadOnlySpan<byte> rest, in Train train)
    {
        if (_pending.Length < rest.Length)
        {
            _pending = GC.AllocateUninitializedArray<byte>(Shard.SendBufferSize, pinned: true);
        }

        rest.CopyTo(_pending);
        _pendingTrain = train with { Length = rest.Length };
        IsBlocked = true;
    }
}
