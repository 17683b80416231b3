using HotQuic.Load.Scenarios;

namespace HotQuic.Tools.Tests.Load;

public sealed class ScenarioRulesTests
{
    private static readonly ScenarioSettings Chosen = new() { Seconds = 5, RequestSize = 100, ResponseSize = 200 };

    [Theory]
    [InlineData(ScenarioKind.Upload, 1, 1)]
    [InlineData(ScenarioKind.Download, 1, 1)]
    [InlineData(ScenarioKind.Handshake, 0, 8)]
    [InlineData(ScenarioKind.Request, 1, 32)]
    [InlineData(ScenarioKind.Latency, 1, 1)]
    public void WithoutChoicesEachScenarioHasItsOwnNumbers(ScenarioKind kind, int connections, int outstanding)
    {
        ScenarioSettings settings = ScenarioRules.Of(kind).Apply(Chosen, connections: null, outstanding: null);

        Assert.Equal((connections, outstanding), (settings.Connections, settings.Outstanding));
    }

    [Theory]
    [InlineData(ScenarioKind.Upload, 16, 1)]
    [InlineData(ScenarioKind.Handshake, 0, 4)]
    [InlineData(ScenarioKind.Request, 16, 4)]
    [InlineData(ScenarioKind.Latency, 1, 1)]
    public void ChoicesApplyOnlyWhereTheScenarioHasThem(ScenarioKind kind, int connections, int outstanding)
    {
        ScenarioSettings settings = ScenarioRules.Of(kind).Apply(Chosen, connections: 16, outstanding: 4);

        Assert.Equal((connections, outstanding), (settings.Connections, settings.Outstanding));
    }

    [Fact]
    public void SizesBelongToScenariosWithRequestsOnly()
    {
        Assert.Null(ScenarioRules.Of(ScenarioKind.Upload).Apply(Chosen, null, null).RequestSize);
        Assert.Equal(200, ScenarioRules.Of(ScenarioKind.Latency).Apply(Chosen, null, null).ResponseSize);
    }
}
