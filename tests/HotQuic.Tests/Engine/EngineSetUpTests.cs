using System.Globalization;
using System.Net;
using HotQuic.Options;
using HotQuic.Udp;

namespace HotQuic.Tests.Engine;

/// <summary>The engine that tests share is set up as HOTQUIC_TEST_SHARDS and HOTQUIC_TEST_IO ask, or by its own defaults: see StartupHook.</summary>
public class EngineSetUpTests
{
    [Fact]
    public void TheEngineHasTheShardsThatAreAskedFor()
    {
        int expected = int.TryParse(Environment.GetEnvironmentVariable("HOTQUIC_TEST_SHARDS"), CultureInfo.InvariantCulture, out int asked)
            ? asked
            : Math.Clamp(Environment.ProcessorCount, 1, 64);
        Assert.Equal(expected, QuicEngine.Default.Shards.Length);
    }

    /// <summary>Otherwise none would: they rest for seconds at most.</summary>
    [Fact]
    public void TestsHaveSystemNetSocketsTellWhatArrives() =>
        Assert.Equal(TimeSpan.FromMilliseconds(10), QuicEngineOptions.FromAppContext().SignalAfter);

    [SkippableFact]
    public void SocketsAreDrivenAsAskedWhereAnOptionLeavesItToTheEngine()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Elsewhere there is one way only.");
        UdpIo expected = Environment.GetEnvironmentVariable("HOTQUIC_TEST_IO") switch
        {
            "sockets" => UdpIo.Sockets,
            "datagrams" => UdpIo.Datagrams,
            "offload" => UdpIo.Offload,
            _ => UdpIo.Auto,
        };
        Assert.Equal(expected, IoModes.ToUdp(QuicIoMode.Auto));
        Assert.Equal(UdpIo.Sockets, IoModes.ToUdp(QuicIoMode.Sockets));
        using var socket = UdpSocket.Bind(new UdpSocketOptions { LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0), Io = IoModes.ToUdp(QuicIoMode.Auto) });
        Assert.Equal(expected != UdpIo.Datagrams, socket.Capabilities.Gso);
    }
}
