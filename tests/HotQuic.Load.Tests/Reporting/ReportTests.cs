using System.Globalization;
using System.Xml.Linq;
using HotQuic.Load.Harness.Reporting;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Tests.Statistics;

namespace HotQuic.Load.Tests.Reporting;

public sealed class ReportTests
{
    [Fact]
    public void TheJsonIsReadAsItWasWritten()
    {
        LoadReport report = Samples.Report("p99 < 5ms");

        Assert.Equal(report.ToJson(), LoadReport.FromJson(report.ToJson()).ToJson());
    }

    [Fact]
    public void TheHtmlHasTheNumbersOfTheJson()
    {
        LoadReport report = LoadReport.FromJson(Samples.Report("p99 < 5ms", "rate > 1000").ToJson());
        string html = HtmlReport.Of(report);
        ScenarioReport scenario = report.Scenarios[0];

        foreach (StepReport step in scenario.Steps.Append(scenario.Iterations))
        {
            LatencyFigures latency = step.LatencyMicroseconds;
            string cells = string.Concat(new[]
            {
                Quantity.Number(step.Succeeded), Quantity.Number(step.Failed), Quantity.Number(step.PerSecond), Quantity.Number(step.MegabitPerSecond),
                Quantity.Duration(latency.Mean), Quantity.Duration(latency.P50), Quantity.Duration(latency.P75), Quantity.Duration(latency.P95),
                Quantity.Duration(latency.P99), Quantity.Duration(latency.P999), Quantity.Duration(latency.Max),
            }.Select(cell => $"<td>{cell}</td>"));
            Assert.Contains(cells, html, StringComparison.Ordinal);
        }

        Assert.Contains("<td class=\"good\">holds</td>", html, StringComparison.Ordinal);
        Assert.Contains("<td class=\"bad\">does not hold</td>", html, StringComparison.Ordinal);
        int data = html.IndexOf("id=\"report\">", StringComparison.Ordinal) + "id=\"report\">".Length;
        string json = html[data..html.IndexOf("</script>", data, StringComparison.Ordinal)];
        Assert.Equal(report.ToJson(), LoadReport.FromJson(json).ToJson());
    }

    [Fact]
    public void TheHtmlNeedsNothingElseAndTrustsNoName()
    {
        string html = HtmlReport.Of(Samples.Report());

        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("sample <&>", html, StringComparison.Ordinal);
        Assert.Contains("sample &lt;&amp;&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereNothingSucceededNoLatencyIsShown()
    {
        LoadReport report = Samples.Report();
        ScenarioReport scenario = report.Scenarios[0];

        string html = HtmlReport.Of(report with { Scenarios = [scenario with { Iterations = scenario.Iterations with { Succeeded = 0 } }] });

        Assert.Contains("<span>latency, p99</span><strong>–</strong><small>p50 –</small>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatSucceededAndWhatFailedAreToldApartByColour()
    {
        TimeChart rate = ScenarioCharts.Of(Samples.Report().Scenarios[0]).First();

        string[] lines = [.. XElement.Parse(rate.ToSvg()).Elements("path").Select(path => (string)path.Attribute("class")!).Where(line => line.StartsWith("line", StringComparison.Ordinal))];

        Assert.Equal(["due", "succeeded", "failed"], rate.Series.Select(series => series.Name));
        Assert.Equal(["line s0 broad", "line s2", "line s3"], lines);
    }

    [Fact]
    public void EveryChartHasAxesWithUnitsAndALegend()
    {
        TimeChart[] charts = [.. ScenarioCharts.Of(Samples.Report().Scenarios[0])];

        Assert.True(charts.Length >= 10);
        Assert.All(charts, chart =>
        {
            XElement svg = XElement.Parse(chart.ToSvg());
            string[] texts = [.. svg.Elements("text").Select(text => text.Value)];
            Assert.Contains("time (s)", texts);
            Assert.Contains(chart.Unit, texts);
            Assert.Contains(chart.Title, texts);
            Assert.All(chart.Series, series => Assert.Contains(series.Name, texts));
            Assert.True(svg.Elements("text").Count(text => ((string)text.Attribute("class")!).StartsWith("tick", StringComparison.Ordinal)) >= 4);
            Assert.Equal(chart.Series.Count, svg.Elements("path").Count(path => ((string)path.Attribute("class")!).StartsWith("line", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void ALineHasAGapWhereThereIsNoValue()
    {
        TimeChart chart = new()
        {
            Title = "t",
            Unit = "u",
            Seconds = 4,
            Series = [new("s", [(0.5, 1), (1.5, double.NaN), (2.5, 2), (3.5, 3)])],
        };
        string path = (string)XElement.Parse(chart.ToSvg()).Elements("path").Last().Attribute("d")!;

        Assert.Equal(2, path.Count(character => character == 'M'));
        Assert.Equal(1, path.Count(character => character == 'L'));
    }

    [Fact]
    public void TheCsvHasTheNumbersOfTheJson()
    {
        LoadReport report = Samples.Report();
        string[] rows = CsvReport.Of(report).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] columns = rows[0].Split(',');
        string[] total = rows[^3].Split(',');
        ScenarioReport scenario = report.Scenarios[0];

        Assert.Equal(1 + (3 * 4), rows.Length);
        Assert.All(rows, row => Assert.Equal(columns.Length, row.Split(',').Length));
        Assert.Equal(scenario.Iterations.LatencyMicroseconds.P99, double.Parse(total[Array.IndexOf(columns, "p99Us")], CultureInfo.InvariantCulture));
        Assert.Equal(scenario.Iterations.Succeeded, long.Parse(total[Array.IndexOf(columns, "succeeded")], CultureInfo.InvariantCulture));
        Assert.Equal("timeout: 30", total[^1]);
    }
}
