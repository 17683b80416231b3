using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>
/// What <c>--compare</c> names, as a shell would be told to start it: environment variables, a build, options, each of which may be left out.
/// </summary>
/// <param name="Environment">Environment variables.</param>
/// <param name="Path">The build's path; null for this build.</param>
/// <param name="Options">Options of perf.</param>
internal sealed partial record OtherSideText(IReadOnlyDictionary<string, string> Environment, string? Path, string[] Options)
{
    /// <summary>Takes the text apart; a path with spaces stands alone or in quotation marks.</summary>
    public static OtherSideText Parse(string text)
    {
        if (File.Exists(text) || Directory.Exists(text))
        {
            return new(new Dictionary<string, string>(), text, []);
        }

        Queue<string> words = new(CommandLineParser.SplitCommandLine(text));
        Dictionary<string, string> environment = [];
        while (words.TryPeek(out string? word) && Variable().Match(word) is { Success: true } variable)
        {
            environment[variable.Groups[1].Value] = variable.Groups[2].Value;
            words.Dequeue();
        }

        string? path = words.TryPeek(out string? next) && !next.StartsWith('-') ? words.Dequeue() : null;
        return new(environment, path, [.. words]);
    }

    [GeneratedRegex("^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
