using System.Text;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>The instructions of the peer's encoder and the table that they fill, RFC 9204 §3.2 and §4.3.</summary>
public class EncoderStreamTests
{
    [Fact]
    public void TheOldestEntriesGiveWayToNewOnes()
    {
        (DynamicTable table, EncoderStreamReader reader) = Open(100);
        Assert.Null(reader.Read([.. Sections.Insert("a", "1"), .. Sections.Insert("b", "2"), .. Sections.Insert("c", "3")]));
        Assert.Equal(["b=2", "c=3"], Entries(table));
        Assert.Equal(68, table.Size);
        Assert.Null(reader.Read(Sections.Insert("d", new string('4', 67))));
        Assert.Equal([$"d={new string('4', 67)}"], Entries(table));
        Assert.Equal((100, 4), (table.Size, table.InsertCount));
    }

    [Fact]
    public void ASmallerCapacityEvictsAndZeroEmptiesTheTable()
    {
        (DynamicTable table, EncoderStreamReader reader) = Open(100);
        Assert.Null(reader.Read([.. Sections.Insert("a", "1"), .. Sections.Insert("b", "2"), .. Sections.SetCapacity(67)]));
        Assert.Equal(["b=2"], Entries(table));
        Assert.Null(reader.Read([.. Sections.SetCapacity(0), .. Sections.SetCapacity(100)]));
        Assert.Empty(Entries(table));
        Assert.Equal((0, 2), (table.Size, table.InsertCount));
        Assert.Null(reader.Read(Sections.Insert("c", "3")));
        Assert.Equal(["c=3"], Entries(table));
    }

    /// <summary>RFC 9204 §3.2.2: what a new entry refers to may be evicted by it.</summary>
    [Fact]
    public void AnEntryMayReferToOneThatIsEvictedForIt()
    {
        (DynamicTable table, EncoderStreamReader reader) = Open(100);
        Assert.Null(reader.Read([.. Sections.Insert("first", "1"), .. Sections.Insert("second", "2")]));
        byte[] value = Encoding.ASCII.GetBytes(new string('v', 60));
        Assert.Null(reader.Read([0x81, .. Sections.Integer(0, 7, value.Length), .. value]));
        Assert.Equal([$"first={new string('v', 60)}"], Entries(table));
        Assert.Null(reader.Read([0x00]));
        Assert.Equal([$"first={new string('v', 60)}"], Entries(table));
        Assert.Equal(4, table.InsertCount);
    }

    [Fact]
    public void NamesComeFromTheStaticTableOrAnEntryOrAreHuffmanCoded()
    {
        (DynamicTable table, EncoderStreamReader reader) = Open(200);
        Assert.Null(reader.Read([0xc1, 0x01, (byte)'/'])); // :path
        Assert.Null(reader.Read([0x80, 0x01, (byte)'x'])); // the name of the newest
        Assert.Null(reader.Read(Convert.FromHexString("68" + "25a849e95ba97d7f" + "89" + "25a849e95bb8e8b4bf")));
        Assert.Equal([":path=/", ":path=x", "custom-key=custom-value"], Entries(table));
    }

