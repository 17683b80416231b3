using System.CommandLine;
using HotQuic.Tools.Commands;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>Makes the two sides of a comparison of what was given on the command line.</summary>
internal static class ComparedSides
{
    private const string ThisBuild = "this build";

    /// <summary>What is wrong with the text that names the other side; none where it is right.</summary>
    public static IEnumerable<string> Errors(string text)
    {
        OtherSideText other = OtherSideText.Parse(text);
        if (other is { Path: null, Options: [], Environment.Count: 0 })
        {
            return ["expected another build, options of perf, or environment variables."];
        }

        return other.Path is { } path && ToolCommand.At(path) is null
            ? [$"'{path}' is no build of hotquic, nor a directory with one."]
            : Parse(other).Parsed.Errors.Select(error => error.Message);
    }

    /// <summary>The first side: this build, with what was given for both.</summary>
    public static ComparedSide First(IReadOnlyDictionary<string, string[]> given) => new()
    {
        Name = ComparedSide.First,
        Description = Describe([ThisBuild], given),
        Command = ToolCommand.OfThisProcess(),
        Options = ToWords(given),
        Environment = new Dictionary<string, string>(),
    };

    /// <summary>The other side, which has what was given for both where it does not say otherwise.</summary>
    /// <param name="given">What was given for both.</param>
    /// <param name="text">A text without <see cref="Errors"/>.</param>
    public static ComparedSide Other(IReadOnlyDictionary<string, string[]> given, string text)
    {
        OtherSideText other = OtherSideText.Parse(text);
        (PerfOptions options, ParseResult parsed) = Parse(other);
        Dictionary<string, string[]> merged = new(given);
        foreach ((string name, string[] values) in options.Given(parsed))
        {
            merged[name] = values;
        }

        return new()
        {
            Name = ComparedSide.Other,
            Description = Describe([.. other.Environment.Select(variable => $"{variable.Key}={variable.Value}"), other.Path ?? ThisBuild], merged),
            Command = other.Path is { } path ? ToolCommand.At(path)! : ToolCommand.OfThisProcess(),
            Options = ToWords(merged),
            Environment = other.Environment,
        };
    }

    private static (PerfOptions Options, ParseResult Parsed) Parse(OtherSideText other)
    {
        PerfOptions options = new();
        Command command = new("perf");
        options.AddTo(command);
        return (options, command.Parse(other.Options));
    }

    private static string Describe(IEnumerable<string> start, IReadOnlyDictionary<string, string[]> options) =>
        string.Join(' ', start.Concat(ToWords(options)));

    private static string[] ToWords(IReadOnlyDictionary<string, string[]> options) =>
        [.. options.SelectMany(option => option.Value.Prepend(option.Key))];
}
