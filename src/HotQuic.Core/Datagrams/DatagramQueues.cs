using HotQuic.Core.Errors;
using HotQuic.Core.Frames;

namespace HotQuic.Core.Datagrams;

/// <summary>
/// The datagrams of a connection, both ways (RFC 9221). The application calls <see cref="TrySend"/>, reads with
/// <see cref="TryPeek"/> and <see cref="Remove"/>, and takes outcomes with <see cref="TryTakeReport"/>. The connection tells
/// the limits (<see cref="OnPeerLimit"/>, <see cref="OnPathLimit"/>), passes received frames to <see cref="OnDatagram"/>, has
/// what waits written by <see cref="Transmit"/>, and reports the fate of those frames.
/// </summary>
/// <remarks>
/// Datagrams are unreliable and never sent again. When the sending queue is full the newest is refused, so that the application
/// knows at once; when the receiving queue is full the oldest is dropped, since it is worth the least.
/// </remarks>
internal sealed class DatagramQueues
{
    private int _maxFrameSize;
    private int _maxCount;
    private int _maxBytes;

    /// <summary>Each is made for its first datagram.</summary>
    private DatagramFifo? _outgoing;
    private DatagramFifo? _incoming;
    private DatagramReports _reports;
    private int _peerLimit;
    private int _pathLimit;

    public DatagramQueues(in DatagramLimits limits) => Begin(limits);

    /// <summary>The most data in a datagram that can be sent now; below 0 where the peer takes none.</summary>
    public int MaxDataLength => DatagramFrame.MaxDataLength(Math.Min(_peerLimit, _pathLimit));

    /// <summary>True where <see cref="Transmit"/> has something to write.</summary>
    public bool HasPendingFrames => _outgoing is { Count: > 0 };

    /// <summary>DATAGRAM frames sent, and what became of those whose fate is known; a lost one that came after all counts twice.</summary>
    public long Sent { get; private set; }

    public long Acknowledged { get; private set; }

    public long Lost { get; private set; }

    /// <summary>DATAGRAM frames received.</summary>
    public long Received { get; private set; }

    /// <summary>Datagrams that wait to be read.</summary>
    public int ReceivedCount => _incoming?.Count ?? 0;

    /// <summary>Received datagrams that were dropped since nobody read them in time.</summary>
    public long ReceivedDropped { get; private set; }

    /// <summary>Queued datagrams that were dropped since the path no longer carries them.</summary>
    public long SendDropped { get; private set; }

    /// <summary>Datagrams that <see cref="TrySend"/> did not take.</summary>
    public long SendRefused { get; private set; }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(in DatagramLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limits.MaxFrameSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxBytes, DatagramLimits.MinBytes);
        _maxFrameSize = limits.MaxFrameSize;
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxCount, 1);
        _maxCount = limits.MaxCount;
        _maxBytes = limits.MaxBytes;
        _outgoing?.Begin(_maxCount, _maxBytes);
        _incoming?.Begin(_maxCount, _maxBytes);
        _reports.Clear();
        _peerLimit = 0;
        _pathLimit = 0;
        ReceivedDropped = 0;
        SendDropped = 0;
        SendRefused = 0;
        Sent = 0;
        Acknowledged = 0;
        Lost = 0;
        Received = 0;
    }

    /// <summary>Queues a copy of the data.</summary>
    /// <param name="data">May be empty.</param>
    /// <param name="token">Comes back in the datagram's reports; 0 asks for none.</param>
    public DatagramSendResult TrySend(ReadOnlySpan<byte> data, ulong token)
    {
        // RFC 9221 §3: nothing is sent before the peer said how much it takes.
        DatagramSendResult result = _peerLimit == 0 ? DatagramSendResult.NotSupported
            : data.Length > MaxDataLength ? DatagramSendResult.TooLarge
            : (_outgoing ??= NewFifo()).TryEnqueue(data, token) ? DatagramSendResult.Queued
            : DatagramSendResult.QueueFull;
        SendRefused += result == DatagramSendResult.Queued ? 0 : 1;
        return result;
    }

    /// <summary>The oldest received datagram, valid until the next call of any other method.</summary>
    public bool TryPeek(out ReadOnlySpan<byte> data)
    {
        bool isAny = _incoming is { Count: > 0 };
        data = isAny ? _incoming!.Peek(out _) : default;
        return isAny;
    }

    /// <summary>Removes the oldest received datagram.</summary>
    /// <exception cref="InvalidOperationException">None was received.</exception>
    public void Remove() => (_incoming ??= NewFifo()).Dequeue();

    /// <summary>Takes the next outcome of a datagram that was sent with a token.</summary>
    public bool TryTakeReport(out DatagramReport report) => _reports.TryTake(out report);

    /// <summary>The peer's max_datagram_frame_size.</summary>
    public void OnPeerLimit(int maxDatagramFrameSize) => _peerLimit = maxDatagramFrameSize;

    /// <summary>The bytes of frames that a packet of the path's current size holds.</summary>
    public void OnPathLimit(int maxPayload) => _pathLimit = maxPayload;

    /// <summary>A DATAGRAM frame came.</summary>
    public TransportError? OnDatagram(in DatagramFrame frame)
    {
        // RFC 9221 §3: both are protocol violations.
        if (_maxFrameSize == 0)
        {
            return new TransportError(TransportErrorCode.ProtocolViolation, (ulong)frame.Type, "A datagram came, but none was asked for.");
        }

        if (frame.Length > _maxFrameSize)
        {
            return new TransportError(
                TransportErrorCode.ProtocolViolation, (ulong)frame.Type, "A datagram frame is larger than max_datagram_frame_size.");
        }

        Received++;
        _incoming ??= NewFifo();
        while (!_incoming.TryEnqueue(frame.Data, 0))
        {
            _incoming.Dequeue();
            ReceivedDropped++;
        }

        return null;
    }

    /// <summary>Writes the datagrams that wait, in their order, as far as they fit.</summary>
    public void Transmit(ref FrameWriter writer)
    {
        while (_outgoing is { Count: > 0 })
        {
            ReadOnlySpan<byte> data = _outgoing.Peek(out ulong token);
            var frame = new DatagramFrame(data);
            if (frame.Length > _pathLimit)
            {
                // RFC 9221 §5: it cannot be fragmented, and no packet holds it since the path's MTU shrank.
                SendDropped++;
                Report(token, DatagramOutcome.Dropped);
            }
            else if (frame.Length > writer.Remaining)
            {
                return;
            }
            else
            {
                frame.Write(ref writer.Wire);
                writer.Log(new SentFrame(frame.Type, (uint)data.Length, Id: token, 0));
                Sent++;
            }

            _outgoing.Dequeue();
        }
    }

    /// <summary>A packet with this frame was acknowledged.</summary>
    public void OnAcknowledged(in SentFrame frame)
    {
        Acknowledged++;
        Report(frame.Id, DatagramOutcome.Acknowledged);
    }

    /// <summary>A packet with this frame was declared lost; the datagram is not sent again (RFC 9221 §5.2).</summary>
    public void OnLost(in SentFrame frame)
    {
        Lost++;
        Report(frame.Id, DatagramOutcome.Lost);
    }

    private DatagramFifo NewFifo() => new(_maxCount, _maxBytes);

    private void Report(ulong token, DatagramOutcome outcome)
    {
        if (token != 0)
        {
            _reports.Add(new DatagramReport(token, outcome));
        }
    }
}
