using System.Globalization;
using HotQuic.Load.Scenarios;
using HotQuic.Tools.Output;
using HotQuic.Tools.Perf;
using HotQuic.Tools.Tests.Load;

namespace HotQuic.Tools.Tests.Perf;

public sealed class PlainOutputTests
{
    [Fact]
    public void ATableOutsideATerminalIsTextOnly()
    {
        string printed = Print(Samples.Result(ScenarioKind.Upload), Samples.Result(ScenarioKind.Latency, interrupted: true));

        Assert.DoesNotContain(printed, character => char.IsControl(character) && character != '\n');
        Assert.Contains("upload", printed, StringComparison.Ordinal);
        Assert.Contains("latency*", printed, StringComparison.Ordinal);
        Assert.Contains("interrupted", printed, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTableTellsHowFairlyConnectionsShared()
    {
        string printed = Print(Samples.Result(ScenarioKind.Upload), Samples.Result(ScenarioKind.Request));

        Assert.Contains(printed.Split('\n'), line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["fairness,", "Jain", "-", "0.800"]);
        Assert.Contains(printed.Split('\n'), line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["least", "of", "mean", "-", "0.500"]);
    }

    [Fact]
    public void AllFiveScenariosFitIntoEightyCharacters()
    {
        string printed = Print([.. ScenarioRules.All.Select(rules => Samples.Result(rules.Kind, interrupted: true))]);

        Assert.All(printed.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    [Fact]
    public void TheTablesHeadingSaysWithWhatEachSideRan()
    {
        ScenarioResult mixed = Samples.Result(ScenarioKind.Request);
        ScenarioResult alike = mixed with { Settings = mixed.Settings with { ServerApi = "handler", ServerSpinMicroseconds = 50 } };

        Assert.StartsWith("client: api handler, spin 50 us; server: api stream, no spin\n", Print(mixed), StringComparison.Ordinal);
        Assert.StartsWith("api handler, spin 50 us\n", Print(alike), StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersAreTheSameInEveryCulture()
    {
        CultureInfo other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        other.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = other;
            Assert.Equal("1,234.50", Figures.Number(1234.5, 2));
            Assert.Equal("9.81 MB", Figures.Bytes(9_810_000));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task AScenarioOutsideATerminalIsOneLineBeforeAndOneAfter()
    {
        using StringWriter output = new();
        ScenarioDisplay display = new(Terminal.Plain(output, TextWriter.Null));

        await display.ShowAsync("request", onFigures =>
        {
            onFigures(new(0.5, false, 1, 2));
            return Task.FromResult<ScenarioResult?>(Samples.Result(ScenarioKind.Request));
        });

        Assert.Equal(2, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain('\r', output.ToString());
    }

    private static string Print(params ScenarioResult[] results)
    {
        using StringWriter output = new();
        ResultTable.Print(results, Terminal.Plain(output, TextWriter.Null));
        return output.ToString();
    }
}
