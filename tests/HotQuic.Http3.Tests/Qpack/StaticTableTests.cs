using System.Text;
using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>The static table, RFC 9204 appendix A.</summary>
public class StaticTableTests
{
    [SkippableFact]
    public void TheEntriesAreThoseOfTheAppendix()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("qpack/static-table.json")));
        JsonElement entries = vectors.RootElement.GetProperty("entries");
        Assert.Equal(entries.GetArrayLength(), StaticTable.Count);
        foreach (JsonElement entry in entries.EnumerateArray())
        {
            int index = entry.GetProperty("index").GetInt32();
            Assert.Equal(entry.GetProperty("name").GetString(), Encoding.ASCII.GetString(StaticTable.Name(index)));
            Assert.Equal(entry.GetProperty("value").GetString(), Encoding.ASCII.GetString(StaticTable.Value(index)));
        }
    }

    [Fact]
    public void EveryEntryIsFoundByNameAndValueAndEveryNameWithAnotherValue()
    {
        for (int index = 0; index < StaticTable.Count; index++)
        {
            ReadOnlySpan<byte> name = StaticTable.Name(index);
            Assert.Equal(index, StaticTable.Find(name, StaticTable.Value(index), out int nameIndex));
            Assert.True(StaticTable.Name(nameIndex).SequenceEqual(name));
            Assert.Equal(-1, StaticTable.Find(name, "no such value"u8, out int first));
            Assert.Equal(nameIndex, first);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData(":Path")]
    [InlineData("content-typf")]
    [InlineData("a-name-that-is-longer-than-any-in-the-table")]
    public void OtherNamesAreNotFound(string name)
    {
        Assert.Equal(-1, StaticTable.Find(Encoding.ASCII.GetBytes(name), "/"u8, out int nameIndex));
        Assert.Equal(-1, nameIndex);
    }
}
