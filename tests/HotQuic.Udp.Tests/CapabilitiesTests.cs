using System.Runtime.Versioning;
using HotQuic.Udp.Linux;

namespace HotQuic.Udp.Tests;

[SupportedOSPlatform("linux")]
public sealed class CapabilitiesTests
{
    [Theory]
    [InlineData(Io.Offload, "offload")]
    [InlineData(Io.Sockets, "sockets")]
    public void ALineForALogSaysWhatTheSocketDoes(Io io, string name)
    {
        using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io, ReportErrors = true, KernelTimestamps = true });
        Assert.Equal((UdpIo)io, socket.Capabilities.Io);
        Assert.Matches(
            $"^{name}, dual mode, GSO x(64|128), GRO, ECN, packet info, source address, kernel timestamps, error queue, don't fragment; "
            + @"buffers \d+ KiB in, \d+ KiB out$",
            socket.Capabilities.ToString());
    }

    [Fact]
    public void APortableSocketSaysWhatItLacks()
    {
        using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions { Io = UdpIo.Datagrams });
        Assert.Equal(UdpIo.Datagrams, socket.Capabilities.Io);
        Assert.Matches(
            @"^sockets, one datagram a call, dual mode, packet info, don't fragment; buffers \d+ KiB in, \d+ KiB out$",
            socket.Capabilities.ToString());
    }

    [Theory]
    [InlineData(Io.Offload, "offload")]
    [InlineData(Io.Sockets, "sockets")]
    public void WhatIsNotAskedForIsNotClaimed(Io io, string name)
    {
        var options = new UdpSocketOptions { Io = (UdpIo)io, SegmentationOffload = false, DontFragment = false, ReportLocalAddress = false };
        using UdpSocket socket = UdpSocket.Bind(options);
        Assert.Matches($"^{name}, dual mode, ECN, source address; buffers", socket.Capabilities.ToString());
        Assert.Equal(1, socket.Capabilities.MaxSegments);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void BufferSizesAreWhatTheSystemGave(Io io)
    {
        using UdpSocket small = UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io, ReceiveBufferSize = 32 << 10, SendBufferSize = 48 << 10 });
        Assert.Equal(32 << 10, small.Capabilities.ReceiveBufferSize);
        Assert.Equal(48 << 10, small.Capabilities.SendBufferSize);
        using UdpSocket system = UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io, ReceiveBufferSize = 0, SendBufferSize = 0 });
        Assert.InRange(system.Capabilities.ReceiveBufferSize, 1, int.MaxValue);
    }

    [Fact]
    public void AKernelThatSegmentsTakesSixtyFourDatagramsOrMore() => Assert.InRange(SegmentationProbe.MaxSegments, 64, 128);

    [Fact]
    public void AutoIsOffloadHere()
    {
        Assert.True(LinuxUdpSocket.IsSupported);
        using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions());
        Assert.Equal(UdpIo.Offload, socket.Capabilities.Io);
    }
}
