namespace HotQuic.Udp;

/// <summary>
/// One train: datagrams for one destination, back to back in <see cref="Payload"/>, each of <see cref="SegmentSize"/> bytes
/// but the last, which may be shorter. A train is steered as one unit where it arrives: it never mixes connections.
/// </summary>
internal readonly ref struct SendRequest
{
    /// <summary>At least one byte.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>At least 1; a value of the payload's length or more makes one datagram.</summary>
    public required int SegmentSize { get; init; }

    public required UdpAddress Remote { get; init; }

    /// <summary>The address to send from (its port is not looked at), or the default value to let the system choose.</summary>
    public UdpAddress Local { get; init; }

    public IpEcn Ecn { get; init; }
}
