using System.Net.Sockets;
using HotQuic.Options;

namespace HotQuic.Tests.Listener;

/// <summary>L7: two processes never share a port silently, however they start; only where both ask for it.</summary>
[Collection("listener sockets")]
public sealed class TwoProcessTests
{
    private const string InUse = nameof(SocketError.AddressAlreadyInUse);

    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task L7_ASecondProcessCannotListenOnThePortUntilTheFirstHasLeftIt(QuicIoMode io)
    {
        var server = new QuicServer(new ServerProbe(), new QuicServerOptions { IoMode = io });
        server.Start(ServerProbe.Loopback());
        int port = server.LocalEndPoints[0].Port;
        using var other = new ListeningProcess(io, sharesPorts: false);
        Assert.Equal("ready", await other.ReadAsync());
        other.StartListening(port);
        Assert.Equal(InUse, await other.ReadAsync());
        await server.DisposeAsync();
        other.StartListening(port);
        Assert.Equal(ListeningProcess.Listening, await other.ReadAsync());
        await using var late = new QuicServer(new ServerProbe(), new QuicServerOptions { IoMode = io });
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => late.Start(ServerProbe.Loopback(port))).SocketErrorCode);
    }

    [Fact]
    public async Task L7_OneThatDoesNotWantToShareCannotListenWhereOthersDo()
    {
        using var sharing = new ListeningProcess(QuicIoMode.Auto, sharesPorts: true);
        Assert.Equal("ready", await sharing.ReadAsync());
        int port = FreePort();
        sharing.StartListening(port);
        Assert.Equal(ListeningProcess.Listening, await sharing.ReadAsync());
        await using var late = new QuicServer(new ServerProbe());
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => late.Start(ServerProbe.Loopback(port))).SocketErrorCode);
    }

    [Fact]
    public async Task L7_OfTwoProcessesThatStartAtTheSameMomentOneListens()
    {
        using var one = new ListeningProcess(QuicIoMode.Auto, sharesPorts: false);
        using var other = new ListeningProcess(QuicIoMode.Auto, sharesPorts: false);
        Assert.Equal(("ready", "ready"), (await one.ReadAsync(), await other.ReadAsync()));
        for (int round = 0; round < 20; round++)
        {
            int port = FreePort();
            one.StartListening(port);
            other.StartListening(port);
            string?[] answers = [await one.ReadAsync(), await other.ReadAsync()];
            Assert.Single(answers, ListeningProcess.Listening);
            Assert.Single(answers, InUse);
        }
    }

    [SkippableFact]
    public async Task L7_ProcessesThatAskForItShareAPortAndServeItsClients()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux spreads what comes over the sockets of a port.");
        var probe = new ServerProbe();
        await using var server = new QuicServer(probe, new QuicServerOptions { SharesPorts = true });
        server.Start(ServerProbe.Loopback());
        using var other = new ListeningProcess(QuicIoMode.Auto, sharesPorts: true);
        Assert.Equal("ready", await other.ReadAsync());
        other.StartListening(server.LocalEndPoints[0].Port);
        Assert.Equal(ListeningProcess.Listening, await other.ReadAsync());

        // Which of the two serves a client is the system's choice; that one of them does is ours.
        for (int i = 0; i < 16; i++)
        {
            var local = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0);
            Exception? failure = await Record.ExceptionAsync(async () =>
            {
                await using QuicConnection connection = await ServerProbe.ConnectWithAsync(
                    server.LocalEndPoints[0],
                    options =>
                    {
                        options.LocalEndPoint = local;

                        // The other process has a certificate of its own.
                        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
                    });
            });
            Assert.Null(failure);
        }

        Assert.InRange(probe.Attempts, 0, 16);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Any, 0));
        return ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
