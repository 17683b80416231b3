using System.Globalization;

namespace HotQuic.Load.Harness.Reporting;

/// <summary>Numbers as a report's reader takes them in, the same in every culture.</summary>
internal static class Quantity
{
    /// <summary>With commas between thousands, and digits after the point only where they say something.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("#,0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>A percentage, of which the small ones and those close to all matter to the last digit.</summary>
    public static string Percent(double value) =>
        value.ToString(value is < 1 or > 99 ? "0.####" : "0.#", CultureInfo.InvariantCulture);

    /// <summary>Microseconds, with the unit that suits them.</summary>
    public static string Duration(double microseconds) => microseconds switch
    {
        >= 1e6 => $"{Number(microseconds / 1e6)} s",
        >= 1e3 => $"{Number(microseconds / 1e3)} ms",
        _ => $"{Number(microseconds)} us",
    };

    /// <summary>Bytes in decimal units.</summary>
    public static string Bytes(double value) => value switch
    {
        >= 1e9 => $"{Number(value / 1e9)} GB",
        >= 1e6 => $"{Number(value / 1e6)} MB",
        >= 1e3 => $"{Number(value / 1e3)} kB",
        _ => $"{Number(value)} B",
    };

    /// <summary>The number at a tick: short, and exact.</summary>
    public static string Tick(double value) => Math.Abs(value) switch
    {
        >= 1e9 => $"{Exact(value / 1e9)}G",
        >= 1e6 => $"{Exact(value / 1e6)}M",
        >= 1e4 => $"{Exact(value / 1e3)}k",
        _ => Exact(value),
    };

    private static string Exact(double value) => value.ToString("#,0.######", CultureInfo.InvariantCulture);
}
