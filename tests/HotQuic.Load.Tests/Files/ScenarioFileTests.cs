using HotQuic.Load.Harness.Files;
using HotQuic.Load.Harness.Model;

namespace HotQuic.Load.Tests.Files;

public sealed class ScenarioFileTests
{
    private const string Good = """
        target: quic://127.0.0.1:4433
        scenarios:
          - name: one
            connections: 3
            outstanding: 50
            timeout: 2s
            warmUp: 500ms
            steps:
              - { kind: request, name: ask, requestBytes: 10, responseBytes: 20 }
              - { kind: pause, during: 10ms }
              - { kind: datagram, bytes: 8, until: echoed }
            simulations:
              - { kind: rampingInject, rate: 10, during: 1m }
              - { kind: inject, rate: 0.5, interval: 2s, during: 1h }
              - { kind: keepConstant, copies: 4, during: 5s }
            thresholds: [p99 < 5ms, "ask: failed < 1%"]
        """;

    [Fact]
    public void AScenarioIsReadWhole()
    {
        LoadScenario scenario = Assert.Single(ScenarioFile.Parse(Good, isJson: false));

        Assert.Equal(("one", 3, 50), (scenario.Name, scenario.Connections, scenario.Outstanding));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500)), (scenario.Timeout, scenario.WarmUp));
        Assert.Equal(["ask", "pause", "datagram"], scenario.Steps.Select(step => step.Name));
        Assert.Equal([10, 0.25, 4], scenario.Simulations.Select(simulation => simulation.Level));
        Assert.Equal(["p99 < 5000us", "ask: failed < 1%"], scenario.Thresholds.Select(threshold => threshold.ToString()));
    }

    [Theory]
    [InlineData("name: one", "nam: one", 3, "name' is missing")]
    [InlineData("connections: 3", "conections: 3", 4, "conections")]
    [InlineData("connections: 3", "connections: many", 4, "a whole number of 0 or more, not 'many'")]
    [InlineData("connections: 3", "connections: 0", 4, "connections: expected 1 to")]
    [InlineData("timeout: 2s", "timeout: 2", 6, "a duration such as")]
    [InlineData("kind: request", "kind: reqest", 9, "steps[0].kind: expected request")]
    [InlineData("requestBytes: 10", "requestBytes: -1", 9, "steps[0].requestBytes")]
    [InlineData("bytes: 8", "bytes: 7", 11, "steps[2]: expected 8 to")]
    [InlineData("copies: 4", "copies: 4, rate: 1", 15, "simulations[2].rate: there is no such field")]
    [InlineData("during: 1h", "during: 1y", 14, "simulations[1].during")]
    [InlineData("p99 < 5ms", "p99 < 5", 16, "thresholds[0]: expected a latency")]
    [InlineData("\"ask: failed < 1%\"", "\"tell: failed < 1%\"", 16, "one of the steps")]
    [InlineData("target: quic://127.0.0.1:4433", "target: http://127.0.0.1:4433", 1, "target: expected perf://")]
    [InlineData("connections: 3", "name: two", 4, "name")]
    public void WhatIsWrongIsSaidWithItsLineAndField(string right, string wrong, int line, string message)
    {
        ScenarioFileException exception =
            Assert.Throws<ScenarioFileException>(() => ScenarioFile.Parse(Good.Replace(right, wrong, StringComparison.Ordinal), isJson: false));

        Assert.Equal(line, exception.Line);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"scenarios\": [\n    { \"name\": 1e }\n  ]\n}", 3)]
    [InlineData("{\n  \"scenarios\": [\n    {\n \"name\": \"x\",\n \"unheard\": 1 }\n  ]\n}", 3)]
    [InlineData("{\n  \"scenarios\": []\n}", 1)]
    public void JsonIsReadWithItsLinesToo(string text, int line) =>
        Assert.Equal(line, Assert.Throws<ScenarioFileException>(() => ScenarioFile.Parse(text, isJson: true)).Line);

    [Fact]
    public void WhatIsSentToAnAgentIsTheSameScenario()
    {
        LoadScenario scenario = ScenarioFile.Parse(Good, isJson: false)[0];
        LoadScenario received = Assert.Single(ScenarioFile.Parse(ScenarioWriter.ToJson(scenario), isJson: true));

        Assert.Equal(ScenarioWriter.ToJson(scenario), ScenarioWriter.ToJson(received));
        Assert.Equal(scenario.Steps, received.Steps);
        Assert.Equal(scenario.Simulations, received.Simulations);
        Assert.Equal(scenario.Thresholds, received.Thresholds);
    }

    /// <summary>A run of days is one of many milliseconds.</summary>
    [Fact]
    public void TheLongestLoadIsSentToAnAgentToo()
    {
        LoadScenario scenario = LoadScenario.Create("soak", LoadTarget.Parse("quic://127.0.0.1:1"), LoadStep.Request("ask", 1))
            .WithLoadSimulations(
                LoadSimulation.KeepConstant(1, LoadSimulation.Longest),
                LoadSimulation.Inject(1.0 / 3, TimeSpan.FromSeconds(1), LoadSimulation.Longest - TimeSpan.FromTicks(1)));

        LoadScenario received = Assert.Single(ScenarioFile.Parse(ScenarioWriter.ToJson(scenario), isJson: true));

        Assert.Equal(scenario.Simulations.Select(simulation => simulation.During), received.Simulations.Select(simulation => simulation.During));
        Assert.Equal(scenario.Simulations[1].Level, received.Simulations[1].Level, 1e-12);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\u0000")]
    public void AServerNameThatIsNoneIsRefusedWhereItStands(string name)
    {
        string file = Good.Replace(
            "target: quic://127.0.0.1:4433", $"target: {{ address: 'https://127.0.0.1:4433', serverName: {System.Text.Json.JsonSerializer.Serialize(name)} }}", StringComparison.Ordinal);

        ScenarioFileException exception = Assert.Throws<ScenarioFileException>(() => ScenarioFile.Parse(file, isJson: false));

        Assert.Equal(1, exception.Line);
        Assert.Contains("target.serverName: expected a host name", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9999999999999999999s")]
    [InlineData("0s")]
    [InlineData("170h")]
    [InlineData("-1s")]
    [InlineData("1e3s")]
    [InlineData(".s")]
    public void ADurationThatIsNoneOrTooLongIsSaid(string during) => Assert.Contains(
        "simulations[1]",
        Assert.Throws<ScenarioFileException>(() => ScenarioFile.Parse(Good.Replace("during: 1h", $"during: {during}", StringComparison.Ordinal), isJson: false)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("rate: 99999999999999999999999")]
    [InlineData("rate: 1e999")]
    [InlineData("rate: NaN")]
    [InlineData("rate: -1")]
    public void ARateThatNobodyCanDoIsSaid(string rate) => Assert.Contains(
        "simulations[1]",
        Assert.Throws<ScenarioFileException>(() => ScenarioFile.Parse(Good.Replace("rate: 0.5", rate, StringComparison.Ordinal), isJson: false)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("a: &x [*x]", false)]
    [InlineData("? [a]\n: b", false)]
    [InlineData("\t", false)]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("null", true)]
    [InlineData("{\"\\ud800\": 1}", true)]
    [InlineData("{\"scenarios\": \"\\udc00\"}", true)]
    public void WhatIsNoFileOfScenariosIsSaid(string text, bool isJson) =>
        Assert.Throws<ScenarioFileException>(() => ScenarioFile.Parse(text, isJson));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NestingWithoutEndIsRefused(bool isJson) => Assert.Throws<ScenarioFileException>(
        () => ScenarioFile.Parse($"{(isJson ? "" : "target: ")}{new string('[', 200_000)}", isJson));

    [Fact]
    public void EverySampleIsGood()
    {
        string[] samples = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "scenarios"));

        Assert.True(samples.Length >= 6);
        Assert.All(samples, sample => Assert.NotEmpty(ScenarioFile.Read(sample)));
    }
}
