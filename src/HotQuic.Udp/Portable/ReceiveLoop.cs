using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Portable;

/// <summary>
/// Receives through one <see cref="SocketAsyncEventArgs"/>, straight into the slots of a <see cref="DatagramRing"/>, on whatever thread
/// the platform completes on, and tells the socket's owner. Begin with <see cref="Start"/>; it goes on by itself, rests when the ring is
/// full, and is run again by the reader (<see cref="RunAgainIfResting"/>).
/// </summary>
internal sealed class ReceiveLoop : IDisposable
{
    /// <summary>So many failures in a row, and the loop rests until the owner comes by.</summary>
    private const int MaxFailuresInARow = 64;

    private readonly PortableUdpSocket _owner;
    private readonly Socket _socket;
    private readonly UdpAddress _bound;
    private readonly RawEndPoint _remote;
    private readonly SocketAsyncEventArgs _arguments = new(unsafeSuppressExecutionContextFlow: true);
    private readonly bool _timestamps;
    private bool _packetInfo;
    private int _failuresInARow;
    private long _failures;
    private volatile bool _closed;

    /// <param name="owner">Told of what arrives.</param>
    /// <param name="socket">Bound.</param>
    /// <param name="bound">Where it is bound.</param>
    /// <param name="packetInfo">Asks the platform for the destination of each datagram.</param>
    /// <param name="timestamps">Notes when the platform handed each datagram over: as near as it comes to the kernel's time.</param>
    public ReceiveLoop(PortableUdpSocket owner, Socket socket, UdpAddress bound, bool packetInfo, bool timestamps)
    {
        _timestamps = timestamps;
        _owner = owner;
        _socket = socket;
        _bound = bound;
        _packetInfo = packetInfo;
        _remote = new RawEndPoint(socket.AddressFamily);
        _arguments.RemoteEndPoint = _remote;
        _arguments.SetBuffer(Ring.Slab, 0, ReceiveBatch.MessageCapacity);
        _arguments.Completed += (_, _) =>
        {
            if (Finish())
            {
                Run();
            }
        };
    }

    public DatagramRing Ring { get; } = new();

    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Begins; false where the platform cannot tell the destination of a datagram.</summary>
    public bool Start()
    {
        try
        {
            Run();
        }
        catch (PlatformNotSupportedException) when (_packetInfo)
        {
            _packetInfo = false;
            Run();
        }

        return _packetInfo;
    }

    /// <summary>Called by the reader after it has made room.</summary>
    public void RunAgainIfResting()
    {
        if (Ring.TryRestart())
        {
            Run();
        }
    }

    public void Dispose()
    {
        _closed = true;
        _arguments.Dispose();
    }

    private void Run()
    {
        do
        {
            if (_closed || (Ring.IsFull && Ring.TryRest()))
            {
                return;
            }

            _remote.Clear();
            try
            {
                _arguments.SetBuffer(Ring.WriteOffset, ReceiveBatch.MessageCapacity);
                if (_packetInfo ? _socket.ReceiveMessageFromAsync(_arguments) : _socket.ReceiveFromAsync(_arguments))
                {
                    return;
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
        while (Finish());
    }

    /// <summary>Takes what one receive brought; false where the loop is to stop.</summary>
    private bool Finish()
    {
        if (_closed)
        {
            return false;
        }

        SocketError error = _arguments.SocketError;
        if (error == SocketError.Success && (_arguments.SocketFlags & SocketFlags.Truncated) == 0)
        {
            _failuresInARow = 0;
            Ring.Commit(new ReceivedMessage
            {
                Length = _arguments.BytesTransferred,
                SegmentSize = Math.Max(_arguments.BytesTransferred, 1),
                Remote = _remote.Get(),
                Local = Destination(),
                KernelTime = _timestamps ? DateTime.UtcNow : default,
            });
            _owner.OnReceived();
            return true;
        }

        if (SocketErrors.MayBePending(error))
        {
            _owner.OnError(error);
        }
        else
        {
            Volatile.Write(ref _failures, _failures + 1);
        }

        if (++_failuresInARow < MaxFailuresInARow)
        {
            return true;
        }

        _failuresInARow = 0;
        Ring.Rest();
        _owner.OnReceived();
        return false;
    }

    private UdpAddress Destination()
    {
        if (!_bound.IsUnspecified)
        {
            return _bound;
        }

        IPAddress? address = _packetInfo ? _arguments.ReceiveMessageFromPacketInfo.Address : null;
        return address is null ? default : UdpAddress.From(address, _bound.Port);
    }
}
