using System.Net;
using System.Net.Sockets;
using HotQuic.Handshakes;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Parity;

/// <summary>S18: from a name to a connection, by any of its addresses.</summary>
public class NameTests
{
    [Fact]
    public async Task S18_AnUnknownHostIsNotFound()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(new IPEndPoint(IPAddress.Loopback, 1));
        options.RemoteEndPoint = new DnsEndPoint("no-such-host.invalid", 443);
        SocketException exception = await Assert.ThrowsAnyAsync<SocketException>(async () => await QuicConnection.ConnectAsync(options));

        // Some resolvers say that they cannot tell, where there is no network.
        Assert.Contains(exception.SocketErrorCode, new[] { SocketError.HostNotFound, SocketError.TryAgain, SocketError.NoData });
    }

    [Fact]
    public async Task S18_AnAddressIsANameToo()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        QuicClientConnectionOptions options = Pair.ClientOptions(listener.LocalEndPoint);
        options.RemoteEndPoint = new DnsEndPoint("127.0.0.1", listener.LocalEndPoint.Port);
        await using QuicConnection client = await QuicConnection.ConnectAsync(options).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
    }

    /// <summary>As a socket of both families tells an IPv4 address: packets carry it plain.</summary>
    [SkippableTheory]
    [InlineData(QuicIoMode.Offload)]
    [InlineData(QuicIoMode.Sockets)]
    public async Task S18_AMappedAddressIsTheIPv4AddressInIt(QuicIoMode io)
    {
        Skip.If(io == QuicIoMode.Offload && !OperatingSystem.IsLinux(), "Only Linux has these calls.");
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions(io));
        var mapped = new IPEndPoint(IPAddress.Loopback.MapToIPv6(), listener.LocalEndPoint.Port);
        foreach (EndPoint to in (EndPoint[])[mapped, new DnsEndPoint("::ffff:127.0.0.1", mapped.Port)])
        {
            await using QuicConnection client = await QuicConnection.ConnectAsync(
                Pair.ClientOptions(mapped, io, options => options.RemoteEndPoint = to)).AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
        }

        var probe = new ConnectionProbe();
        QuicClient.Connect(QuicClientConfiguration.Create(Pair.ClientOptions(mapped, io)), mapped, probe);
        QuicConnectionHandle handled = await probe.WhenConnected;
        await ConnectionProbe.RunAsync(handled, () => handled.Close(0));
        await probe.WhenClosed;
    }

    /// <summary>No answer would ever come from it, and the time limit of the handshake would have to tell.</summary>
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::ffff:0.0.0.0")]
    public async Task S18_AWildcardIsNoAddressToConnectTo(string wildcard)
    {
        var to = new IPEndPoint(IPAddress.Parse(wildcard), 4433);
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(async () => await QuicConnection.ConnectAsync(Pair.ClientOptions(to)));
        Assert.Contains("stands for any", exception.Message, StringComparison.Ordinal);
        QuicClientConfiguration configuration = QuicClientConfiguration.Create(Pair.ClientOptions(new IPEndPoint(IPAddress.Loopback, 1)));
        Assert.Throws<ArgumentException>(() => QuicClient.Connect(configuration, to, new ConnectionProbe()));

        // What a name leads to is no mistake of the caller.
        SocketException failure = await Assert.ThrowsAsync<SocketException>(async () => await QuicConnection.ConnectAsync(
            Pair.ClientOptions(to, change: options => options.RemoteEndPoint = new DnsEndPoint(wildcard, 4433))));
        Assert.Equal(SocketError.HostNotFound, failure.SocketErrorCode);
    }

    [Fact]
    public async Task S18_AnAddressOfAnotherFamilyThanAskedForIsNotFound()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(new IPEndPoint(IPAddress.Loopback, 1));
        options.RemoteEndPoint = new DnsEndPoint("127.0.0.1", 443, AddressFamily.InterNetworkV6);
        SocketException exception = await Assert.ThrowsAnyAsync<SocketException>(async () => await QuicConnection.ConnectAsync(options));
        Assert.Equal(SocketError.HostNotFound, exception.SocketErrorCode);
    }

    [SkippableFact]
    public async Task S18_WhereTheFirstAddressesAreDeadTheNextIsTried()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux reports dead ports on shared sockets.");
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        IPEndPoint[] endPoints = [Dead(), Dead(), listener.LocalEndPoint, Dead()];
        await using QuicConnection client = await ConnectAsync(endPoints);
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
    }

    /// <summary>Nobody answers at the first, so that its time limit has to pass.</summary>
    [Fact]
    public async Task S18_WhereTheFirstAddressIsSilentTheNextIsTried()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        await using QuicConnection client = await ConnectAsync(
            [(IPEndPoint)silent.LocalEndPoint!, listener.LocalEndPoint], options => options.HandshakeTimeout = TimeSpan.FromSeconds(1));
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
    }

    /// <summary>A server that answers has answered for its name: to be turned away is no reason to ask another.</summary>
    [Fact]
    public async Task S18_WhatTheServerSaysIsNotAskedOfTheNext()
    {
        QuicListenerOptions refusing = Pair.ListenerOptions();
        refusing.ConnectionOptionsCallback = (_, _, _) => throw new NotSupportedException("not here");
        await using QuicListener first = await QuicListener.ListenAsync(refusing);
        await using QuicListener second = await QuicListener.ListenAsync(Pair.ListenerOptions());
        await Assert.ThrowsAsync<System.Security.Authentication.AuthenticationException>(
            async () => await ConnectAsync([first.LocalEndPoint, second.LocalEndPoint]).AsTask().WaitAsync(Pair.Patience));
    }

    [SkippableFact]
    public async Task S18_WhereAllAreDeadTheLastTellsWhy()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux reports dead ports on shared sockets.");
        SocketException exception = await Assert.ThrowsAsync<SocketException>(
            async () => await ConnectAsync([Dead(), Dead()], options => options.HandshakeTimeout = Timeout.InfiniteTimeSpan).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    private static ValueTask<QuicConnection> ConnectAsync(IPEndPoint[] endPoints, Action<QuicClientConnectionOptions>? change = null) =>
        QuicConnection.ConnectToAnyAsync(QuicEngine.Default, new ClientAttempt(Pair.ClientOptions(endPoints[0], change: change)), endPoints, CancellationToken.None);

    /// <summary>A port of which nobody is left.</summary>
    private static IPEndPoint Dead()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
