using System.Net;

namespace HotQuic.Udp.Tests;

/// <summary>What travels beside the payload: ECN, addresses, the kernel's time.</summary>
public sealed class EnvelopeTests
{
    [Theory]
    [MemberData(nameof(Peers.AllWithTrains), MemberType = typeof(Peers))]
    public void Ack09_EcnCodepointsArrive(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        Assert.True(peers.Receiver.Capabilities.Ecn);
        foreach (int length in (int[])[1000, 2500])
        {
            foreach (IpEcn ecn in Enum.GetValues<IpEcn>())
            {
                peers.Send(Peers.Pattern(length), 1000, ecn);
                Assert.All(peers.Receive(length), part => Assert.Equal(ecn, part.Ecn));
            }
        }
    }

    [Fact]
    public void SocketsOfOneDatagramACallSayThatTheyHaveNoEcn()
    {
        using var peers = new Peers(Io.Datagrams, Route.IPv4);
        Assert.False(peers.Receiver.Capabilities.Ecn);
        peers.Send([1], 1, IpEcn.Ect0);
        Assert.Equal(IpEcn.NotEct, Assert.Single(peers.Receive(1)).Ecn);
    }

    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void L04_TheAddressADatagramWasSentToIsReported(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        Assert.True(peers.Receiver.Capabilities.PacketInfo);
        peers.Send([1], 1);
        Assert.Equal(peers.Destination, Assert.Single(peers.Receive(1)).Local);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void L04_AWildcardSocketTellsTheAddressesOfThisHostApart(Io io)
    {
        using var peers = new Peers(io, Route.DualModeByIPv4);
        string[] addresses = ["127.0.0.2", "::1", "127.0.0.1", "127.0.0.3"];
        foreach (string address in addresses)
        {
            UdpAddress there = UdpAddress.From(IPAddress.Parse(address), peers.Destination.Port);
            peers.Sender.Send(new SendRequest { Payload = [1], SegmentSize = 1, Remote = there });
            Assert.Equal(there, Assert.Single(peers.Receive(1)).Local);
        }
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ASocketNotAskedForLocalAddressesReportsNone(Io io)
    {
        using var peers = new Peers(io, Route.DualModeByIPv4, receiver: options => options with { ReportLocalAddress = false });
        Assert.False(peers.Receiver.Capabilities.PacketInfo);
        peers.Send([1], 1);
        Assert.True(Assert.Single(peers.Receive(1)).Local.IsNone);
    }

    [Theory]
    [InlineData(Io.Offload, Route.DualModeByIPv4, "127.0.0.2", 1000)]
    [InlineData(Io.Offload, Route.DualModeByIPv4, "127.0.0.2", 3000)]
    [InlineData(Io.Offload, Route.DualModeByIPv6, "::1", 3000)]
    [InlineData(Io.Sockets, Route.DualModeByIPv4, "127.0.0.2", 1000)]
    [InlineData(Io.Sockets, Route.DualModeByIPv4, "127.0.0.2", 3000)]
    [InlineData(Io.Sockets, Route.DualModeByIPv6, "::1", 3000)]
    public void TheSourceAddressCanBeChosen(Io io, Route route, string source, int length)
    {
        using var peers = new Peers(io, route);
        UdpAddress local = UdpAddress.From(IPAddress.Parse(source), 0);
        Assert.Equal(SendStatus.Sent, peers.Send(Peers.Pattern(length), 1000, IpEcn.Ect1, local).Status);
        List<Received> received = peers.Receive(length);
        Assert.All(received, part => Assert.Equal(local.WithPort((ushort)peers.Sender.LocalEndPoint.Port), part.Remote));
        Assert.All(received, part => Assert.Equal(IpEcn.Ect1, part.Ecn));
    }

    [Theory]
    [InlineData(Io.Offload, Route.DualModeByIPv4, "192.0.2.1")]
    [InlineData(Io.Offload, Route.DualModeByIPv6, "2001:db8::1")]
    [InlineData(Io.Sockets, Route.DualModeByIPv4, "192.0.2.1")]
    [InlineData(Io.Sockets, Route.DualModeByIPv6, "2001:db8::1")]
    public void ASourceAddressOfAnotherHostIsRefusedAndLeavesOffloadOn(Io io, Route route, string source)
    {
        using var peers = new Peers(io, route);
        SendResult result = peers.Send(Peers.Pattern(3000), 1000, local: UdpAddress.From(IPAddress.Parse(source), 0));
        Assert.Equal((SendStatus.Failed, 0), (result.Status, result.BytesSent));
        Assert.Contains(result.Error, new[] { UdpErrorKind.LocalAddressUnavailable, UdpErrorKind.NetworkUnreachable });
        Assert.True(peers.Sender.Capabilities.Gso);
        Assert.Equal(SendStatus.Sent, peers.Send(Peers.Pattern(3000), 1000).Status);
    }

    [Theory]
    [InlineData(Io.Offload, Route.IPv4)]
    [InlineData(Io.Offload, Route.DualModeByIPv4)]
    [InlineData(Io.Offload, Route.DualModeByIPv6)]
    [InlineData(Io.Sockets, Route.DualModeByIPv4)]
    public void L22_TheKernelTimeOfArrivalIsReportedWhereAskedFor(Io io, Route route)
    {
        using var peers = new Peers(io, route, receiver: options => options with { KernelTimestamps = true });
        Assert.True(peers.Receiver.Capabilities.KernelTimestamps);
        DateTime before = DateTime.UtcNow;
        peers.Send(Peers.Pattern(2000), 1000);
        Received received = peers.Receive(2000)[0];
        Assert.Equal(DateTimeKind.Utc, received.KernelTime.Kind);

        // The kernel's clock and ours are one; its coarser reading may lag by a tick of the machine's timer.
        Assert.InRange(received.KernelTime, before.AddSeconds(-1), DateTime.UtcNow.AddSeconds(1));
    }

    [Fact]
    public void WithoutAskingThereIsNoKernelTime()
    {
        using var peers = new Peers(Io.Offload, Route.IPv4);
        peers.Send([1], 1);
        Assert.Equal(default, Assert.Single(peers.Receive(1)).KernelTime);
    }
}
