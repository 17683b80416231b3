using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Portable;

/// <summary>Waits on a monitor, to the millisecond; portable sockets wake it when their receive loops bring something.</summary>
internal sealed class PortableShardWaiter : ShardWaiter
{
    private readonly object _gate = new();
    private bool _interrupted;

    private protected override void CheckTakes(UdpSocket socket)
    {
        if (socket is not PortableUdpSocket)
        {
            throw new ArgumentException("A portable waiter takes portable sockets only.", nameof(socket));
        }
    }

    private protected override bool Look(TimeSpan timeout)
    {
        bool ready = LookAtSockets();
        if (ready || timeout <= TimeSpan.Zero)
        {
            return ready;
        }

        lock (_gate)
        {
            if (!_interrupted)
            {
                Monitor.Wait(_gate, ToMilliseconds(timeout));
            }

            _interrupted = false;
        }

        return LookAtSockets();
    }

    private protected override void Interrupt()
    {
        lock (_gate)
        {
            _interrupted = true;
            Monitor.Pulse(_gate);
        }
    }

    private protected override void Close()
    {
        // The wake that precedes has ended the wait; a monitor holds nothing to release.
    }

    private bool LookAtSockets()
    {
        bool ready = false;
        for (int i = 0; i < Sockets.Count; i++)
        {
            var socket = (PortableUdpSocket)Sockets[i];
            socket.Readiness = socket.TakeReadiness();
            ready |= socket.Readiness != UdpReadiness.None;
        }

        return ready;
    }

    /// <summary>Rounded up, so that a deadline has passed when the wait for it is over.</summary>
    private static int ToMilliseconds(TimeSpan timeout) => timeout.TotalMilliseconds >= int.MaxValue
        ? Timeout.Infinite
        : (int)Math.Ceiling(timeout.TotalMilliseconds);
}
