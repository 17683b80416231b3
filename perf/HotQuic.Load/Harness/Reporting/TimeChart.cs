using System.Globalization;
using System.Net;
using System.Text;

namespace HotQuic.Load.Harness.Reporting;

/// <summary>A line of a chart: values over time, in seconds; a value that is not a number leaves a gap.</summary>
internal sealed record ChartSeries(string Name, IReadOnlyList<(double Seconds, double Value)> Points)
{
    /// <summary>Whether the line is a broad one that others may lie upon, such as what they should be.</summary>
    public bool IsBroad { get; init; }

    /// <summary>The number of its colour; null for that of its place among the lines.</summary>
    public int? Colour { get; init; }
}

/// <summary>
/// A chart of lines over time as SVG: <see cref="ToSvg"/>. Colours are those of the page's style sheet, by class: <c>axis</c>, <c>grid</c>, and
/// <c>s0</c> to <c>s7</c> for the lines.
/// </summary>
internal sealed record TimeChart
{
    /// <summary>How many lines have a colour of their own.</summary>
    public const int Colours = 8;

    private const int Width = 600;
    private const int Height = 300;
    private const int Left = 66;
    private const int Right = 14;
    private const int Top = 56;
    private const int Bottom = 44;
    private const int LegendRow = 17;
    private const int LegendGap = 30;
    private const double CharacterWidth = 6.6;
    private const int MostDots = 40;
    private const int TimeSteps = 8;
    private const int ValueSteps = 5;

    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>The unit of the values.</summary>
    public required string Unit { get; init; }

    /// <summary>The lines.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>How long the time axis is, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether the values' axis is one of powers of ten; values of 0 are not shown then.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        double[] shown = [.. Series.SelectMany(series => series.Points).Select(point => point.Value).Where(IsShown)];
        AxisTicks values = IsLogarithmic && shown.Length > 0
            ? AxisTicks.Logarithmic(shown.Min(), shown.Max())
            : AxisTicks.Linear(shown.DefaultIfEmpty(0).Max(), ValueSteps);
        AxisTicks time = AxisTicks.Time(Seconds, TimeSteps);
        StringBuilder svg = new();
        int top = Top + (LegendRow * (LegendRows().Max(entry => entry.Row)));
        svg.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(Title)} in {Escape(Unit)}\">"));
        svg.Append(Invariant($"<text class=\"title\" x=\"{Left}\" y=\"20\">{Escape(Title)}</text>"));
        AppendLegend(svg);
        AppendAxes(svg, values, time, top);
        for (int index = 0; index < Series.Count; index++)
        {
            AppendLine(svg, index, values, time, top);
        }

        if (shown.Length == 0)
        {
            svg.Append(Invariant($"<text class=\"none\" x=\"{(Left + Width - Right) / 2}\" y=\"{(top + Height - Bottom) / 2}\">nothing to show</text>"));
        }

        return svg.Append("</svg>").ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static double X(AxisTicks time, double seconds) => Left + (time.At(seconds) * (Width - Left - Right));

    private static double Y(AxisTicks values, double value, int top) => Height - Bottom - (values.At(value) * (Height - Bottom - top));

    private string LineClass(int index) => $"line s{Colour(index)}{(Series[index].IsBroad ? " broad" : string.Empty)}";

    private int Colour(int index) => Series[index].Colour ?? index % Colours;

    private bool IsShown(double value) => double.IsFinite(value) && (!IsLogarithmic || value > 0);

    /// <summary>Where each entry of the legend stands: entries that do not fit in a row begin the next.</summary>
    private List<(int Row, double X)> LegendRows()
    {
        List<(int Row, double X)> places = [];
        double x = Left;
        int row = 0;
        foreach (ChartSeries series in Series)
        {
            double width = LegendGap + (series.Name.Length * CharacterWidth);
            if (x + width > Width && x > Left)
            {
                (x, row) = (Left, row + 1);
            }

            places.Add((row, x));
            x += width + 8;
        }

        return places;
    }

    private void AppendLegend(StringBuilder svg)
    {
        List<(int Row, double X)> places = LegendRows();
        for (int index = 0; index < Series.Count; index++)
        {
            (int row, double x) = places[index];
            int y = 40 + (row * LegendRow);
            svg.Append(Invariant($"<line class=\"{LineClass(index)}\" x1=\"{x:0.#}\" y1=\"{y - 4}\" x2=\"{x + 18:0.#}\" y2=\"{y - 4}\"/>"));
            svg.Append(Invariant($"<text class=\"label\" x=\"{x + 23:0.#}\" y=\"{y}\">{Escape(Series[index].Name)}</text>"));
        }
    }

    private void AppendAxes(StringBuilder svg, AxisTicks values, AxisTicks time, int top)
    {
        int floor = Height - Bottom;
        foreach (double value in values.Values)
        {
            double y = Y(values, value, top);
            svg.Append(Invariant($"<line class=\"grid\" x1=\"{Left}\" y1=\"{y:0.#}\" x2=\"{Width - Right}\" y2=\"{y:0.#}\"/>"));
            svg.Append(Invariant($"<text class=\"tick end\" x=\"{Left - 7}\" y=\"{y + 4:0.#}\">{Quantity.Tick(value)}</text>"));
        }

        foreach (double seconds in time.Values)
        {
            double x = X(time, seconds);
            svg.Append(Invariant($"<line class=\"axis\" x1=\"{x:0.#}\" y1=\"{floor}\" x2=\"{x:0.#}\" y2=\"{floor + 4}\"/>"));
            svg.Append(Invariant($"<text class=\"tick middle\" x=\"{x:0.#}\" y=\"{floor + 17}\">{Quantity.Tick(seconds)}</text>"));
        }

        svg.Append(Invariant($"<path class=\"axis\" d=\"M{Left} {top}V{floor}H{Width - Right}\"/>"));
        svg.Append(Invariant($"<text class=\"label middle\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\">time (s)</text>"));
        int middle = (top + floor) / 2;
        svg.Append(Invariant($"<text class=\"label middle\" transform=\"rotate(-90 14 {middle})\" x=\"14\" y=\"{middle}\">{Escape(Unit)}</text>"));
    }

    private void AppendLine(StringBuilder svg, int index, AxisTicks values, AxisTicks time, int top)
    {
        StringBuilder path = new();
        StringBuilder dots = new();
        bool isGap = true;
        IReadOnlyList<(double Seconds, double Value)> points = Series[index].Points;
        foreach ((double seconds, double value) in points)
        {
            if (!IsShown(value))
            {
                isGap = true;
                continue;
            }

            (double x, double y) = (X(time, seconds), Y(values, value, top));
            path.Append(CultureInfo.InvariantCulture, $"{(isGap ? 'M' : 'L')}{x:0.#} {y:0.#}");
            isGap = false;
            if (points.Count <= MostDots && !Series[index].IsBroad)
            {
                dots.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot s{Colour(index)}\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"2.2\"/>");
            }
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{LineClass(index)}\" d=\"{path}\"/>{dots}");
    }
}
