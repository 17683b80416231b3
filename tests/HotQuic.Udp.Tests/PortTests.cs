using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Tests;

/// <summary>Who may hold a port.</summary>
public sealed class PortTests
{
    private static readonly ShardSteering Steering = new(6, 1);

    public static TheoryData<Io, string> ForeignSockets =>
        Matrix.Of(Enum.GetValues<Io>(), ["0.0.0.0", "127.0.0.1", "::", "::1"]);

    [Theory]
    [MemberData(nameof(ForeignSockets))]
    public void L06_APortHeldByAForeignSocketOfEitherFamilyIsInUse(Io io, string address)
    {
        using var foreign = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        foreign.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        int port = ((IPEndPoint)foreign.LocalEndPoint!).Port;
        AssertInUse(() => UdpSocket.Bind(Options(port, io)));
        AssertInUse(() => UdpSocket.BindShards(Options(port, io), 4, Steering));
    }

    [Fact]
    public void L06_APortHeldByAForeignSocketThatSharesIsInUse()
    {
        using UdpSocket foreign = UdpSocket.Bind(Options(0) with { Sharing = PortSharing.OtherProcesses });
        AssertInUse(() => UdpSocket.Bind(Options(foreign.LocalEndPoint.Port)));
        AssertInUse(() => UdpSocket.BindShards(Options(foreign.LocalEndPoint.Port), 2, Steering));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void L06_APortHeldByAClientOfOursIsInUse(Io io)
    {
        using UdpSocket client = UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io });
        AssertInUse(() => UdpSocket.BindShards(Options(client.LocalEndPoint.Port, io), 2, Steering));
    }

    [Theory]
    [InlineData(Io.Offload, 1)]
    [InlineData(Io.Offload, 3)]
    [InlineData(Io.Sockets, 1)]
    [InlineData(Io.Sockets, 3)]
    [InlineData(Io.Datagrams, 3)]
    public void L07_APortOfOurShardsIsInUseForEverybodyElse(Io io, int shards)
    {
        UdpSocket[] sockets = UdpSocket.BindShards(Options(0, io), shards, Steering);
        int port = sockets[0].LocalEndPoint.Port;
        AssertInUse(() => UdpSocket.Bind(Options(port, io)));
        AssertInUse(() => UdpSocket.BindShards(Options(port, io), shards, Steering));
        AssertInUse(() => UdpSocket.Bind(Options(port, io) with { LocalEndPoint = new IPEndPoint(IPAddress.Loopback, port) }));
        Array.ForEach(sockets, socket => socket.Dispose());
        Array.ForEach(UdpSocket.BindShards(Options(port, io), shards, Steering), socket => socket.Dispose());
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void L07_ASecondProcessOfOursCannotTakeThePort(Io io)
    {
        UdpSocket[] sockets = UdpSocket.BindShards(Options(0, io), 2, Steering);
        using var child = new ChildProcess((UdpIo)io, PortSharing.FirstShard);
        child.StartBinding(sockets[0].LocalEndPoint.Port);
        Assert.Equal(nameof(SocketError.AddressAlreadyInUse), child.ReadAnswer());
        Array.ForEach(sockets, socket => socket.Dispose());
        child.StartBinding(sockets[0].LocalEndPoint.Port);
        Assert.Equal(ChildProcess.Bound, child.ReadAnswer());
        AssertInUse(() => UdpSocket.BindShards(Options(sockets[0].LocalEndPoint.Port, io), 2, Steering));
    }

    [Fact]
    public void L07_OfTwoProcessesThatStartAtOnceOneGetsThePort()
    {
        using var one = new ChildProcess(UdpIo.Offload, PortSharing.FirstShard);
        using var other = new ChildProcess(UdpIo.Offload, PortSharing.FirstShard);
        for (int round = 0; round < 20; round++)
        {
            int port = FreePort();
            one.StartBinding(port);
            other.StartBinding(port);
            string[] answers = [one.ReadAnswer(), other.ReadAnswer()];
            Assert.Single(answers, ChildProcess.Bound);
            Assert.Single(answers, nameof(SocketError.AddressAlreadyInUse));
        }
    }

    [Fact]
    public void L07_ThreadsThatBindShardsAtOnceLeaveOneWinnerWithAllItsShards()
    {
        for (int round = 0; round < 20; round++)
        {
            int port = FreePort();
            UdpSocket[]?[] results = new UdpSocket[]?[4];
            using var start = new Barrier(results.Length);
            Thread[] threads = [.. Enumerable.Range(0, results.Length).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    results[i] = UdpSocket.BindShards(Options(port), 3, Steering);
                }
                catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
                {
                    results[i] = null;
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            UdpSocket[] winner = Assert.Single(results, sockets => sockets is not null)!;
            Assert.Equal(3, winner.Length);
            Array.ForEach(winner, socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void L07_SharingWithOtherProcessesWorksWhereBothAskForIt(Io io)
    {
        using UdpSocket socket = UdpSocket.Bind(Options(0, io) with { Sharing = PortSharing.OtherProcesses });
        using var child = new ChildProcess((UdpIo)io, PortSharing.OtherProcesses);
        child.StartBinding(socket.LocalEndPoint.Port);
        Assert.Equal(ChildProcess.Bound, child.ReadAnswer());
    }

    [Theory]
    [InlineData(Io.Offload, (int)PortSharing.None)]
    [InlineData(Io.Offload, (int)PortSharing.FirstShard)]
    [InlineData(Io.Offload, (int)PortSharing.OtherProcesses)]
    [InlineData(Io.Sockets, (int)PortSharing.None)]
    [InlineData(Io.Sockets, (int)PortSharing.FirstShard)]
    [InlineData(Io.Datagrams, (int)PortSharing.None)]
    public void L08_PortZeroGivesAnotherPortEachTime(Io io, int sharing)
    {
        UdpSocket[] sockets = [.. Enumerable.Range(0, 50).Select(_ => UdpSocket.Bind(Options(0, io) with { Sharing = (PortSharing)sharing }))];
        Assert.Equal(50, sockets.Select(socket => socket.LocalEndPoint.Port).Distinct().Count());
        Assert.DoesNotContain(sockets, socket => socket.LocalEndPoint.Port == 0);
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void L04_WithoutIPv6AnIPv4SocketServes(Io io)
    {
        foreach (IPEndPoint? endPoint in (IPEndPoint?[])[null, new IPEndPoint(IPAddress.IPv6Any, 0)])
        {
            using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions { LocalEndPoint = endPoint, Io = (UdpIo)io, AllowIPv6 = false });
            Assert.Equal(IPAddress.Any, socket.LocalEndPoint.Address);
            Assert.False(socket.Capabilities.DualMode);
        }

        var specific = new UdpSocketOptions { LocalEndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0), Io = (UdpIo)io, AllowIPv6 = false };
        var failure = Assert.Throws<SocketException>(() => UdpSocket.Bind(specific));
        Assert.Equal(SocketError.AddressFamilyNotSupported, failure.SocketErrorCode);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void L04_ShardsWithoutIPv6ShareAnIPv4Port(Io io)
    {
        UdpSocket[] sockets = UdpSocket.BindShards(new UdpSocketOptions { Io = (UdpIo)io, AllowIPv6 = false }, 2, Steering);
        Assert.All(sockets, socket => Assert.Equal(sockets[0].LocalEndPoint, socket.LocalEndPoint));
        Assert.Equal(AddressFamily.InterNetwork, sockets[0].LocalEndPoint.AddressFamily);
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Theory]
    [InlineData(Io.Offload, null, "::")]
    [InlineData(Io.Offload, "::", "::")]
    [InlineData(Io.Offload, "0.0.0.0", "0.0.0.0")]
    [InlineData(Io.Offload, "127.0.0.1", "127.0.0.1")]
    [InlineData(Io.Offload, "::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData(Io.Offload, "::1", "::1")]
    [InlineData(Io.Sockets, null, "::")]
    [InlineData(Io.Sockets, "::", "::")]
    [InlineData(Io.Sockets, "0.0.0.0", "0.0.0.0")]
    [InlineData(Io.Sockets, "127.0.0.1", "127.0.0.1")]
    [InlineData(Io.Sockets, "::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData(Io.Sockets, "::1", "::1")]
    [InlineData(Io.Datagrams, null, "::")]
    [InlineData(Io.Datagrams, "::", "::")]
    [InlineData(Io.Datagrams, "0.0.0.0", "0.0.0.0")]
    [InlineData(Io.Datagrams, "127.0.0.1", "127.0.0.1")]
    [InlineData(Io.Datagrams, "::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData(Io.Datagrams, "::1", "::1")]
    public void L04_TheAddressAskedForDecidesTheFamily(Io io, string? wish, string bound)
    {
        IPEndPoint? endPoint = wish is null ? null : new IPEndPoint(IPAddress.Parse(wish), 0);
        using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions { LocalEndPoint = endPoint, Io = (UdpIo)io });
        Assert.Equal(IPAddress.Parse(bound), socket.LocalEndPoint.Address);
        Assert.NotEqual(0, socket.LocalEndPoint.Port);
        Assert.Equal(bound == "::", socket.Capabilities.DualMode);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void AnAddressOfAnotherHostCannotBeBound(Io io)
    {
        var options = new UdpSocketOptions { LocalEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), Io = (UdpIo)io };
        var failure = Assert.Throws<SocketException>(() => UdpSocket.Bind(options));
        Assert.Equal(SocketError.AddressNotAvailable, failure.SocketErrorCode);
    }

    [Fact]
    public void PortableSocketsServeAllShardsThroughOne()
    {
        UdpSocket only = Assert.Single(UdpSocket.BindShards(Options(0, Io.Datagrams), 4, Steering));
        only.Dispose();
        Assert.Throws<PlatformNotSupportedException>(
            () => UdpSocket.Bind(Options(only.LocalEndPoint.Port, Io.Datagrams) with { Sharing = PortSharing.NextShard }));
    }

    private static UdpSocketOptions Options(int port, Io io = Io.Offload) =>
        new() { LocalEndPoint = new IPEndPoint(IPAddress.IPv6Any, port), Io = (UdpIo)io };

    private static int FreePort()
    {
        using UdpSocket socket = UdpSocket.Bind(Options(0));
        return socket.LocalEndPoint.Port;
    }

    private static void AssertInUse(Func<object> bind)
    {
        var failure = Assert.Throws<SocketException>(bind);
        Assert.Equal(SocketError.AddressAlreadyInUse, failure.SocketErrorCode);
    }
}
