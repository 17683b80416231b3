using HotQuic.Core.Streams;

namespace HotQuic.Core.Tests.Streams;

public class RangeSetTests
{
    [Fact]
    public void TouchingRangesJoin()
    {
        var set = new RangeSet();
        set.Add(new OffsetRange(10, 20));
        set.Add(new OffsetRange(30, 40));
        set.Add(new OffsetRange(20, 30));
        Assert.Equal([new OffsetRange(10, 40)], All(set));
    }

    [Fact]
    public void RemovingFromTheMiddleCutsARangeInTwo()
    {
        var set = new RangeSet();
        set.Add(new OffsetRange(0, 100));
        set.Remove(new OffsetRange(40, 60));
        Assert.Equal([new OffsetRange(0, 40), new OffsetRange(60, 100)], All(set));
    }

    [Fact]
    public void ASetOfRangesEqualsASetOfNumbers()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var set = new RangeSet();
            bool[] model = new bool[200];
            for (int step = 0; step < 300; step++)
            {
                int start = random.Next(model.Length);
                int end = random.Next(start, Math.Min(model.Length, start + 1 + random.Next(40)));
                var range = new OffsetRange((ulong)start, (ulong)end);
                bool isAdded = random.Next(2) == 0;
                if (isAdded)
                {
                    set.Add(range);
                }
                else
                {
                    set.Remove(range);
                }

                model.AsSpan(start, end - start).Fill(isAdded);
                Assert.True(All(set).SequenceEqual(RangesOf(model)), $"seed {seed}, step {step}");
                int probe = random.Next(model.Length);
                int expected = RangesOf(model).Count(item => item.End <= (ulong)probe);
                Assert.True(set.IndexAfter((ulong)probe) == expected, $"seed {seed}, step {step}");
            }
        }
    }

    private static List<OffsetRange> All(RangeSet set) => [.. Enumerable.Range(0, set.Count).Select(i => set[i])];

    private static List<OffsetRange> RangesOf(bool[] model)
    {
        List<OffsetRange> ranges = [];
        for (int i = 0; i < model.Length; i++)
        {
            if (model[i])
            {
                int start = i;
                while (i < model.Length && model[i])
                {
                    i++;
                }

                ranges.Add(new OffsetRange((ulong)start, (ulong)i));
            }
        }

        return ranges;
    }
}
