using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using HotQuic.Options;
using HotQuic.Ports;
using HotQuic.Tests.Engine;
using HotQuic.Udp;

namespace HotQuic.Tests.Listener;

/// <summary>Starting a server (L1 to L10): what it is given, which ports it gets, and who else holds them.</summary>
[Collection("listener sockets")]
public sealed class StartingTests
{
    public static TheoryData<QuicIoMode> EveryIoMode => [QuicIoMode.Auto, QuicIoMode.Sockets, IoModes.Datagrams];

    [Fact]
    public void L1_BindingsThatMakeNoSenseAreArgumentErrorsThatNameThem()
    {
        var server = new QuicServer(new ServerProbe());
        Expect("bindings", () => server.Start());
        Expect("bindings[1]", () => server.Start(ServerProbe.Loopback(), null!));
        Expect("bindings[0]", () => server.Start(new QuicServerBinding { ApplicationProtocols = [] }));
        Expect("ApplicationProtocols[1]", () => server.Start(new QuicServerBinding { ApplicationProtocols = [new("x"), default] }));
        Expect("Port", () => server.Start(ServerProbe.Loopback() with { Port = 65_536 }));
        Expect("65,535", () => server.Start(new QuicServerBinding { ApplicationProtocols = Names(256, 255) }));

        // The largest that there may be: 256 bytes each, and one less in all than would be too much.
        server.Start(new QuicServerBinding { Address = IPAddress.Loopback, ApplicationProtocols = [.. Names(255, 255), new(new byte[254])] });
        server.Stop();

        static void Expect(string named, Action start)
        {
            ArgumentException exception = Assert.ThrowsAny<ArgumentException>(start);
            Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        }

        static List<SslApplicationProtocol> Names(int count, int length) =>
            [.. Enumerable.Range(0, count).Select(i => new SslApplicationProtocol([.. Enumerable.Repeat((byte)i, length)]))];
    }

    /// <summary>What may be listened for can be connected to.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task L1_TheLongestListOfProtocolsServesItsClients(bool isAwaited)
    {
        List<SslApplicationProtocol> longest =
            [.. Enumerable.Range(0, 255).Select(i => new SslApplicationProtocol([.. Enumerable.Repeat((byte)i, 255)])), new(new byte[249]), new(Pair.Protocol)];
        Assert.Equal(ushort.MaxValue, longest.Sum(protocol => 1 + protocol.Protocol.Length));
        if (isAwaited)
        {
            QuicListenerOptions options = Pair.ListenerOptions(change: given => given.ServerAuthenticationOptions.ApplicationProtocols = null);
            options.ApplicationProtocols = longest;
            await using QuicListener listener = await QuicListener.ListenAsync(options);
            await using QuicConnection client = await ServerProbe.ConnectAsync(listener.LocalEndPoint);
            Assert.Equal(Pair.Protocol, client.NegotiatedApplicationProtocol.ToString());
        }
        else
        {
            await using var server = new QuicServer(new ServerProbe());
            server.Start(new QuicServerBinding { Address = IPAddress.Loopback, ApplicationProtocols = longest });
            await using QuicConnection client = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
            Assert.Equal(Pair.Protocol, client.NegotiatedApplicationProtocol.ToString());
        }
    }

