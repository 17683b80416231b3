using System.Diagnostics;
using System.Net;

namespace HotQuic.Udp.Tests;

public sealed class ErrorQueueTests
{
    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void L16_ADeadPortIsNoticedWithTheDestinationItWasFor(Io io, Route route)
    {
        using var peers = new Peers(io, route, sender: options => options with { ReportErrors = true });
        Assert.True(peers.Sender.Capabilities.ErrorQueue);
        peers.Waiter.Add(peers.Sender);
        UdpAddress dead = DeadPort(peers);
        byte[] payload = Peers.Pattern(100);
        peers.Sender.Send(new SendRequest { Payload = payload, SegmentSize = 100, Remote = dead });

        byte[] quoted = new byte[40];
        UdpError error = ReadError(peers, quoted);
        Assert.Equal(UdpErrorKind.PortUnreachable, error.Kind);
        Assert.Equal(dead, error.Destination);
        Assert.Equal(payload[..40], quoted);
        Assert.Equal(40, error.QuotedLength);
        Assert.False(peers.Sender.TryReadError(out _));
    }

    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void L16_ADeadPortDisturbsNeitherSendingNorReceivingElsewhere(Io io, Route route)
    {
        using var peers = new Peers(io, route, sender: options => options with { ReportErrors = true });
        UdpAddress dead = DeadPort(peers);
        for (int i = 0; i < 20; i++)
        {
            peers.Sender.Send(new SendRequest { Payload = [1, 2], SegmentSize = 1, Remote = dead });
            Assert.Equal(SendStatus.Sent, peers.Send([(byte)i], 1).Status);
            peers.Receiver.Send(new SendRequest { Payload = [(byte)i], SegmentSize = 1, Remote = peers.AddressOf(peers.Sender) });
        }

        peers.Waiter.Add(peers.Sender);
        Assert.Equal(20, peers.Receive(20).Sum(part => part.Payload.Length));
        Assert.Equal(20, Peers.Receive(peers.Sender, peers.Waiter, new ReceiveBatch(), 20).Sum(part => part.Payload.Length));
        Assert.Equal(0, peers.Sender.FailedReceives);
        while (peers.Sender.TryReadError(out UdpError error))
        {
            Assert.Equal(dead, error.Destination);
        }
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void L16_ErrorsOfTwoDestinationsAreToldApart(Io io)
    {
        using var peers = new Peers(io, Route.DualModeByIPv4, sender: options => options with { ReportErrors = true });
        peers.Waiter.Add(peers.Sender);
        UdpAddress one = DeadPort(peers);
        UdpAddress other = UdpAddress.From(IPAddress.IPv6Loopback, one.Port);
        peers.Sender.Send(new SendRequest { Payload = [1], SegmentSize = 1, Remote = one });
        peers.Sender.Send(new SendRequest { Payload = [2], SegmentSize = 1, Remote = other });
        Assert.Equal([one, other], new[] { ReadError(peers, []).Destination, ReadError(peers, []).Destination });
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ASocketNotAskedForErrorsReportsNone(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        Assert.False(peers.Sender.Capabilities.ErrorQueue);
        peers.Sender.Send(new SendRequest { Payload = [1], SegmentSize = 1, Remote = DeadPort(peers) });
        Assert.Equal(SendStatus.Sent, peers.Send([1], 1).Status);
        Assert.Single(peers.Receive(1));
        Assert.False(peers.Sender.TryReadError(out _));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void Pkt18_WhatIsTooLargeForThisHostIsNotReportedTwice(Io io)
    {
        using var peers = new Peers(io, Route.IPv4, sender: options => options with { ReportErrors = true });
        Assert.Equal(UdpErrorKind.MessageTooLarge, peers.Send(new byte[70_000], 70_000).Error);
        Assert.False(peers.Sender.TryReadError(out _));
        peers.Waiter.Add(peers.Sender);
        peers.Waiter.Wait(TimeSpan.Zero);
        Assert.Equal(UdpReadiness.None, peers.Sender.Readiness);
    }

    /// <summary>
    /// The system notes an error on the socket for which its queue has no room: what nothing reads stays, and would end every wait at once.
    /// </summary>
    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void AnErrorThatFoundNoRoomInTheQueueEndsOneWaitOnly(Io io)
    {
        // The least that the system gives, which is less than a report on a datagram of this length takes.
        using var peers = new Peers(io, Route.IPv6, sender: options => options with { ReportErrors = true, ReceiveBufferSize = 1 });
        peers.Waiter.Add(peers.Sender);
        peers.Waiter.Wait(TimeSpan.Zero);
        peers.Sender.Send(new SendRequest { Payload = new byte[1200], SegmentSize = 1200, Remote = DeadPort(peers) });
        var batch = new ReceiveBatch(1);
        int ends = 0;
        for (int i = 0; i < 20; i++)
        {
            peers.Waiter.Wait(TimeSpan.Zero);
            ends += peers.Sender.Readiness == UdpReadiness.None ? 0 : 1;
            if ((peers.Sender.Readiness & UdpReadiness.Error) != 0)
            {
                while (peers.Sender.TryReadError(out _))
                {
                }
            }

            if ((peers.Sender.Readiness & UdpReadiness.Readable) != 0)
            {
                peers.Sender.Receive(batch);
            }
        }

        Assert.InRange(ends, 0, 2);
    }

    /// <summary>A port that was bound just now and is free again.</summary>
    private static UdpAddress DeadPort(Peers peers)
    {
        using var dead = UdpSocket.Bind(new UdpSocketOptions());
        return UdpAddress.From(peers.Loopback, (ushort)dead.LocalEndPoint.Port);
    }

    private static UdpError ReadError(Peers peers, Span<byte> quoted)
    {
        UdpError error;
        long start = Stopwatch.GetTimestamp();
        while (!peers.Sender.TryReadError(quoted, out error))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TestTime.Limit, "No error is reported.");
            peers.Waiter.Wait(TimeSpan.FromSeconds(1));
        }

        return error;
    }
}
