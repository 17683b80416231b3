using System.Globalization;
using System.Net;
using System.Text;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Reporting;

/// <summary>
/// A report as one HTML page that needs nothing else: tables and charts of the same numbers as the JSON, which is in it too. Light or dark as
/// the reader's system is.
/// </summary>
public static class HtmlReport
{
    /// <summary>Makes the page.</summary>
    public static string Of(LoadReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>HotQuic load report</title>\n<style>\n")
            .Append(HtmlStyle.Sheet)
            .Append("</style>\n</head>\n<body>\n<main>\n<header>\n<h1>Load report</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p>{report.StartedAt:yyyy-MM-dd HH:mm:ss} UTC · HotQuic {Escape(report.Version)} · ");
        page.Append(CultureInfo.InvariantCulture, $"{Escape(report.Environment.Runtime)} · {Escape(report.Environment.OperatingSystem)} · ");
        page.Append(CultureInfo.InvariantCulture, $"{Escape(report.Environment.Architecture)}, {report.Environment.Processors} processors</p>\n</header>\n");
        foreach (ScenarioReport scenario in report.Scenarios)
        {
            AppendScenario(page, scenario);
        }

        // A "<" in the data would end the element where it begins a tag.
        page.Append("<script type=\"application/json\" id=\"report\">\n")
            .Append(report.ToJson().Replace("<", "\\u003c", StringComparison.Ordinal))
            .Append("</script>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void AppendScenario(StringBuilder page, ScenarioReport scenario)
    {
        page.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{Escape(scenario.Name)}</h2>\n<p class=\"facts\">{Facts(scenario)}</p>\n");
        if (scenario.Interrupted)
        {
            string seconds = Quantity.Number(scenario.MeasuredSeconds);
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"notice\">Interrupted after {seconds} s: the figures are those of what ran.</p>\n");
        }

        AppendTiles(page, scenario);
        AppendThresholds(page, scenario);
        AppendSteps(page, scenario);
        AppendFailures(page, scenario);
        page.Append("<div class=\"charts\">\n");
        foreach (TimeChart chart in ScenarioCharts.Of(scenario))
        {
            page.Append("<figure>").Append(chart.ToSvg()).Append("</figure>\n");
        }

        page.Append("</div>\n</section>\n");
    }

    private static string Facts(ScenarioReport scenario)
    {
        string connections = scenario.Connections switch
        {
            0 => "a connection for each iteration",
            1 => "1 connection",
            _ => $"{Quantity.Number(scenario.Connections)} connections",
        };
        string agents = scenario.Agents == 1 ? string.Empty : $" from {scenario.Agents} machines";
        string warmUp = $"{Quantity.Number(scenario.WarmUpSeconds)} s of warm-up";
        return $"{Escape(scenario.Target)}, {connections}{agents} · {Escape(string.Join("; ", scenario.Simulations))} · after {warmUp}";
    }

    private static void AppendTiles(StringBuilder page, ScenarioReport scenario)
    {
        StepReport all = scenario.Iterations;
        page.Append("<div class=\"tiles\">\n");
        Tile("succeeded", $"{Quantity.Number(all.PerSecond)}/s", $"{Quantity.Number(all.Succeeded)} iterations");
        if (scenario.Due > 0)
        {
            Tile("begun of those due", $"{Quantity.Percent(100.0 * scenario.Started / scenario.Due)} %", $"{Quantity.Number(scenario.Due)} were due");
            Tile("lag, p99", Quantity.Duration(scenario.LagMicroseconds.P99), $"p50 {Quantity.Duration(scenario.LagMicroseconds.P50)}");
        }

        Tile("failed", $"{Quantity.Percent(all.FailedPercent)} %", $"{Quantity.Number(all.Failed)} iterations");
        Tile("latency, p99", LatencyOf(all, all.LatencyMicroseconds.P99), $"p50 {LatencyOf(all, all.LatencyMicroseconds.P50)}");
        Tile("harness", $"{Quantity.Number(scenario.Harness.CpuPercent)} % CPU", $"{Quantity.Number(scenario.Harness.CpuMicrosecondsPerIteration)} us an iteration");
        Tile("packets lost", Quantity.Number(scenario.Transport.PacketsLost), $"of {Quantity.Number(scenario.Transport.PacketsSent)} sent");
        page.Append("</div>\n");

        void Tile(string name, string value, string detail) => page.Append(
            CultureInfo.InvariantCulture, $"<div class=\"tile\"><span>{name}</span><strong>{value}</strong><small>{detail}</small></div>\n");
    }

    private static void AppendThresholds(StringBuilder page, ScenarioReport scenario)
    {
        if (scenario.Thresholds.Count == 0)
        {
            return;
        }

        page.Append("<h3>Thresholds</h3>\n<table>\n<tr><th>condition</th><th>measured</th><th></th></tr>\n");
        foreach (ThresholdReport threshold in scenario.Thresholds)
        {
            string verdict = threshold.Holds ? "<td class=\"good\">holds</td>" : "<td class=\"bad\">does not hold</td>";
            string value = $"{Quantity.Number(threshold.Value)} {Escape(threshold.Unit)}";
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Escape(threshold.Condition)}</th><td>{value}</td>{verdict}</tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void AppendSteps(StringBuilder page, ScenarioReport scenario)
    {
        page.Append("<h3>Steps</h3>\n<table>\n<tr><th></th><th>succeeded</th><th>failed</th><th>a second</th><th>Mbit/s</th><th>mean</th>")
            .Append("<th>p50</th><th>p75</th><th>p95</th><th>p99</th><th>p99.9</th><th>max</th></tr>\n");
        Row("iterations", scenario.Iterations);
        foreach (StepReport step in scenario.Steps)
        {
            Row(step.Name, step);
        }

        page.Append("</table>\n");

        void Row(string name, StepReport step)
        {
            LatencyFigures latency = step.LatencyMicroseconds;
            string[] cells =
            [
                Quantity.Number(step.Succeeded), Quantity.Number(step.Failed), Quantity.Number(step.PerSecond), Quantity.Number(step.MegabitPerSecond),
                .. new[] { latency.Mean, latency.P50, latency.P75, latency.P95, latency.P99, latency.P999, latency.Max }
                    .Select(value => LatencyOf(step, value)),
            ];
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Escape(name)}</th>{string.Concat(cells.Select(cell => $"<td>{cell}</td>"))}</tr>\n");
        }
    }

    private static void AppendFailures(StringBuilder page, ScenarioReport scenario)
    {
        if (scenario.Iterations.Failures.Count == 0)
        {
            return;
        }

        page.Append("<h3>Failures</h3>\n<table>\n<tr><th>kind</th><th>iterations</th></tr>\n");
        foreach ((string kind, long number) in scenario.Iterations.Failures.OrderByDescending(entry => entry.Value))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Escape(kind)}</th><td>{Quantity.Number(number)}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    /// <summary>Where nothing succeeded, nothing took any time.</summary>
    private static string LatencyOf(StepReport step, double value) => step.Succeeded > 0 ? Quantity.Duration(value) : "–";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
