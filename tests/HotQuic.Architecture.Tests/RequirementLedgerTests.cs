using System.Text.RegularExpressions;

namespace HotQuic.Architecture.Tests;

/// <summary>
/// tests/requirements.md says for each requirement of the specifications which tests show it, or to which later issue it is
/// deferred. The list of QUIC's requirements lies beside the checkout, as the large vector sets do; those of HTTP/3 are written out in the file.
/// </summary>
public sealed partial class RequirementLedgerTests
{
    /// <summary>The issues that requirements may be deferred to; anything else has to be shown.</summary>
    private static readonly string[] LaterIssues =
    [
        "later issue: resumption and 0-RTT",
        "later issue: migration",
        "later issue: version negotiation and QUIC v2",
        "later issue: post-quantum key exchange",
        "later issue: certificate compression",
    ];

    [SkippableFact]
    public void EveryRequirementIsShownByATestOrDeferred()
    {
        Dictionary<string, Row> rows = Ledger().ToDictionary(row => row.Id);
        string[] missing = [.. MapIds().Where(id => !rows.TryGetValue(id, out Row row) || (row.Tests.Length == 0 && row.Deferral.Length == 0))];
        Assert.True(missing.Length == 0, $"Neither shown nor deferred: {string.Join(", ", missing)}");
    }

    [SkippableFact]
    public void TheLedgerHasNoRequirementThatTheMapLacks()
    {
        Assert.Empty(Ledger().Where(row => row.Text is null).Select(row => row.Id).Except(MapIds()));
    }

    [Fact]
    public void EveryRequirementOfHttp3IsShownByATestOrItIsSaidWhyNot()
    {
        Row[] rows = [.. Ledger().Where(row => row.Text is not null)];
        Assert.True(rows.Length > 100, "The table of HTTP/3 is not read as it is written.");
        Assert.All(rows, row =>
        {
            Assert.False(string.IsNullOrEmpty(row.Text), $"{row.Id} does not say what is required.");
            Assert.True(row.Tests.Length > 0 || row.Deferral.Length > 0, $"{row.Id} is neither shown nor explained.");
            Assert.True(
                row.Deferral.Length == 0 || row.Deferral.StartsWith("not offered: ", StringComparison.Ordinal) || row.Deferral.StartsWith("deliberately not: ", StringComparison.Ordinal),
                $"{row.Id}: expected 'not offered: ' or 'deliberately not: ' and the reason.");
        });
    }

    [Fact]
    public void EveryTestThatTheLedgerNamesExists()
    {
        HashSet<string> tests = Tests();
        string[] unknown = [.. Ledger().SelectMany(row => row.Tests.Select(test => (row.Id, Test: test))).Where(entry => !tests.Contains(entry.Test)).Select(entry => $"{entry.Id}: {entry.Test}")];
        Assert.True(unknown.Length == 0, $"No such test: {string.Join(", ", unknown)}");
    }

    [Fact]
    public void WhatIsDeferredIsDeferredToAnIssueThatIsPlanned()
    {
        Assert.Empty(Ledger().Where(row => row.Text is null).Select(row => row.Deferral).Where(deferral => deferral.Length > 0).Distinct().Except(LaterIssues));
    }

    [Fact]
    public void EachRequirementHasOneRow()
    {
        Assert.Empty(Ledger().GroupBy(row => row.Id).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.True(Ledger().Count > 200);
    }

    /// <summary>Rows of four cells say what is required themselves, behind the id; those of three are explained by the map.</summary>
    private static List<Row> Ledger() =>
    [
        .. File.ReadLines(Checkout.PathOf("tests", "requirements.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length is 5 or 6 && Id().IsMatch(cells[1]))
            .Select(cells => new Row(cells[1], cells.Length == 6 ? cells[2] : null, [.. Name().Matches(cells[^3]).Select(match => match.Value)], cells[^2])),
    ];

    /// <summary>Each row of the map begins with its id, in a list or in a table; a few rows hold several, each followed by its text.</summary>
    private static HashSet<string> MapIds()
    {
        string map = Checkout.PathOf("..", "shared", "specs", "requirements-map.md");
        if (!File.Exists(map))
        {
            Assert.NotEqual("true", Environment.GetEnvironmentVariable("CI"));
            Skip.If(true, "The requirements map is not in ../shared/specs beside the checkout.");
        }

        string[] ids = [.. File.ReadLines(map).Select(line => MapRow().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];
        IEnumerable<string> general = File.ReadLines(map).Where(line => line.StartsWith("General: ", StringComparison.Ordinal)).SelectMany(line => Id().Matches(line).Select(match => match.Value));
        Assert.True(ids.Length > 200, "The map is not read as it is written.");
        return [.. ids, .. general];
    }

    /// <summary>Class.Method of everything that carries a Fact or Theory, read from the sources of all test projects.</summary>
    private static HashSet<string> Tests()
    {
        var tests = new HashSet<string>();
        foreach (string file in Directory.EnumerateFiles(Checkout.PathOf("tests"), "*.cs", SearchOption.AllDirectories))
        {
            string source = File.ReadAllText(file);
            string type = Class().Match(source).Groups[1].Value;
            foreach (Match test in Test().Matches(source))
            {
                tests.Add($"{type}.{test.Groups[1].Value}");
            }
        }

        return tests;
    }

    [GeneratedRegex(@"\b[A-Z]{2,5}-[0-9A-Z]{2}\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"^(?:- |\| )([A-Z]{2,5}-[0-9A-Z]{2})\b")]
    private static partial Regex MapRow();

    [GeneratedRegex(@"[A-Za-z0-9]+\.[A-Za-z0-9_]+")]
    private static partial Regex Name();

    [GeneratedRegex(@"\bclass ([A-Za-z0-9]+)")]
    private static partial Regex Class();

    [GeneratedRegex(@"\[(?:Skippable)?(?:Fact|Theory)[^\n]*\]\s*(?:(?:\[[^\n]*\]|#[^\n]*|//[^\n]*)\s*)*public (?:async )?[A-Za-z<>]+ ([A-Za-z0-9_]+)\(")]
    private static partial Regex Test();

    private readonly record struct Row(string Id, string? Text, string[] Tests, string Deferral);
}