    [Fact]
    public void OptionsOutOfRangeAreArgumentErrorsThatNameThem()
    {
        Expect(nameof(QuicServerOptions.Backlog), new QuicServerOptions { Backlog = 0 });
        Expect(nameof(QuicServerOptions.RetryMemoryFraction), new QuicServerOptions { RetryMemoryFraction = 1.1 });
        Expect(nameof(QuicServerOptions.RetryMemoryFraction), new QuicServerOptions { RetryMemoryFraction = double.NaN });
        Expect(nameof(QuicServerOptions.OverloadLimit), new QuicServerOptions { OverloadLimit = TimeSpan.Zero });
        Expect(nameof(QuicServerOptions.OverloadDropLimit), new QuicServerOptions { OverloadDropLimit = TimeSpan.FromMilliseconds(1) });
        Expect(nameof(QuicServerOptions.RetryMode), new QuicServerOptions { RetryMode = (QuicRetryMode)9 });
        Expect(nameof(QuicServerOptions.IoMode), new QuicServerOptions { IoMode = (QuicIoMode)9 });
        Assert.Throws<ArgumentNullException>(() => new QuicServer(null!));

        static void Expect(string named, QuicServerOptions options) => Assert.Contains(
            named, Assert.ThrowsAny<ArgumentException>(() => new QuicServer(new ServerProbe(), options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "::")]
    [InlineData("::", "::")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    public async Task L3_TheChosenPortCanBeAskedForAndTheAddressStaysAsRequested(string? asked, string told)
    {
        await using var server = new QuicServer(new ServerProbe());
        Assert.Empty(server.LocalEndPoints);
        server.Start(ServerProbe.BindingOn(asked is null ? null : IPAddress.Parse(asked)));
        IPEndPoint at = Assert.Single(server.LocalEndPoints);
        Assert.Equal(IPAddress.Parse(told), at.Address);
        Assert.NotEqual(0, at.Port);
        Assert.True(server.IsStarted);
    }

    [Fact]
    public async Task L4_ListenersOfOnePortShareItsSockets()
    {
        using QuicEngine engine = AddressFilterTests.OneShard(options => options with { Shards = 3 });
        var options = new QuicServerOptions { IoMode = Pair.SystemIo };
        await using var one = new QuicServer(engine, new ServerProbe(), options);
        await using var other = new QuicServer(engine, new ServerProbe(), options);
        one.Start(ServerProbe.Loopback());
        int port = one.LocalEndPoints[0].Port;
        other.Start(ServerProbe.BindingOn(IPAddress.IPv6Loopback, port), ServerProbe.BindingOn(null, port), ServerProbe.Loopback(0));
        Assert.Equal(2, engine.Ports.Count);
        Assert.Equal(OperatingSystem.IsLinux() ? 6 : 2, engine.Ports.SocketCount);
        await other.StopAsync();
        Assert.Equal(1, engine.Ports.Count);
        await one.StopAsync();
        Assert.Equal((0, 0), (engine.Ports.Count, engine.Ports.SocketCount));
    }

    [Fact]
    public async Task L4_WithoutIPv6ThereAreIPv4SocketsAndNoIPv6Addresses()
    {
        using QuicEngine engine = AddressFilterTests.OneShard(options => options with { AllowIPv6 = false });
        var probe = new ServerProbe();
        await using var server = new QuicServer(engine, probe, null);
        SocketException exception = Assert.Throws<SocketException>(() => server.Start(ServerProbe.BindingOn(IPAddress.IPv6Loopback)));
        Assert.Equal(SocketError.AddressFamilyNotSupported, exception.SocketErrorCode);
        server.Start(ServerProbe.BindingOn(null));
        await using QuicConnection connection = await ServerProbe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.LocalEndPoints[0].Port));
        Assert.Equal(1, probe.Attempts);
    }

    [Fact]
    public async Task L4_AnAddressOfAnotherHostCannotBeListenedOn()
    {
        await using var server = new QuicServer(new ServerProbe());
        SocketException exception = Assert.Throws<SocketException>(() => server.Start(ServerProbe.BindingOn(IPAddress.Parse("192.0.2.1"))));
        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
        Assert.False(server.IsStarted);
    }

    [Fact]
    public async Task L5_StartingTwiceIsAnErrorAndAFailedStartLeavesTheServerAsItWas()
    {
        using var foreign = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        foreign.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int taken = ((IPEndPoint)foreign.LocalEndPoint!).Port;
        using QuicEngine engine = AddressFilterTests.OneShard();
        var probe = new ServerProbe();
        await using var server = new QuicServer(engine, probe, null);

        // All or none: the first of them could have been had.
        Assert.Throws<SocketException>(() => server.Start(ServerProbe.Loopback(), ServerProbe.Loopback(taken)));
        Assert.Equal((false, 0), (server.IsStarted, engine.Ports.Count));
        Assert.Empty(probe.Events);

        server.Start(ServerProbe.Loopback());
        Assert.Throws<InvalidOperationException>(() => server.Start(ServerProbe.Loopback()));
        await using QuicConnection connection = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        Assert.Equal(["connection"], probe.Events);
    }

    [Fact]
    public async Task L5_AStartThatFailsIsShownNoClientMeanwhile()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        var probe = new ServerProbe();
        await using var other = new QuicServer(engine, new ServerProbe(), null);
        await using var server = new QuicServer(engine, probe, null);
        other.Start(ServerProbe.Loopback(0, "other"));
        IPEndPoint open = other.LocalEndPoints[0];
        Task<long?>? failing = null;
        engine.Ports.Bind = (_, _) =>
        {
            // Of the two bindings the first one's port is open already, and the second one's cannot be had.
            failing = ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(open, "mine"));
            ServerProbe.BlockUntil(failing);
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        };
        Assert.Throws<SocketException>(() => server.Start(ServerProbe.Loopback(open.Port, "mine"), ServerProbe.Loopback()));
        Assert.Equal(0x178, await failing!);
        Assert.Empty(probe.Events);
    }

    [Theory]
    [MemberData(nameof(EveryIoMode))]
    public async Task L6_APortThatASocketOfEitherFamilyHoldsIsInUse(QuicIoMode io)
    {
        foreach (IPAddress address in (IPAddress[])[IPAddress.Any, IPAddress.Loopback, IPAddress.IPv6Any, IPAddress.IPv6Loopback])
        {
            using var foreign = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            foreign.Bind(new IPEndPoint(address, 0));
            int port = ((IPEndPoint)foreign.LocalEndPoint!).Port;
            await using var server = new QuicServer(new ServerProbe(), new QuicServerOptions { IoMode = io });
            foreach (IPAddress? asked in (IPAddress?[])[null, IPAddress.Loopback, IPAddress.IPv6Loopback])
            {
                SocketException exception = Assert.Throws<SocketException>(() => server.Start(ServerProbe.BindingOn(asked, port)));
                Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
            }
        }
    }

    [Fact]
    public async Task L6_ThePortOfAClientOfOursIsInUse()
    {
        await using Pair pair = await Pair.ConnectAsync();
        await using var server = new QuicServer(new ServerProbe());
        SocketException exception = Assert.Throws<SocketException>(() => server.Start(ServerProbe.Loopback(pair.Client.LocalEndPoint.Port)));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(EveryIoMode))]
    public async Task L8_PortZeroGivesEachBindingItsOwnPort(QuicIoMode io)
    {
        await using var one = new QuicServer(new ServerProbe(), new QuicServerOptions { IoMode = io });
        await using var other = new QuicServer(new ServerProbe(), new QuicServerOptions { IoMode = io });
        one.Start(ServerProbe.Loopback(), ServerProbe.Loopback());
        other.Start(ServerProbe.Loopback());
        Assert.Equal(3, one.LocalEndPoints.Concat(other.LocalEndPoints).Select(at => at.Port).Distinct().Count());
    }

    [Fact]
    public async Task L8_APortThatIsOursAlreadyIsPassedOver()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        int calls = 0;
        int first = 0;
        var table = new PortTable(engine)
        {
            // A system that gives the same port again, as some do with sharing, and then another.
            Bind = (options, shards) =>
            {
                bool again = Interlocked.Increment(ref calls) == 2;
                var own = options with
                {
                    Sharing = PortSharing.OtherProcesses,
                    LocalEndPoint = new IPEndPoint(IPAddress.IPv6Any, again ? first : 0),
                };
                return UdpSocket.BindShards(own, shards, new ShardSteering(6, 1));
            },
        };
        PortBinding one = Binding();
        table.Add([one]);
        first = one.Port!.Number;
        PortBinding other = Binding();
        table.Add([other]);
        Assert.Equal(3, calls);
        Assert.NotEqual(first, other.Port!.Number);
        await table.Remove([one, other]);

        PortBinding Binding()
        {
            var options = new QuicListenerOptions { ApplicationProtocols = [new("x")] };
            var entry = new AcceptQueueEntry(options, new ListenerCounters(total: null), engine.Handshakes);
            return new PortBinding(entry, IPAddress.Loopback, 0, new ProtocolNames(options.ApplicationProtocols));
        }
    }

    [Fact]
    public async Task L9_L10_OnOneAddressAndPortEachProtocolHasOneListener()
    {
        await using var one = new QuicServer(new ServerProbe());
        await using var other = new QuicServer(new ServerProbe());
        one.Start(ServerProbe.Loopback(0, "x", "y"));
        int port = one.LocalEndPoints[0].Port;
        QuicException exception = Assert.Throws<QuicException>(() => other.Start(ServerProbe.Loopback(port, "y", "z")));
        Assert.Equal(QuicError.AlpnInUse, exception.QuicError);

        // Disjoint, another address, a wildcard, another family.
        other.Start(
            ServerProbe.Loopback(port, "z"),
            ServerProbe.BindingOn(IPAddress.Any, port, "x"),
            ServerProbe.BindingOn(null, port, "x"),
            ServerProbe.BindingOn(IPAddress.IPv6Loopback, port, "x"));
        await other.StopAsync();

        // Within one start, too, and then none of it is started.
        Assert.Throws<QuicException>(() => other.Start(ServerProbe.Loopback(port, "z"), ServerProbe.Loopback(port, "q", "z")));
        other.Start(ServerProbe.Loopback(port, "z"), ServerProbe.Loopback(port, "q"));
    }
}
