using System.Globalization;

namespace HotQuic.Tools.Output;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Figures
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    /// <summary>With so many digits after the point, and commas between thousands.</summary>
    public static string Number(double value, int digits = 0) =>
        value.ToString("N" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Three significant digits or so: 9.81, 98.1, 981, 98,100.</summary>
    public static string Brief(double value) => Number(value, value switch { < 10 => 2, < 100 => 1, _ => 0 });

    /// <summary>An amount of data in decimal units.</summary>
    public static string Bytes(double value)
    {
        int unit = 0;
        while (value >= 1000 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return $"{(unit == 0 ? Number(value) : Brief(value))} {Units[unit]}";
    }
}
