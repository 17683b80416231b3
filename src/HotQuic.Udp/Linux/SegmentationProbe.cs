using System.Net;
using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>
/// How many datagrams the kernel takes in one message: no call tells, so a socket sends trains of one-byte datagrams to itself, once in
/// a process.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class SegmentationProbe
{
    /// <summary>What kernels took from the beginning; newer ones take twice that.</summary>
    private const int Least = 64;

    private const int Most = 128;

    private static readonly Lazy<int> Segments = new(Probe);

    /// <summary>1 where there is no segmentation offload.</summary>
    public static int MaxSegments => Segments.Value;

    private static int Probe()
    {
        using Descriptor? socket = LinuxSocketFactory.TryCreate(Family.Inet);
        if (socket is null || !SocketOptions.TryGet(socket, Level.Udp, UdpOption.Segment, out _))
        {
            return 1;
        }

        if (!LinuxSocketFactory.TryBind(socket, Family.Inet, UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0)), out UdpAddress self))
        {
            return Least;
        }

        var sender = new TrainSender(socket, Family.Inet, reportsErrors: false) { MaxSegments = Most };
        SendResult result = sender.Send(new SendRequest { Payload = stackalloc byte[Most], SegmentSize = 1, Remote = self });
        return result.Status == SendStatus.Sent && sender.MaxSegments == Most ? Most : Least;
    }
}
