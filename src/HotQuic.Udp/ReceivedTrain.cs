namespace HotQuic.Udp;

/// <summary>
/// One message of a <see cref="ReceiveBatch"/>: one datagram, or several of one flow that arrived together, back to back, each of
/// <see cref="SegmentSize"/> bytes but the last, which may be shorter. A view of the batch: gone with the next receive.
/// </summary>
internal readonly ref struct ReceivedTrain
{
    private readonly ref readonly ReceivedMessage _message;

    internal ReceivedTrain(Span<byte> payload, ref readonly ReceivedMessage message)
    {
        Payload = payload;
        _message = ref message;
    }

    /// <summary>The bytes, free to be changed in place.</summary>
    public Span<byte> Payload { get; }

    /// <summary>At least 1, also where the payload is empty.</summary>
    public int SegmentSize => _message.SegmentSize;

    public int SegmentCount => (Payload.Length + SegmentSize - 1) / SegmentSize;

    public UdpAddress Remote => _message.Remote;

    /// <summary>Where it was sent to, with the socket's port; the default value where that is not known.</summary>
    public UdpAddress Local => _message.Local;

    public IpEcn Ecn => _message.Ecn;

    /// <summary>The kernel's time (UTC) of the first datagram, or the default value.</summary>
    public DateTime KernelTime => _message.KernelTime;

    /// <summary>One datagram of the train.</summary>
    public Span<byte> Segment(int index)
    {
        int start = index * SegmentSize;
        return Payload.Slice(start, Math.Min(SegmentSize, Payload.Length - start));
    }

    /// <summary>The datagrams after one of the train.</summary>
    public ReadOnlySpan<byte> After(int index) => Payload[Math.Min((index + 1) * SegmentSize, Payload.Length)..];
}
