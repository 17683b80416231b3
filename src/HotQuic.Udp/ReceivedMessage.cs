namespace HotQuic.Udp;

/// <summary>What a socket notes beside the bytes of one message.</summary>
internal struct ReceivedMessage
{
    public int Length;
    public int SegmentSize;
    public UdpAddress Remote;
    public UdpAddress Local;
    public IpEcn Ecn;
    public DateTime KernelTime;
}
