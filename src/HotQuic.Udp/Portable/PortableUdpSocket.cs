using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Portable;

/// <summary>
/// A UDP socket over System.Net.Sockets alone, for systems where the Linux calls are missing: one datagram a call, no ECN, and the
/// system chooses the source address. Receives through a <see cref="ReceiveLoop"/>; sends from a buffer of its own, since the platform may
/// keep a datagram that does not go at once.
/// </summary>
internal sealed class PortableUdpSocket : UdpSocket
{
    /// <summary>MSG_ERRQUEUE, which the platform passes on though SocketFlags does not name it.</summary>
    private const SocketFlags LinuxErrorQueue = (SocketFlags)0x2000;

    /// <summary>How many errors of earlier datagrams a send looks past before it takes one for its own.</summary>
    private const int MaxPendingErrors = 4;

    private readonly UdpSocketOptions _options;
    private readonly Socket _socket;
    private readonly ReceiveLoop _loop;
    private readonly RawEndPoint _destination;
    private readonly SocketAsyncEventArgs _sendArguments = new(unsafeSuppressExecutionContextFlow: true);
    private readonly byte[] _sendBuffer = GC.AllocateUninitializedArray<byte>(ReceiveBatch.MessageCapacity, pinned: true);
    private readonly byte[] _quoted = new byte[ReceiveBatch.MessageCapacity >> 5];
    private volatile bool _isSending;
    private volatile bool _wantsWritable;
    private volatile bool _hasErrors;
    private SocketError _lastError;
    private volatile bool _disposed;

    internal PortableUdpSocket(Socket socket, UdpSocketOptions options, UdpCapabilities capabilities)
        : base((IPEndPoint)socket.LocalEndPoint!, capabilities)
    {
        _options = options;
        _socket = socket;
        _destination = new RawEndPoint(socket.AddressFamily);
        _sendArguments.RemoteEndPoint = _destination;
        _sendArguments.SetBuffer(_sendBuffer, 0, 0);
        _sendArguments.Completed += (_, _) => OnSent();
        UdpAddress bound = UdpAddress.From(LocalEndPoint);
        _loop = new ReceiveLoop(this, socket, bound, options.ReportLocalAddress && bound.IsUnspecified, options.KernelTimestamps);
        bool packetInfo = _loop.Start();
        Capabilities = capabilities with { PacketInfo = packetInfo || !bound.IsUnspecified };
    }

    internal override bool IsDisposed => _disposed;

    public static PortableUdpSocket Open(UdpSocketOptions options) => PortableSocketFactory.Open(options);

    public override UdpSocket? TryBindBeside(IPAddress address) =>
        LocalEndPoint.Address.Equals(IPAddress.Any) || LocalEndPoint.Address.Equals(IPAddress.IPv6Any)
            ? PortableSocketFactory.TryOpenBeside(_socket, _options with { LocalEndPoint = new IPEndPoint(address, LocalPort) })
            : null;

    public override int Receive(ReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int count = 0;
        while (count < batch.Capacity && _loop.Ring.TryPeek(out ReceivedMessage message, out ReadOnlySpan<byte> payload))
        {
            payload.CopyTo(batch.Room(count));
            batch.Message(count++) = message;
            _loop.Ring.Release();
        }

        batch.Count = count;
        _loop.RunAgainIfResting();
        FailedReceives = _loop.Failures;
        return count;
    }

    public override SendResult Send(in SendRequest request)
    {
        Check(request, _socket.AddressFamily == AddressFamily.InterNetworkV6);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int sent = 0;
        while (sent < request.Payload.Length)
        {
            if (IsStillSending())
            {
                return new SendResult(SendStatus.WouldBlock, sent);
            }

            int length = Math.Min(request.SegmentSize, request.Payload.Length - sent);
            UdpErrorKind error = SendOne(request.Payload.Slice(sent, length), request.Remote);
            if (error != UdpErrorKind.None)
            {
                return new SendResult(SendStatus.Failed, sent, error);
            }

            sent += length;
        }

        return new SendResult(SendStatus.Sent, sent);
    }

    public override bool TryReadError(Span<byte> quoted, out UdpError error)
    {
        error = default;
        if (!_hasErrors)
        {
            return false;
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            var destination = new RawEndPoint(_socket.AddressFamily);
            int length = _socket.ReceiveFrom(_quoted.AsSpan(), LinuxErrorQueue, destination.Serialize());
            int kept = Math.Min(length, quoted.Length);
            _quoted.AsSpan(0, kept).CopyTo(quoted);
            error = new UdpError(SocketErrors.ToKind(_lastError), destination.Get(), 0, kept);
            return true;
        }
        catch (SocketException)
        {
            // The queue is empty. The platform has no way to say so without an exception; errors are rare.
            _hasErrors = false;
            return false;
        }
    }

    /// <summary>What there is to do now, for a waiter to report: room is reported once.</summary>
    internal UdpReadiness TakeReadiness()
    {
        UdpReadiness readiness = Look();
        _wantsWritable &= (readiness & UdpReadiness.Writable) == 0;
        return readiness;
    }

    /// <summary>What there is to do now.</summary>
    internal UdpReadiness Look() =>
        (_loop.Ring.IsEmpty && !_loop.Ring.IsResting ? UdpReadiness.None : UdpReadiness.Readable)
        | (_wantsWritable && !_isSending ? UdpReadiness.Writable : UdpReadiness.None)
        | (_hasErrors ? UdpReadiness.Error : UdpReadiness.None);

    /// <summary>On any thread.</summary>
    internal void OnReceived() => Waiter?.Wake();

    /// <summary>On any thread.</summary>
    internal void OnError(SocketError error)
    {
        if (Capabilities.ErrorQueue)
        {
            _lastError = error;
            _hasErrors = true;
            Waiter?.Wake();
        }
    }

    private protected override bool TrySteer(ShardSteering steering, int shardCount) => false;

    private protected override void Close()
    {
        _disposed = true;
        _socket.Dispose();
        _loop.Dispose();
        _sendArguments.Dispose();
    }

    /// <summary>Also clears the wish to hear of room, or notes it.</summary>
    private bool IsStillSending()
    {
        // Noted first: a send that completes between the look and the note would tell nobody.
        _wantsWritable = true;
        bool still = _isSending;
        _wantsWritable = still;
        return still;
    }

    private UdpErrorKind SendOne(ReadOnlySpan<byte> datagram, in UdpAddress remote)
    {
        if (datagram.Length > _sendBuffer.Length)
        {
            return UdpErrorKind.MessageTooLarge;
        }

        datagram.CopyTo(_sendBuffer);
        _destination.Set(remote);
        _sendArguments.SetBuffer(0, datagram.Length);
        for (int attempt = 0; ; attempt++)
        {
            _isSending = true;
            if (_socket.SendToAsync(_sendArguments))
            {
                // The platform holds the datagram until the socket has room.
                return UdpErrorKind.None;
            }

            _isSending = false;
            SocketError error = _sendArguments.SocketError;
            bool pending = Capabilities.ErrorQueue && SocketErrors.MayBePending(error);
            if (!pending || attempt == MaxPendingErrors)
            {
                return SocketErrors.ToKind(error);
            }

            OnError(error);
        }
    }

    private void OnSent()
    {
        _isSending = false;
        if (_wantsWritable)
        {
            Waiter?.Wake();
        }
    }
}
