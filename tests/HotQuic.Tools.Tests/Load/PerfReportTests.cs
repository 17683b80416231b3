using System.Text.Json;
using HotQuic.Load.Scenarios;

namespace HotQuic.Tools.Tests.Load;

public sealed class PerfReportTests
{
    [Theory]
    [InlineData("scenario", JsonValueKind.String)]
    [InlineData("gbitPerSecond", JsonValueKind.Number)]
    [InlineData("operationsPerSecond", JsonValueKind.Number)]
    [InlineData("latencyMicroseconds", JsonValueKind.Object)]
    [InlineData("clientCpuSeconds", JsonValueKind.Number)]
    [InlineData("serverCpuSeconds", JsonValueKind.Number)]
    [InlineData("bytes", JsonValueKind.Number)]
    [InlineData("fairness", JsonValueKind.Object)]
    [InlineData("operations", JsonValueKind.Number)]
    [InlineData("udpPayloadBytes", JsonValueKind.Number)]
    [InlineData("packetsSent", JsonValueKind.Number)]
    [InlineData("packetsReceived", JsonValueKind.Number)]
    [InlineData("clientAllocatedBytesPerOperation", JsonValueKind.Number)]
    [InlineData("serverAllocatedBytesPerOperation", JsonValueKind.Number)]
    [InlineData("retransmittedPackets", JsonValueKind.Number)]
    [InlineData("settings", JsonValueKind.Object)]
    public void EveryScenarioHasTheField(string name, JsonValueKind kind)
    {
        JsonElement scenario = Parse(Samples.Result(ScenarioKind.Request)).GetProperty("scenarios")[0];

        Assert.Equal(kind, scenario.GetProperty(name).ValueKind);
    }

    [Theory]
    [InlineData("p50")]
    [InlineData("p90")]
    [InlineData("p99")]
    [InlineData("p999")]
    public void LatencyHasThePercentileInMicroseconds(string name)
    {
        JsonElement latency = Parse(Samples.Result(ScenarioKind.Request)).GetProperty("scenarios")[0].GetProperty("latencyMicroseconds");

        Assert.Equal(0.2, latency.GetProperty(name).GetDouble());
    }

    [Fact]
    public void SettingsSayWhatTheScenarioRanWith()
    {
        JsonElement settings = Parse(Samples.Result(ScenarioKind.Request)).GetProperty("scenarios")[0].GetProperty("settings");

        Assert.Equal(2, settings.GetProperty("seconds").GetDouble());
        Assert.Equal(32, settings.GetProperty("outstanding").GetInt32());
        Assert.Equal("aes128", settings.GetProperty("cipher").GetString());
        Assert.Equal("handler", settings.GetProperty("api").GetString());
        Assert.Equal(50, settings.GetProperty("spinMicroseconds").GetInt32());
        Assert.Equal("stream", settings.GetProperty("serverApi").GetString());
        Assert.Equal(0, settings.GetProperty("serverSpinMicroseconds").GetInt32());
    }

    [Fact]
    public void FairnessIsThatOfTheConnections()
    {
        JsonElement fairness = Parse(Samples.Result(ScenarioKind.Request)).GetProperty("scenarios")[0].GetProperty("fairness");

        Assert.Equal(0.8, fairness.GetProperty("jainIndex").GetDouble(), precision: 12);
        Assert.Equal(0.5, fairness.GetProperty("smallestShareOfMean").GetDouble());
        Assert.Equal(1.5, fairness.GetProperty("largestShareOfMean").GetDouble());
        Assert.Null(Samples.Result(ScenarioKind.Upload).Fairness);
    }

    [Fact]
    public void FiguresFollowFromTheCounts()
    {
        ScenarioResult result = Samples.Result(ScenarioKind.Request);

        Assert.Equal(5, result.OperationsPerSecond);
        Assert.Equal(4000 * 8 / 2 / 1e9, result.GbitPerSecond);
        Assert.Equal(100, result.ClientAllocatedBytesPerOperation);
        Assert.Equal(10, result.ServerAllocatedBytesPerOperation);
        Assert.Equal((30, 29, 3, 1452), (result.PacketsSent, result.PacketsReceived, result.RetransmittedPackets, result.UdpPayloadBytes));
    }

    [Fact]
    public void AnUploadIsWhatArrivedAtTheServerInTheServersOwnTime()
    {
        ScenarioResult result = Samples.Result(ScenarioKind.Upload);

        Assert.Equal(2000, result.Bytes);
        Assert.Equal(2000 * 8 / 1e9, result.GbitPerSecond);
    }

    private static JsonElement Parse(ScenarioResult result) => JsonDocument.Parse(Samples.Report(result).ToJson()).RootElement;
}
