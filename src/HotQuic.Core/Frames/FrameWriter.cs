using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// The payload of one packet while its frames are written. Every owner of frames gets it in turn, asks
/// <see cref="Remaining"/>, writes whole frames through <see cref="Wire"/> and logs each with <see cref="Log"/>.
/// </summary>
/// <remarks>
/// The data of one STREAM or CRYPTO frame may stay where it is and be attached as the packet's tail
/// (<see cref="AttachTail"/>), so that encryption reads it from the send buffer: encrypt and copy are one pass. Such a
/// frame is the last of its packet, and must not depend on padding behind it.
/// </remarks>
internal ref struct FrameWriter
{
    private readonly Span<SentFrame> _log;
    private int _logged;
    private ReadOnlySpan<byte> _tail;

    /// <summary>The bytes of the payload; no more than <see cref="Remaining"/> may be written.</summary>
    public WireWriter Wire;

    public FrameWriter(Span<byte> payload, Span<SentFrame> log)
    {
        Wire = new WireWriter(payload);
        _log = log;
        _logged = 0;
        _tail = default;
        IsAckEliciting = false;
    }

    /// <summary>Bytes that a further frame may take; 0 once a tail is attached or the log is full.</summary>
    public readonly int Remaining => _tail.IsEmpty && _logged < _log.Length ? Wire.Remaining : 0;

    /// <summary>True once a frame other than ACK, PADDING and CONNECTION_CLOSE was logged (RFC 9002 §2).</summary>
    public bool IsAckEliciting { get; private set; }

    /// <summary>The frames of this packet so far.</summary>
    public readonly ReadOnlySpan<SentFrame> Logged => _log[.._logged];

    /// <summary>Data that follows the written bytes, still in its owner's memory.</summary>
    public readonly ReadOnlySpan<byte> Tail => _tail;

    /// <summary>Bytes of payload, the tail included.</summary>
    public readonly int Length => Wire.Position + _tail.Length;

    public readonly bool IsEmpty => Length == 0;

    /// <summary>Records a frame that was just written.</summary>
    public void Log(in SentFrame frame)
    {
        _log[_logged++] = frame;
        IsAckEliciting |= frame.Type is not (FrameType.Ack or FrameType.AckEcn or FrameType.Padding
            or FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication);
    }

    /// <summary>Ends the payload with data that stays in its owner's memory until the packet is sealed.</summary>
    /// <exception cref="InvalidOperationException">A tail is attached already, or this one does not fit.</exception>
    public void AttachTail(ReadOnlySpan<byte> data)
    {
        if (!_tail.IsEmpty || data.Length > Wire.Remaining)
        {
            throw new InvalidOperationException("A packet has one tail, which fits its payload.");
        }

        _tail = data;
    }
}
