using System.Text;
using System.Text.Json;

namespace HotQuic.Tests.Diagnostics;

/// <summary>A qlog file, read: RFC 7464 framing checked, each record parsed on its own.</summary>
internal sealed class QlogText
{
    private QlogText(string name, List<JsonElement> records)
    {
        Name = name;
        Header = records[0];
        Events = records[1..];
    }

    public string Name { get; }

    public JsonElement Header { get; }

    public IReadOnlyList<JsonElement> Events { get; }

    public static QlogText Read(string path)
    {
        string text = Encoding.UTF8.GetString(File.ReadAllBytes(path));
        Assert.Equal('\u001e', text[0]);
        Assert.Equal('\n', text[^1]);
        var records = new List<JsonElement>();
        foreach (string record in text[1..].Split('\u001e'))
        {
            Assert.Equal(record.Length - 1, record.IndexOf('\n', StringComparison.Ordinal));
            records.Add(JsonDocument.Parse(record).RootElement);
        }

        return new QlogText(Path.GetFileName(path), records);
    }

    public IEnumerable<JsonElement> DataOf(string name) =>
        Events.Where(e => e.GetProperty("name").GetString() == name).Select(e => e.GetProperty("data"));

    /// <summary>Everything that the schema tables find wrong.</summary>
    public IEnumerable<string> Faults() =>
        new[] { QlogSchema.Fault("QlogFileSeq", Header) }.Concat(Events.Select(QlogSchema.FaultOfEvent)).OfType<string>();
}
