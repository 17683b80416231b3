using System.Net;
using HotQuic.Udp;

namespace HotQuic.Tests.Shards;

/// <summary>A socket that takes as many datagrams as the test has room for, and keeps each.</summary>
internal sealed class ScriptedSocket() : UdpSocket(new IPEndPoint(IPAddress.Loopback, 1), new UdpCapabilities { Io = UdpIo.Datagrams })
{
    /// <summary>How many datagrams are taken before the next would block.</summary>
    public int Room { get; set; }

    /// <summary>With which the system refuses what there is room for.</summary>
    public UdpErrorKind Refusal { get; set; }

    public List<(byte[] Bytes, UdpAddress Remote, IpEcn Ecn)> Taken { get; } = [];

    internal override bool IsDisposed => false;

    public override SendResult Send(in SendRequest request)
    {
        int sent = 0;
        while (sent < request.Payload.Length)
        {
            if (Room == 0)
            {
                return new SendResult(SendStatus.WouldBlock, sent);
            }

            if (Refusal != UdpErrorKind.None)
            {
                return new SendResult(SendStatus.Failed, sent, Refusal);
            }

            ReadOnlySpan<byte> datagram = request.Payload[sent..Math.Min(sent + request.SegmentSize, request.Payload.Length)];
            Taken.Add((datagram.ToArray(), request.Remote, request.Ecn));
            sent += datagram.Length;
            Room--;
        }

        return new SendResult(SendStatus.Sent, sent);
    }

    public override int Receive(ReceiveBatch batch) => 0;

    public override bool TryReadError(Span<byte> quoted, out UdpError error)
    {
        error = default;
        return false;
    }

    private protected override bool TrySteer(ShardSteering steering, int shardCount) => false;

    private protected override void Close()
    {
    }
}
