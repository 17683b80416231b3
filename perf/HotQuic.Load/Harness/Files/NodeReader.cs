using System.Globalization;

namespace HotQuic.Load.Harness.Files;

/// <summary>
/// Reads the fields of a map: each by its name, then <see cref="End"/>, which refuses those that nobody asked for, as where a name is
/// misspelt. Everything throws <see cref="ScenarioFileException"/> with the field's line.
/// </summary>
internal sealed class NodeReader
{
    /// <summary>More than any duration may be, and less than a <see cref="TimeSpan"/> holds.</summary>
    private const double MostSeconds = 1e10;

    private readonly ScenarioNode _map;
    private readonly Dictionary<string, ScenarioNode> _unread = [];
    private readonly List<string> _known = [];

    public NodeReader(ScenarioNode map)
    {
        _map = map;
        foreach ((string name, ScenarioNode value) in map.Fields ?? throw map.Wrong("expected a map of fields"))
        {
            if (!_unread.TryAdd(name, value))
            {
                throw value.Wrong("this field is here twice");
            }
        }
    }

    /// <summary>A field; null where there is none.</summary>
    public ScenarioNode? Find(string name)
    {
        _known.Add(name);
        return _unread.Remove(name, out ScenarioNode? node) ? node : null;
    }

    /// <summary>A field that there must be.</summary>
    public ScenarioNode Need(string name) => Find(name) ?? throw _map.Wrong($"the field '{name}' is missing");

    /// <summary>A text that there must be.</summary>
    public string NeedText(string name) => TextOf(Need(name));

    /// <summary>A text.</summary>
    public string? FindText(string name) => Find(name) is { } node ? TextOf(node) : null;

    /// <summary>A whole number.</summary>
    public int? FindWhole(string name) => Find(name) is { } node ? WholeOf(node) : null;

    /// <summary>A whole number that there must be.</summary>
    public int NeedWhole(string name) => WholeOf(Need(name));

    /// <summary>A number that there must be.</summary>
    public double NeedNumber(string name)
    {
        ScenarioNode node = Need(name);
        return double.TryParse(TextOf(node), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw node.Wrong($"expected a number of 0 or more, such as 1000 or 0.5, not '{node.Text}'");
    }

    /// <summary>A duration such as <c>500ms</c>, <c>30s</c>, <c>2m</c> or <c>1h</c>.</summary>
    public TimeSpan? FindDuration(string name) => Find(name) is { } node ? DurationOf(node) : null;

    /// <summary>A duration that there must be.</summary>
    public TimeSpan NeedDuration(string name) => DurationOf(Need(name));

    /// <summary>A truth; false where there is none.</summary>
    public bool IsSet(string name) => Find(name) is { } node && TextOf(node) switch
    {
        "true" => true,
        "false" => false,
        _ => throw node.Wrong($"expected true or false, not '{node.Text}'"),
    };

    /// <summary>The items of a list; none where there is no such field.</summary>
    public IReadOnlyList<ScenarioNode> FindItems(string name) =>
        Find(name) is { } node ? node.Items ?? throw node.Wrong("expected a list") : [];

    /// <summary>All fields are read.</summary>
    public void End()
    {
        foreach (ScenarioNode unknown in _unread.Values)
        {
            throw unknown.Wrong($"there is no such field here: expected {string.Join(", ", _known)}");
        }
    }

    /// <summary>The text of a value.</summary>
    public static string TextOf(ScenarioNode node) => node.Text ?? throw node.Wrong("expected a value, not a list or a map");

    /// <summary>Reads a duration; null where it is none.</summary>
    public static TimeSpan? ParseDuration(string text)
    {
        int digits = text.TakeWhile(character => char.IsAsciiDigit(character) || character == '.').Count();
        double unit = text[digits..].Trim() switch { "ms" => 1e-3, "s" => 1, "m" => 60, "h" => 3600, _ => 0 };
        return unit > 0 && double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * unit < MostSeconds
            ? TimeSpan.FromTicks((long)Math.Round(value * unit * TimeSpan.TicksPerSecond))
            : null;
    }

    /// <summary>The whole number that a value is.</summary>
    public static int WholeOf(ScenarioNode node) => int.TryParse(TextOf(node), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
        ? value
        : throw node.Wrong($"expected a whole number of 0 or more, not '{node.Text}'");

    /// <summary>The duration that a value is.</summary>
    public static TimeSpan DurationOf(ScenarioNode node) => ParseDuration(TextOf(node))
        ?? throw node.Wrong($"expected a duration such as 500ms, 30s, 2m or 1h, not '{node.Text}'");
}
