using System.Numerics;
using HotQuic.Core.Connections;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;

namespace HotQuic.Shards;

/// <summary>
/// A datagram on its way to another shard, in memory that is used again. The shard where it landed fills it (<see cref="Fill"/>) and
/// posts it; the other shard handles it, and with that it is free again.
/// </summary>
/// <remarks>Whose it is: that of the shard that made it while <see cref="IsFree"/>, else that of the shard it goes to.</remarks>
internal sealed class ForwardedDatagram : IShardTarget
{
    /// <summary>Longer than datagrams are on the way between hosts.</summary>
    private const int UsualLength = 2048;

    private byte[] _bytes = [];
    private int _length;
    private Shard? _target;
    private volatile bool _isTaken;

    public bool IsFree => !_isTaken;

    public Span<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>The socket that the other shard has on the port where the datagram came.</summary>
    public ShardSocket Socket { get; private set; } = null!;

    public PathAddress Remote { get; private set; }

    public PathAddress Local { get; private set; }

    public EcnCodepoint Ecn { get; private set; }

    /// <summary>When the system received it; the default value where that is not known.</summary>
    public DateTime Arrival { get; private set; }

    /// <summary>Takes a copy of a datagram, for a shard and its socket.</summary>
    public void Fill(in ReceivedDatagram datagram, DateTime arrival, Shard target, ShardSocket socket)
    {
        _length = datagram.Bytes.Length;
        if (_bytes.Length < _length)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(UsualLength, (int)BitOperations.RoundUpToPowerOf2((uint)_length)));
        }

        datagram.Bytes.CopyTo(_bytes);
        (Remote, Local, Ecn, Arrival) = (datagram.Remote, datagram.Local, datagram.Ecn, arrival);
        (_target, Socket) = (target, socket);
        _isTaken = true;
    }

    /// <summary>It was handled, or could not be posted.</summary>
    public void Release() => _isTaken = false;

    void IShardTarget.OnMessage(in ShardMessage message)
    {
        _target!.OnForwarded(this);
        Release();
    }

    void IShardTarget.OnFault(Exception exception) => Release();
}

/// <summary>
/// The datagrams that one shard may have on their way to others: as many as that, and no more. The shard's thread only.
/// </summary>
internal sealed class ForwardingPool
{
    public const int Capacity = 1024;

    /// <summary>Places looked at for a free one: those on their way to a shard that is slow do not stand before the others for long.</summary>
    private const int MaxTries = 8;

    private readonly ForwardedDatagram?[] _datagrams = new ForwardedDatagram?[Capacity];
    private int _next;

    /// <summary>One that is free; null where there is none at hand.</summary>
    public ForwardedDatagram? TryTake()
    {
        for (int i = 0; i < MaxTries; i++)
        {
            ForwardedDatagram datagram = _datagrams[_next] ??= new ForwardedDatagram();
            _next = (_next + 1) % Capacity;
            if (datagram.IsFree)
            {
                return datagram;
            }
        }

        return null;
    }
}