    [Theory]
    [InlineData("3f46")] // capacity 101
    [InlineData("3fffffffffffffffffff7f")] // no integer of 62 bits
    [InlineData("02")] // Duplicate of an entry that is not there
    [InlineData("82017f")] // the name of one
    [InlineData("ff24017f")] // the name of static index 99
    [InlineData("417861")] // a name, then a value of 97 bytes: one entry of 130
    [InlineData("5f26")] // a name of 69 bytes, however little of it is there
    [InlineData("7fe401")] // a Huffman coded name of 259 bytes, which is 69 symbols at least
    [InlineData("62ffff00")] // padding of 16 bits
    [InlineData("4178821fff")]
    public void AWrongInstructionIsAConnectionError(string hex)
    {
        (DynamicTable table, EncoderStreamReader reader) = Open(100);
        Assert.Null(reader.Read([.. Sections.Insert("a", "1"), .. Sections.Insert("b", "2")]));
        Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, reader.Read(Convert.FromHexString(hex))?.Code);
        Assert.Equal(2, table.InsertCount);
    }

    [Fact]
    public void AnEntryIsHeldToTheCapacityByItsWholeSize()
    {
        (DynamicTable table, EncoderStreamReader reader) = Open(100);
        Assert.Null(reader.Read(Sections.Insert("name", new string('v', 64))));
        Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, reader.Read(Sections.Insert("name", new string('v', 65)))?.Code);
        Assert.Equal(1, table.InsertCount);
    }

    [Fact]
    public void WithoutACapacityNothingCanBeInserted()
    {
        var reader = new EncoderStreamReader(new DynamicTable(4096));
        Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, reader.Read(Sections.Insert("", ""))?.Code);
    }

    /// <summary>RFC 9204 §7.3: what a peer's encoder can make a decoder keep follows from the capacity alone.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void MemoryIsBoundedByTheCapacityAndEntriesStayWhatTheyWere(int capacity)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            (DynamicTable table, EncoderStreamReader reader) = Open(capacity);
            var model = new List<string>();
            for (int step = 0; step < 500; step++)
            {
                byte[] instruction = RandomInstruction(random, model, capacity);
                for (int position = 0; position < instruction.Length;)
                {
                    int length = Math.Min(instruction.Length - position, random.Next(1, 1 + (capacity / 8)));
                    Assert.Null(reader.Read(instruction.AsSpan(position, length)));
                    position += length;
                }

                while (model.Sum(Size) > capacity)
                {
                    model.RemoveAt(0);
                }

                Assert.True(model.SequenceEqual(Entries(table)), $"seed {seed}, step {step}");
                Assert.Equal(model.Sum(Size), table.Size);
                Assert.True(table.AllocatedBytes <= (2 * capacity) + 256 + (12 * (capacity / 16)), $"seed {seed}: {table.AllocatedBytes}");
                Assert.True(reader.AllocatedBytes <= (2 * capacity) + 64, $"seed {seed}: {reader.AllocatedBytes}");
            }
        }
    }

    [Fact]
    public void TheBeginningOfAnInstructionThatNeverEndsIsBoundedToo()
    {
        (_, EncoderStreamReader reader) = Open(4096);
        Assert.Null(reader.Read([0x7f, 0xff, 0x1f])); // a Huffman coded name that may just be short enough
        Http3Error? error = null;
        int sent = 0;
        for (; error is null && sent < 1_000_000; sent += 1000)
        {
            error = reader.Read(new byte[1000]);
        }

        // Zeros are the symbol "0", of 5 bits: the name is larger than the table.
        Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, error?.Code);
        Assert.InRange(reader.AllocatedBytes, 1000, 4 * 4096);
        Assert.InRange(sent, 1000, 6 * 4096);
    }

    private static byte[] RandomInstruction(Random random, List<string> model, int capacity)
    {
        int kind = random.Next(4);
        if (kind == 0 && model.Count > 0)
        {
            int back = random.Next(model.Count);
            model.Add(model[^(back + 1)]);
            return Sections.Integer(0, 5, back);
        }

        string value = new((char)('a' + random.Next(26)), random.Next(0, Math.Max(1, random.Next(2) == 0 ? 20 : capacity - 64)));
        if (kind == 1 && model.Count > 0)
        {
            int back = random.Next(model.Count);
            string name = model[^(back + 1)].Split('=')[0];
            value = value[..Math.Min(value.Length, capacity - 32 - name.Length)];
            model.Add($"{name}={value}");
            return [.. Sections.Integer(0x80, 6, back), .. Sections.Integer(0, 7, value.Length), .. Encoding.ASCII.GetBytes(value)];
        }

        string literal = new((char)('A' + random.Next(26)), random.Next(0, 10));
        value = value[..Math.Min(value.Length, capacity - 32 - literal.Length)];
        model.Add($"{literal}={value}");
        return Sections.Insert(literal, value);
    }

    private static int Size(string entry) => entry.Length - 1 + FieldSize.Overhead;

    private static (DynamicTable Table, EncoderStreamReader Reader) Open(int capacity)
    {
        var table = new DynamicTable(capacity);
        var reader = new EncoderStreamReader(table);
        Assert.Null(reader.Read(Sections.SetCapacity(capacity)));
        return (table, reader);
    }

    private static List<string> Entries(DynamicTable table)
    {
        var entries = new List<string>();
        for (long index = table.InsertCount - table.Count; index < table.InsertCount; index++)
        {
            Assert.True(table.TryGet(index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value));
            entries.Add($"{Encoding.ASCII.GetString(name)}={Encoding.ASCII.GetString(value)}");
        }

        Assert.False(table.TryGet(table.InsertCount, out _, out _));
        Assert.False(table.TryGet(table.InsertCount - table.Count - 1, out _, out _));
        return entries;
    }
}
