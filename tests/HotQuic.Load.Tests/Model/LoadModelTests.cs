using HotQuic.Load.Harness.Model;

namespace HotQuic.Load.Tests.Model;

public sealed class LoadModelTests
{
    private static readonly LoadTarget Perf = LoadTarget.Parse("perf://127.0.0.1:4433");
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("perf://host:1", LoadProtocol.Perf, "host", 1, "hotquic-perf")]
    [InlineData("quic://[::1]:4433", LoadProtocol.Quic, "::1", 4433, "echo")]
    [InlineData("https://example.org", LoadProtocol.Http3, "example.org", 443, "h3")]
    public void AnAddressIsReadAndWrittenAlike(string address, LoadProtocol protocol, string host, int port, string alpn)
    {
        LoadTarget target = LoadTarget.Parse(address);

        Assert.Equal((protocol, host, port, alpn), (target.Protocol, target.Host, target.Port, target.ApplicationProtocol));
        Assert.Equal(target, LoadTarget.Parse(target.Address));
    }

    [Theory]
    [InlineData("")]
    [InlineData("host:1")]
    [InlineData("http://host:1")]
    [InlineData("quic://host")]
    [InlineData("quic://user@host:1")]
    public void WhatIsNoAddressIsRefused(string address) => Assert.Contains("Expected", Assert.Throws<FormatException>(() => LoadTarget.Parse(address)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("p99 < 5ms", null, LoadMetric.P99, 5000)]
    [InlineData("p99.9<=2s", null, LoadMetric.P999, 2e6)]
    [InlineData("log in: p50 < 70.5us", "log in", LoadMetric.P50, 70.5)]
    [InlineData("failed <= 0.1%", null, LoadMetric.FailedPercent, 0.1)]
    [InlineData("rate >= 990", null, LoadMetric.Rate, 990)]
    [InlineData("ask: mbit > 100", "ask", LoadMetric.MegabitPerSecond, 100)]
    public void AConditionIsReadAndWrittenAlike(string text, string? step, LoadMetric metric, double limit)
    {
        LoadThreshold threshold = LoadThreshold.Parse(text);

        Assert.Equal((step, metric, limit), (threshold.Step, threshold.Metric, threshold.Limit));
        Assert.Equal(threshold, LoadThreshold.Parse(threshold.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("p99 < 5")]
    [InlineData("p98 < 5ms")]
    [InlineData("failed < 1")]
    [InlineData("rate > 5ms")]
    [InlineData("p99 = 5ms")]
    public void WhatIsNoConditionIsRefused(string text) => Assert.Contains("Expected", Assert.Throws<FormatException>(() => LoadThreshold.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("<", 1, true, false, false)]
    [InlineData("<=", 1, true, true, false)]
    [InlineData(">", 1, false, false, true)]
    [InlineData(">=", 1, false, true, true)]
    public void AConditionHoldsOrNot(string comparison, int limit, bool below, bool same, bool above)
    {
        LoadThreshold threshold = LoadThreshold.Parse($"rate {comparison} {limit}");

        Assert.Equal((below, same, above), (threshold.Holds(limit - 0.5), threshold.Holds(limit), threshold.Holds(limit + 0.5)));
    }

    [Fact]
    public void SimulationsAreCheckedAtOnce()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LoadSimulation.KeepConstant(-1, OneSecond));
        Assert.Throws<ArgumentOutOfRangeException>(() => LoadSimulation.KeepConstant(1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => LoadSimulation.Inject(1, TimeSpan.Zero, OneSecond));
        Assert.Throws<ArgumentOutOfRangeException>(() => LoadSimulation.Inject(double.NaN, OneSecond, OneSecond));
        Assert.Throws<ArgumentOutOfRangeException>(() => LoadSimulation.Pause(TimeSpan.FromDays(8)));
    }

    [Fact]
    public void AScenarioIsCheckedAtOnce()
    {
        LoadStep ask = LoadStep.Request("ask", 1, 1);
        LoadScenario scenario = LoadScenario.Create("x", Perf, ask);

        Assert.Contains("at least one step", Wrong(() => LoadScenario.Create("x", Perf)), StringComparison.Ordinal);
        Assert.Contains("name of its own", Wrong(() => LoadScenario.Create("x", Perf, ask, ask)), StringComparison.Ordinal);
        Assert.Contains("only as the first", Wrong(() => LoadScenario.Create("x", Perf, ask, LoadStep.Connect("c"))), StringComparison.Ordinal);
        Assert.Contains("does something", Wrong(() => LoadScenario.Create("x", Perf, LoadStep.Pause("p", OneSecond))), StringComparison.Ordinal);
        Assert.Contains("expected https://", Wrong(() => LoadScenario.Create("x", Perf, LoadStep.Http("h", "GET", "/"))), StringComparison.Ordinal);
        Assert.Contains("same response size", Wrong(() => LoadScenario.Create("x", Perf, ask, LoadStep.Request("b", 1, 2))), StringComparison.Ordinal);
        Assert.Contains("above 0", Wrong(() => scenario.WithLoadSimulations(LoadSimulation.Pause(OneSecond))), StringComparison.Ordinal);
        Assert.Contains("'ask'", Wrong(() => scenario.WithThresholds("other: p99 < 1ms")), StringComparison.Ordinal);
        Assert.Contains("connections", Wrong(() => scenario.WithConnections(0)), StringComparison.Ordinal);
        Assert.Contains("no body with GET", Wrong(() => LoadStep.Http("h", "GET", "/", 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void AScenarioNeverChanges()
    {
        LoadScenario scenario = LoadScenario.Create("x", Perf, LoadStep.Request("ask", 1));

        Assert.Equal(7, scenario.WithConnections(7).Connections);
        Assert.Equal(1, scenario.Connections);
    }

    private static string Wrong(Func<object> make) => Assert.ThrowsAny<ArgumentException>(make).Message;
}
