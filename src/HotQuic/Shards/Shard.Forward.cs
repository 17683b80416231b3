using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Ports;

namespace HotQuic.Shards;

/// <summary>
/// What lands at one shard and belongs to another: segments of a train that mixes connections, since the system steers a train by its
/// first, and whatever comes to a port that is not steered. It crosses by mailbox, copied; what is too much is dropped and counted.
/// </summary>
internal sealed partial class Shard
{
    private ForwardingPool? _forwarding;

    private void Forward(ShardSocket socket, in ReceivedDatagram datagram, int shard, DateTime arrival)
    {
        _forwarding ??= new ForwardingPool();
        if (_forwarding.TryTake() is { } copy && socket.Port!.TryFindSibling(shard, out Shard? target, out ShardSocket? there))
        {
            copy.Fill(datagram, arrival, target, there);
            if (target._mailbox.TryPost(new ShardMessage(copy, Kind: 0)))
            {
                target.WakeOrTakeLate();
                socket.Counters.Count(PortCounter.ForwardedOut);
                return;
            }

            copy.Release();
        }

        socket.Counters.Count(DropReason.ForwardingFull);
    }

    /// <summary>A datagram that another shard gave to this one.</summary>
    public void OnForwarded(ForwardedDatagram forwarded)
    {
        ShardSocket socket = forwarded.Socket;
        socket.Counters.Count(PortCounter.ForwardedIn);
        if (_hasEnded || !socket.IsInUse)
        {
            socket.Counters.Count(DropReason.NoListener);
            return;
        }

        NoteLag(forwarded.Arrival);
        _receiving = socket;

        // The time is this shard's own: that of its landing may lie before what the connection has seen.
        Handle(socket, new ReceivedDatagram
        {
            Bytes = forwarded.Bytes,
            Remote = forwarded.Remote,
            Local = forwarded.Local,
            At = Now,
            Ecn = forwarded.Ecn,
        });
        _receiving = null;
    }
}
