using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HotQuic.Udp.Linux;
using HotQuic.Udp.Portable;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Tests;

[SupportedOSPlatform("linux")]
public sealed partial class SendFailureTests
{
    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void Pkt18_AnOversizeDatagramIsAValueAndTheSocketGoesOn(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        SendResult result = peers.Send(new byte[70_000], 70_000);
        Assert.Equal(new SendResult(SendStatus.Failed, 0, UdpErrorKind.MessageTooLarge), result);
        Assert.Equal(SendStatus.Sent, peers.Send([1], 1).Status);
        Assert.Single(peers.Receive(1));
    }

    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void Pkt18_DatagramsCarryDontFragment(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        Assert.True(peers.Sender.Capabilities.DontFragment);
        if (peers.Sender is LinuxUdpSocket socket)
        {
            bool inet6 = socket.LocalEndPoint.AddressFamily == AddressFamily.InterNetworkV6;
            Assert.True(SocketOptions.TryGet(socket.Descriptor, Level.Ip, IpOption.MtuDiscover, out int ip));
            Assert.Equal(MtuDiscovery.Probe, ip);
            SocketOptions.TryGet(socket.Descriptor, Level.Ipv6, Ipv6Option.MtuDiscover, out int ipv6);
            Assert.Equal(inet6, ipv6 == MtuDiscovery.Probe);
        }
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void ADeviceThatRefusesOffloadGetsSingleDatagramsFromThenOn(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        var socket = (LinuxUdpSocket)peers.Sender;
        Assert.True(socket.Capabilities.Gso);

        // Without a checksum the kernel refuses to segment, as it does above a device that cannot make one.
        const int NoCheck = 11;
        Assert.True(SocketOptions.TrySet(socket.Descriptor, Level.Socket, NoCheck, 1));
        byte[] train = Peers.Pattern(70_500);
        Assert.Equal(new SendResult(SendStatus.Sent, train.Length), peers.Send(train, 1000));
        Assert.Equal(train, peers.Receive(train.Length).SelectMany(part => part.Payload));
        Assert.False(socket.Capabilities.Gso);
        Assert.Equal(1, socket.Capabilities.MaxSegments);
        Assert.DoesNotContain("GSO", socket.Capabilities.ToString(), StringComparison.Ordinal);

        Assert.Equal(new SendResult(SendStatus.Sent, train.Length), peers.Send(train, 1000));
        Assert.Equal(train, peers.Receive(train.Length).SelectMany(part => part.Payload));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void AFullSendBufferIsWouldBlockAndTheWaiterTellsWhenThereIsRoom(Io io)
    {
        // Loopback never fills a UDP socket's send buffer. A TCP connection that nobody reads does, and ignores the destination:
        // it takes the place of the UDP socket behind its descriptor.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stream = new TcpClient();
        stream.Connect((IPEndPoint)listener.LocalEndpoint);
        using TcpClient reader = listener.AcceptTcpClient();
        using var socket = (LinuxUdpSocket)UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io, SegmentationOffload = false });
        Assert.True(Duplicate((int)stream.Client.Handle, socket.Descriptor.Number) >= 0);

        using ShardWaiter waiter = ShardWaiter.Create();
        waiter.Add(socket);
        waiter.Wait(TimeSpan.Zero);
        UdpAddress somewhere = UdpAddress.From(IPAddress.Loopback, 9);
        byte[] payload = new byte[10_000];
        SendResult result = Send();
        for (int i = 0; i < 10_000 && result.Status == SendStatus.Sent; i++)
        {
            result = Send();
        }

        Assert.Equal(SendStatus.WouldBlock, result.Status);
        Assert.Equal(UdpErrorKind.None, result.Error);
        waiter.Wait(TimeSpan.Zero);
        Assert.Equal(UdpReadiness.None, socket.Readiness);

        var drain = new Thread(() => reader.GetStream().CopyTo(Stream.Null));
        drain.Start();
        while ((socket.Readiness & UdpReadiness.Writable) == 0)
        {
            waiter.Wait(TestTime.Limit);
        }

        waiter.Wait(TimeSpan.Zero);
        Assert.Equal(UdpReadiness.None, socket.Readiness);
        Assert.Equal(SendStatus.Sent, Send().Status);
        stream.Client.Shutdown(SocketShutdown.Both);
        drain.Join();

        SendResult Send() => socket.Send(new SendRequest { Payload = payload, SegmentSize = payload.Length, Remote = somewhere });
    }

    [Theory]
    [InlineData(ErrorNumber.None, (int)UdpErrorKind.None)]
    [InlineData(ErrorNumber.MessageTooLarge, (int)UdpErrorKind.MessageTooLarge)]
    [InlineData(ErrorNumber.ConnectionRefused, (int)UdpErrorKind.PortUnreachable)]
    [InlineData(ErrorNumber.HostUnreachable, (int)UdpErrorKind.HostUnreachable)]
    [InlineData(ErrorNumber.NetworkUnreachable, (int)UdpErrorKind.NetworkUnreachable)]
    [InlineData(ErrorNumber.Invalid, (int)UdpErrorKind.LocalAddressUnavailable)]
    [InlineData(ErrorNumber.NotPermitted, (int)UdpErrorKind.NotPermitted)]
    [InlineData(ErrorNumber.NoBuffers, (int)UdpErrorKind.NoBuffers)]
    [InlineData(9999, (int)UdpErrorKind.Other)]
    public void EachErrorNumberHasItsMeaning(int number, int kind) => Assert.Equal((UdpErrorKind)kind, ErrorNumber.ToKind(number));

    [Theory]
    [InlineData(SocketError.Success, (int)UdpErrorKind.None)]
    [InlineData(SocketError.MessageSize, (int)UdpErrorKind.MessageTooLarge)]
    [InlineData(SocketError.ConnectionReset, (int)UdpErrorKind.PortUnreachable)]
    [InlineData(SocketError.HostUnreachable, (int)UdpErrorKind.HostUnreachable)]
    [InlineData(SocketError.NetworkUnreachable, (int)UdpErrorKind.NetworkUnreachable)]
    [InlineData(SocketError.AddressNotAvailable, (int)UdpErrorKind.LocalAddressUnavailable)]
    [InlineData(SocketError.AccessDenied, (int)UdpErrorKind.NotPermitted)]
    [InlineData(SocketError.NoBufferSpaceAvailable, (int)UdpErrorKind.NoBuffers)]
    [InlineData(SocketError.Fault, (int)UdpErrorKind.Other)]
    public void EachSocketErrorHasItsMeaning(SocketError error, int kind) => Assert.Equal((UdpErrorKind)kind, SocketErrors.ToKind(error));

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ADisposedSocketThrowsForItsOwner(Io io)
    {
        var peers = new Peers(io, Route.IPv4);
        peers.Dispose();
        peers.Receiver.Dispose();
        Assert.Throws<ObjectDisposedException>(() => peers.Send([1], 1));
        Assert.Throws<ObjectDisposedException>(() => peers.Receiver.Receive(new ReceiveBatch(1)));
    }

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);
}
