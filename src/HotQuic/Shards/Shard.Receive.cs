using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Udp;

namespace HotQuic.Shards;

/// <summary>What comes: batches from the sockets, segment by segment through the endpoint to the connections.</summary>
internal sealed partial class Shard
{
    /// <summary>Batches taken from one socket before the next is looked at.</summary>
    private const int BatchesPerTurn = 4;

    /// <summary>The socket whose batch is being handled: the endpoint's questions about strangers are about its port.</summary>
    private ShardSocket? _receiving;

    /// <summary>A reading of the lag counts for one part in so many of the average.</summary>
    private const int LagWeight = 8;

    /// <summary>How far the shard is behind, averaged.</summary>
    private TimeSpan _lag;

    private bool ReceiveAll()
    {
        bool any = false;
        for (int i = _sockets.Count - 1; i >= 0; i--)
        {
            ShardSocket socket = _sockets[i];
            if ((socket.Udp.Readiness & UdpReadiness.Error) != 0)
            {
                ReadErrors(socket);
            }

            if ((socket.Udp.Readiness & UdpReadiness.Writable) != 0 && socket.TryUnblock())
            {
                while (socket.TryTakeParked(out ConnectionDriver driver))
                {
                    driver.IsLinedUp = false;
                    LineUp(driver);
                }
            }

            if ((socket.Udp.Readiness & UdpReadiness.Readable) != 0)
            {
                any |= Receive(socket);
            }
        }

        return any;
    }

    private bool Receive(ShardSocket socket)
    {
        bool any = false;
        _receiving = socket;
        for (int i = 0; i < BatchesPerTurn; i++)
        {
            int count = socket.Udp.Receive(_batch);
            if (count == 0)
            {
                break;
            }

            any = true;
            Now = ShardClock.Now;
            foreach (ReceivedTrain train in _batch)
            {
                OnTrain(socket, train);
            }

            if (count < _batch.Capacity)
            {
                break;
            }
        }

        _receiving = null;
        return any;
    }

    private void OnTrain(ShardSocket socket, in ReceivedTrain train)
    {
        PathAddress remote = train.Remote.ToPath();
        PathAddress local = train.Local.ToPath();
        NoteLag(train.KernelTime);
        for (int i = 0; i < train.SegmentCount; i++)
        {
            var datagram = new ReceivedDatagram
            {
                Bytes = train.Segment(i),
                Following = train.After(i),
                Remote = remote,
                Local = local,
                At = Now,
                Ecn = (EcnCodepoint)(byte)train.Ecn,
            };
            int elsewhere = Handle(socket, datagram);
            if (elsewhere >= 0)
            {
                Forward(socket, datagram, elsewhere, train.KernelTime);
            }
        }
    }

    /// <summary>Gives the number of the shard that the datagram is for where that is another, or -1 where it was dealt with.</summary>
    private int Handle(ShardSocket socket, in ReceivedDatagram datagram)
    {
        try
        {
            DatagramResult result = _endpoint.OnDatagram(datagram, _response);
            if (result.Outcome == DatagramOutcome.Elsewhere)
            {
                return result.Shard;
            }

            OnHandled(socket, datagram, result);
        }
        catch (Exception exception)
        {
            // Bytes of a peer must not end the shard, whatever we got wrong about them.
            OnDatagramFault(datagram, exception);
        }

        return -1;
    }

    private void OnHandled(ShardSocket socket, in ReceivedDatagram datagram, in DatagramResult result)
    {
        if (result.Connection is { } connection)
        {
            if (connection.UserState is not ConnectionDriver driver)
            {
                driver = ConnectionDriver.ForServer(this, socket, connection);
                AddConnection(driver);
                socket.Port!.OnConnectionCame();
            }

            driver.OnDatagram(datagram.Local);
            Touch(driver);
        }
        else
        {
            socket.Counters.Count(result);
        }

        if (result.Outcome == DatagramOutcome.Answered)
        {
            var train = new Train(result.ResponseLength, result.ResponseLength, datagram.Remote, datagram.Local, EcnCodepoint.NotEct);
            if (!socket.IsBlocked)
            {
                socket.Send(_response.AsSpan(0, result.ResponseLength), train, out _);
            }
        }
    }

    /// <summary>
    /// Keeps account of how far the shard is behind (L22): the age of what it reads, by the kernel's clock, or the length of its last
    /// turn, whichever is more. Averaged, so that one long turn, such as a process's first, refuses nobody, and over once nothing is left to do.
    /// </summary>
    private void NoteLag(DateTime arrival)
    {
        TimeSpan age = arrival == default ? TimeSpan.Zero : DateTime.UtcNow - arrival;
        _lag += ((age > _loopLag ? age : _loopLag) - _lag) / LagWeight;
    }

    private void OnDatagramFault(in ReceivedDatagram datagram, Exception exception)
    {
        if (_endpoint.FindByDestination(datagram.Bytes)?.UserState is ConnectionDriver driver)
        {
            driver.OnFault(exception);
        }
    }

    /// <summary>Reports that came by ICMP: a client whose packet they quote learns at once that nobody is there.</summary>
    private void ReadErrors(ShardSocket socket)
    {
        Span<byte> quoted = stackalloc byte[64];
        while (socket.Udp.TryReadError(quoted, out UdpError error))
        {
            if (error.Kind is UdpErrorKind.PortUnreachable or UdpErrorKind.HostUnreachable or UdpErrorKind.NetworkUnreachable)
            {
                OnUnreachable(error.Destination.ToPath(), quoted[..Math.Min(error.QuotedLength, quoted.Length)]);
            }
        }
    }

    /// <summary>The packet that is quoted names its connection by an ID that nobody else knows before the peer has answered.</summary>
    private void OnUnreachable(PathAddress remote, ReadOnlySpan<byte> quoted)
    {
        if (_endpoint.FindBySource(quoted) is { Role: EndpointRole.Client, UserState: ConnectionDriver driver } core && core.Path.Remote == remote)
        {
            driver.OnUnreachable();
            Touch(driver);
        }
    }

    /// <summary>The endpoint's questions about strangers, answered by the port they knock at.</summary>
    private sealed class Admission(Shard shard) : IAdmission
    {
        public DropReason CheckDestination(PathAddress local, PathAddress remote) =>
            shard._receiving?.Port?.CheckDestination(local, remote) ?? DropReason.UnknownConnection;

        // Clients' sockets belong to one shard each: what comes there is for no other.
        public bool IsSharedWith(int number, bool mayBegin) =>
            shard._receiving?.Port is { } port && (port.Capabilities.Steering || !mayBegin) && port.TryFindSibling(number, out _, out _);

        public StatelessResetKey? ResetKey => shard._receiving?.Port?.ResetKey;

        public AdmissionVerdict Decide(in AdmissionRequest request) =>
            shard._receiving is { Port: { } port } socket ? port.Decide(request, shard._lag, socket.Counters) : AdmissionVerdict.Drop;

        public ConnectionSettings SettingsFor(in AdmissionRequest request) => ConnectionSettings.Default;
    }
}
