using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>What a decoder does with sections, with entries that come late, and with peers that break the rules, RFC 9204 §2.2, §4.5.</summary>
public class QpackDecoderTests
{
    /// <summary>Refers to the entry of absolute index 0, with a table of 4096 bytes.</summary>
    private static readonly byte[] FirstEntry = [0x02, 0x00, 0x80];

    [Fact]
    public void AStreamThatNeedsALaterEntryIsBlockedUntilItArrives()
    {
        var decoder = new QpackDecoder(4096, 1);
        var sink = new FieldList();
        Assert.Equal(new QpackOutcome(QpackOutcomeKind.Blocked, 1), decoder.Decode(4, FirstEntry, sink));
        Assert.Empty(sink.Lines);
        Assert.False(decoder.HasDecoderStreamBytes);

        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("name", "value")]));
        Assert.Equal([("name", "value")], decoder.Lines(4, FirstEntry));
        Assert.Equal([0x84], decoder.TakeDecoderStream());
    }

    [Fact]
    public void MoreBlockedStreamsThanWerePermittedAreAConnectionError()
    {
        var decoder = new QpackDecoder(4096, 2);
        for (int again = 0; again < 2; again++)
        {
            Assert.Equal(QpackOutcomeKind.Blocked, decoder.Decode(0, FirstEntry, new FieldList()).Kind);
            Assert.Equal(QpackOutcomeKind.Blocked, decoder.Decode(4, FirstEntry, new FieldList()).Kind);
        }

        AssertMalformed(decoder.Decode(8, FirstEntry, new FieldList()));
        AssertMalformed(new QpackDecoder(4096, 0).Decode(8, FirstEntry, new FieldList()));
    }

    [Fact]
    public void AStreamThatIsCancelledOrUnblockedNoLongerCountsAsBlocked()
    {
        var decoder = new QpackDecoder(4096, 1);
        Assert.Equal(QpackOutcomeKind.Blocked, decoder.Decode(0, FirstEntry, new FieldList()).Kind);
        decoder.CancelStream(0);
        Assert.Equal([0x40], decoder.TakeDecoderStream());

        Assert.Equal(QpackOutcomeKind.Blocked, decoder.Decode(4, FirstEntry, new FieldList()).Kind);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("name", "value")]));
        decoder.Lines(4, FirstEntry);
        Assert.Equal(QpackOutcomeKind.Blocked, decoder.Decode(8, [0x03, 0x00, 0x80], new FieldList()).Kind);
    }

    [Fact]
    public void WithoutATableNothingIsSentWhenAStreamIsCancelled()
    {
        var decoder = new QpackDecoder(0, 0);
        decoder.CancelStream(0);
        Assert.Empty(decoder.TakeDecoderStream());
    }

    [Fact]
    public void InsertionsAreAcknowledgedOnceWhicheverInstructionDoesIt()
    {
        var decoder = new QpackDecoder(4096, 1);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("a", "1"), .. Sections.Insert("b", "2")]));
        decoder.Lines(4, FirstEntry);
        Assert.Equal([0x84, 0x01], decoder.TakeDecoderStream());

        for (int i = 0; i < 100; i++)
        {
            Assert.Null(decoder.OnEncoderStream(Sections.Insert("c", "3")));
        }

        Assert.True(decoder.HasDecoderStreamBytes);
        Assert.Equal(Sections.Integer(0, 6, 100), decoder.TakeDecoderStream());
        decoder.Lines(1 << 20, [0x02, 0x00, 0x80]);
        Assert.Equal(Sections.Integer(0x80, 7, 1 << 20), decoder.TakeDecoderStream());
    }

    [Fact]
    public void ASectionWithoutReferencesIsNotAcknowledged()
    {
        var decoder = new QpackDecoder(4096, 1);
        Assert.Equal([(":method", "GET")], decoder.Lines(0, Sections.Encode((":method", "GET"))));
        Assert.False(decoder.HasDecoderStreamBytes);
    }

    [Fact]
    public void TheSizeOfASectionIsNamesAndValuesAnd32BytesALine()
    {
        var decoder = new QpackDecoder(0, 0);
        byte[] section = Sections.Encode((":method", "GET"), ("name", "a value"));
        int size = 7 + 3 + 32 + 4 + 7 + 32;
        var sink = new FieldList();
        Assert.Equal(QpackOutcomeKind.Decoded, decoder.Decode(0, section, ref sink, size).Kind);
        sink = new FieldList();
        Assert.Equal(QpackOutcomeKind.TooLarge, decoder.Decode(0, section, ref sink, size - 1).Kind);
        Assert.Equal([(":method", "GET")], sink.Lines);
    }

    [Fact]
    public void ASinkThatHasEnoughStopsTheSection()
    {
        var decoder = new QpackDecoder(4096, 1);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("a", "1")]));
        var sink = new FieldList(stopAfter: 1);
        Assert.Equal(QpackOutcomeKind.Stopped, decoder.Decode(4, [0x02, 0x00, 0x80, 0x80], sink).Kind);
        Assert.Single(sink.Lines);

        // What is not decoded to its end is cancelled by the reader, not acknowledged.
        decoder.CancelStream(4);
        Assert.Equal([0x44, 0x01], decoder.TakeDecoderStream());
    }

    [Theory]
    [InlineData("")] // no prefix
    [InlineData("00")] // no Base
    [InlineData("0080")] // Base -1 with Required Insert Count 0
    [InlineData("02")]
    [InlineData("0281")] // Required Insert Count 1, Base -1
    [InlineData("0300c1")] // blocked, where none may be
    [InlineData("ff8002")] // beyond twice the greatest number of entries
    [InlineData("0000ff24")] // static index 99
    [InlineData("00005f5400")] // name of static index 99
    [InlineData("000080")] // dynamic, with Required Insert Count 0
    [InlineData("000010")]
    [InlineData("00004000")]
    [InlineData("00000000")]
    [InlineData("020010")] // post-Base index 1 of Required Insert Count 1
    [InlineData("020081")] // absolute index -1
    [InlineData("02004100")]
    [InlineData("02000000")]
    [InlineData("0000c0ff")] // an index that ends early
    [InlineData("00005101")] // a value that ends early
    [InlineData("00002161")] // no value
    [InlineData("000051821fff")] // wrong padding
    [InlineData("00002a1fff00")] // wrong padding of a name
    public void ASectionThatNoEncoderCouldHaveWrittenIsAConnectionError(string hex)
    {
        var decoder = new QpackDecoder(4096, 0);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("a", "1")]));
        AssertMalformed(decoder.Decode(4, Convert.FromHexString(hex), new FieldList()));
    }

    [Fact]
    public void AReferenceToAnEntryThatWasEvictedIsAConnectionError()
    {
        var decoder = new QpackDecoder(64, 1);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(64), .. Sections.Insert("a", "1"), .. Sections.Insert("b", "2")]));
        AssertMalformed(decoder.Decode(4, [0x03, 0x00, 0x81], new FieldList()));
        Assert.Equal([("b", "2")], decoder.Lines(4, [0x03, 0x00, 0x80]));
    }

    [Fact]
    public void TheRequiredInsertCountIsFoundHoweverOftenItWraps()
    {
        var decoder = new QpackDecoder(100, 1);
        Assert.Null(decoder.OnEncoderStream(Sections.SetCapacity(100)));
        for (int count = 1; count <= 1000; count++)
        {
            Assert.Null(decoder.OnEncoderStream(Sections.Insert("n", $"{count}")));
            byte[] section = [.. Sections.Integer(0, 8, (count % 6) + 1), 0x00, 0x80];
            Assert.Equal([("n", $"{count}")], decoder.Lines(4, section));
            byte[] next = [.. Sections.Integer(0, 8, ((count + 3) % 6) + 1), 0x00, 0x80];
            Assert.Equal(new QpackOutcome(QpackOutcomeKind.Blocked, count + 3), decoder.Decode(8, next, new FieldList()));
        }
    }

    [Fact]
    public void APeerThatTakesNoDecoderInstructionsIsAnExcessiveLoad()
    {
        var decoder = new QpackDecoder(4096, 1);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("a", "1")]));
        QpackOutcome outcome = default;
        int sections = 0;
        for (; outcome.Kind == QpackOutcomeKind.Decoded && sections < 100_000; sections++)
        {
            outcome = decoder.Decode(1L << 40, FirstEntry, new FieldList());
        }

        Assert.Equal((QpackOutcomeKind.Malformed, Http3ErrorCode.ExcessiveLoad), (outcome.Kind, outcome.Error?.Code));
        Assert.Equal(Http3ErrorCode.ExcessiveLoad, decoder.OnEncoderStream(Sections.Insert("a", "1"))?.Code);
        Assert.InRange(decoder.AllocatedBytes, DecoderStreamWriter.LargestBacklog, DecoderStreamWriter.LargestBacklog + 4096);
        Assert.InRange(sections, 5000, 20_000);
    }

    [Fact]
    public void SectionsMayBeDecodedByManyThreadsWhileEntriesArrive()
    {
        var decoder = new QpackDecoder(4096, 0);
        Assert.Null(decoder.OnEncoderStream([.. Sections.SetCapacity(4096), .. Sections.Insert("first", "entry")]));
        byte[] literal = Sections.Encode((":method", "GET"), ("x-name", "a value"));
        Parallel.For(0, 4, worker =>
        {
            for (int i = 0; i < 2000; i++)
            {
                if (worker == 0)
                {
                    Assert.Null(decoder.OnEncoderStream([0x00])); // Duplicate the newest
                }

                Assert.Equal([(":method", "GET"), ("x-name", "a value")], decoder.Lines(worker, literal));
                decoder.TryTakeDecoderStream(new byte[64], out _);
            }
        });

        Assert.Equal(2001, decoder.InsertCount);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(QpackDecoder.LargestTableCapacity + 1, 0)]
    public void LimitsOutOfRangeThrow(int capacity, int blockedStreams)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new QpackDecoder(capacity, blockedStreams));
    }

    private static void AssertMalformed(QpackOutcome outcome) =>
        Assert.Equal((QpackOutcomeKind.Malformed, Http3ErrorCode.QpackDecompressionFailed), (outcome.Kind, outcome.Error?.Code));
}
