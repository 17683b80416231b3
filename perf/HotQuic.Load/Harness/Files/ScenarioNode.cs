using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HotQuic.Load.Harness.Files;

/// <summary>
/// A piece of a scenario file, whether YAML or JSON, with its line: a text, a list or a map. <see cref="ReadYaml"/> and
/// <see cref="ReadJson"/> make it; what is wrong is said with the line and the path of the field.
/// </summary>
internal sealed class ScenarioNode
{
    /// <summary>Far more than a file of scenarios has. What is nested without end would end the process, which has no room to say so.</summary>
    private const int Deepest = 16;

    private ScenarioNode(string path, long line)
    {
        Path = path;
        Line = line;
    }

    /// <summary>Where it is in the document, such as <c>scenarios[0].steps[1].name</c>; empty for the document.</summary>
    public string Path { get; }

    /// <summary>The line where it begins, from 1.</summary>
    public long Line { get; }

    /// <summary>A text, a number or a truth as it is written; null for a list or a map.</summary>
    public string? Text { get; private init; }

    /// <summary>A list's items; null for something else.</summary>
    public IReadOnlyList<ScenarioNode>? Items { get; private init; }

    /// <summary>A map's fields in their order; null for something else.</summary>
    public IReadOnlyList<KeyValuePair<string, ScenarioNode>>? Fields { get; private init; }

    /// <summary>Reads YAML 1.2, one document.</summary>
    /// <exception cref="ScenarioFileException">It is none.</exception>
    public static ScenarioNode ReadYaml(string text)
    {
        YamlStream stream = new();
        try
        {
            CheckDepth(text);
            using StringReader reader = new(text);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            throw new ScenarioFileException(e.Start.Line, string.Empty, e.InnerException?.Message ?? e.Message);
        }

        return stream.Documents.Count == 1
            ? FromYaml(stream.Documents[0].RootNode, string.Empty, depth: 0)
            : throw new ScenarioFileException(1, string.Empty, $"expected one document, not {stream.Documents.Count}");
    }

    /// <summary>Reads JSON; comments and trailing commas are taken.</summary>
    /// <exception cref="ScenarioFileException">It is none.</exception>
    public static ScenarioNode ReadJson(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Utf8JsonReader reader = new(bytes, new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = Deepest,
        });
        try
        {
            reader.Read();
            ScenarioNode node = FromJson(ref reader, bytes, string.Empty);
            reader.Read();
            return node;
        }
        catch (JsonException e)
        {
            throw new ScenarioFileException((e.LineNumber ?? 0) + 1, string.Empty, e.Message.Split(" LineNumber:")[0]);
        }
        catch (InvalidOperationException e)
        {
            // A text with half of a surrogate pair, of which the reader does not say where it is.
            throw new ScenarioFileException(1, string.Empty, e.Message);
        }
    }

    /// <summary>What is wrong with this.</summary>
    public ScenarioFileException Wrong(string message) => new(Line, Path, message);

    private static void CheckDepth(string text)
    {
        using StringReader reader = new(text);
        Parser parser = new(reader);
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > Deepest)
            {
                throw TooDeep(parser.Current.Start.Line, string.Empty);
            }
        }
    }

    /// <param name="node">What was read.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="depth">How deep that is; an alias may lead to what it stands in.</param>
    private static ScenarioNode FromYaml(YamlNode node, string path, int depth) => node switch
    {
        _ when depth > Deepest => throw TooDeep(node.Start.Line, path),
        YamlScalarNode scalar => new(path, node.Start.Line) { Text = scalar.Value ?? string.Empty },
        YamlSequenceNode list => new(path, node.Start.Line)
        {
            Items = [.. list.Children.Select((child, index) => FromYaml(child, $"{path}[{index}]", depth + 1))],
        },
        YamlMappingNode map => new(path, node.Start.Line)
        {
            Fields = [.. map.Children.Select(child => FieldOf(KeyOf(child.Key, path), child.Value, path, depth + 1))],
        },
        _ => throw new ScenarioFileException(node.Start.Line, path, "expected a value, a list or a map"),
    };

    private static KeyValuePair<string, ScenarioNode> FieldOf(string key, YamlNode value, string path, int depth) =>
        new(key, FromYaml(value, Join(path, key), depth));

    private static ScenarioFileException TooDeep(long line, string path) => new(line, path, $"expected lists and maps in one another at most {Deepest} deep");

    private static string KeyOf(YamlNode key, string path) => key is YamlScalarNode { Value: { } name }
        ? name
        : throw new ScenarioFileException(key.Start.Line, path, "expected the name of a field");

    private static ScenarioNode FromJson(ref Utf8JsonReader reader, byte[] bytes, string path)
    {
        long line = 1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                List<KeyValuePair<string, ScenarioNode>> fields = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string name = reader.GetString()!;
                    reader.Read();
                    fields.Add(new(name, FromJson(ref reader, bytes, Join(path, name))));
                }

                return new(path, line) { Fields = fields };
            case JsonTokenType.StartArray:
                List<ScenarioNode> items = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(FromJson(ref reader, bytes, $"{path}[{items.Count}]"));
                }

                return new(path, line) { Items = items };
            case JsonTokenType.String:
                return new(path, line) { Text = reader.GetString() };
            default:
                return new(path, line) { Text = Encoding.UTF8.GetString(reader.ValueSpan) };
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}

/// <summary>A scenario file is not what it should be; the message names the line and the field, and says what was expected.</summary>
public sealed class ScenarioFileException : Exception
{
    internal ScenarioFileException(long line, string path, string message)
        : base($"line {line}: {(path.Length > 0 ? $"{path}: " : string.Empty)}{message}") => Line = line;

    /// <summary>The line, from 1.</summary>
    public long Line { get; }
}
