using System.Net;
using System.Net.Sockets;
using HotQuic.Options;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Listener;

/// <summary>
/// The boundary between addresses (L4) and the order of listeners (L11 to L14) over real sockets, in both ways of I/O: listening on
/// 127.0.0.1 binds the wildcard, so that nothing but this filter keeps it from answering other addresses.
/// </summary>
[Collection("listener sockets")]
public sealed class AddressFilterTests
{
    /// <summary>Those of the table that loopback can bring about.</summary>
    public static TheoryData<QuicIoMode, string[], string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<QuicIoMode, string[], string, string, string>();
            foreach (QuicIoMode io in (QuicIoMode[])[Pair.SystemIo, QuicIoMode.Sockets, IoModes.Datagrams])
            {
                foreach (object[] row in BindingTableTests.Cases)
                {
                    var listeners = (string[])row[0];
                    var to = (string)row[2];

                    // System.Net.Sockets alone cannot choose the address to send from: a wildcard answers from the system's choice, 127.0.0.1.
                    bool isWrongSource = io == IoModes.Datagrams && (to is "127.0.0.2" or "127.0.0.9")
                        && !((string)row[3]).StartsWith("No", StringComparison.Ordinal)
                        && !listeners.Any(listener => listener.Contains($" {to} ", StringComparison.Ordinal));
                    if (listeners.Length > 0 && !isWrongSource && (to == "::1" || to.StartsWith("127.", StringComparison.Ordinal)))
                    {
                        cases.Add(io, listeners, (string)row[1], to, (string)row[3]);
                    }
                }
            }

            return cases;
        }
    }

    [Fact]
    public void L9_To_L16_TheTableHasAtLeast40CombinationsForEachWay() => Assert.True(Cases.Count >= 120, $"{Cases.Count} cases");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task L4_L10_L11_L12_L13_L14_EachConnectionReachesTheRightListener(
        QuicIoMode io, string[] listeners, string offered, string to, string expected)
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "There is no IPv6 here.");
        string? chosen = null;
        var servers = new List<QuicServer>();
        int port = 0;
        foreach (ListenerText listener in listeners.Select(ListenerText.Parse))
        {
            var probe = new ServerProbe();
            probe.Attempt = attempt =>
            {
                chosen = $"{listener.Name} {System.Text.Encoding.ASCII.GetString(attempt.NegotiatedProtocol)}";
                attempt.Accept(probe.Configuration, new Handlers.ConnectionProbe());
            };
            var server = new QuicServer(probe, new QuicServerOptions { IoMode = io });
            server.Start(new QuicServerBinding { Address = listener.Address, Port = port, ApplicationProtocols = listener.Protocols });
            port = server.LocalEndPoints[0].Port;
            servers.Add(server);
        }

        var remote = new IPEndPoint(IPAddress.Parse(to), port);
        switch (expected)
        {
            case "NoAddress":
                await ExpectSilenceAsync(servers[0], remote);
                break;
            case "NoProtocol":
                Assert.Equal(0x178, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(remote, offered.Split(' '))));
                Assert.Equal((1, 0), (servers[0].GetStatistics().NoApplicationProtocol, servers[0].GetStatistics().NoAddress));
                break;
            default:
                await using (QuicConnection connection = await ServerProbe.ConnectAsync(remote, offered.Split(' ')))
                {
                    Assert.Equal(expected, chosen);
                    Assert.Equal(expected.Split(' ')[1], connection.NegotiatedApplicationProtocol.ToString());
                    Assert.Equal(remote, connection.RemoteEndPoint);
                }

                break;
        }

        Assert.Equal(expected.StartsWith("No", StringComparison.Ordinal) ? null : expected, chosen);
        foreach (QuicServer server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [SkippableTheory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task L4_WhatIsAnsweredOnAnAddressComesFromThatAddress(QuicIoMode io)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux has all of 127.0.0.0/8.");
        var probe = new ServerProbe();
        await using var server = new QuicServer(probe, new QuicServerOptions { IoMode = io });
        server.Start(ServerProbe.BindingOn(IPAddress.Parse("127.0.0.2")));
        using var client = new RawClient();
        var to = new IPEndPoint(IPAddress.Parse("127.0.0.2"), server.LocalEndPoints[0].Port);
        foreach (byte[] datagram in (byte[][])[RawClient.UnknownVersion(), RawClient.Orphan(2), client.FirstFlight(to, Pair.Protocol)[0]])
        {
            client.Send(to, datagram);
            Assert.Equal(to, (await client.ReceiveAsync()).From);
        }
    }

    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task L16_APortWithoutListenersIsSilentWhileItsConnectionsLive(QuicIoMode io)
    {
        using QuicEngine engine = OneShard();
        var probe = new ServerProbe();
        var server = new QuicServer(engine, probe, new QuicServerOptions { IoMode = io });
        server.Start(ServerProbe.Loopback());
        IPEndPoint to = server.LocalEndPoints[0];
        QuicConnection connection = await ServerProbe.ConnectAsync(to);
        await server.StopAsync();
        Assert.Equal(1, engine.Ports.Count);

        // Every answer would come before the counter tells of the drop.
        long before = engine.Ports.ReadTotals()[Core.Errors.DropReason.NoListener];
        using var client = new RawClient();
        client.Send(to, RawClient.UnknownVersion(), RawClient.Orphan(), client.FirstFlight(to, Pair.Protocol)[0]);
        await ServerProbe.EventuallyAsync(() => engine.Ports.ReadTotals()[Core.Errors.DropReason.NoListener] == before + 3);
        Assert.False(client.HasReceived);
        await connection.DisposeAsync();
        await ServerProbe.EventuallyAsync(() => engine.Ports.Count == 0);
    }

    [SkippableFact]
    public async Task L16_WithoutASocketTheClientLearnsAtOnceThatNobodyIsThere()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux tells which of the attempts on a shared socket it was.");
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var dead = (IPEndPoint)held.LocalEndPoint!;
        held.Dispose();
        await using Pair alive = await Pair.ConnectAsync();

        // No timeout of the client's could end it.
        SocketException exception = await Assert.ThrowsAsync<SocketException>(
            () => ServerProbe.ConnectWithAsync(dead, options => options.HandshakeTimeout = Timeout.InfiniteTimeSpan));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);

        // Others of the same socket go on.
        await alive.OpenAsync();
    }

    internal static QuicEngine OneShard(Func<QuicEngineOptions, QuicEngineOptions>? change = null)
    {
        var options = new QuicEngineOptions { Shards = 1 };
        return new QuicEngine(change?.Invoke(options) ?? options);
    }

    private static async Task ExpectSilenceAsync(QuicServer server, IPEndPoint remote)
    {
        using var client = new RawClient(remote.AddressFamily);
        byte[] initial = client.FirstFlight(remote, "x", "y")[0];
        client.Send(remote, RawClient.UnknownVersion(), RawClient.Orphan(), initial);
        await ServerProbe.EventuallyAsync(() => server.GetStatistics().NoAddress == 3, () => server.GetStatistics().ToString());
        Assert.False(client.HasReceived);
        QuicListenerStatistics counted = server.GetStatistics();
        Assert.Equal((0, 0, 0), (counted.RetriesSent, counted.VersionNegotiationsSent, counted.StatelessResetsSent));
    }
}
