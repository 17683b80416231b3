using HotQuic.Core.Time;
using HotQuic.Shards;

namespace HotQuic.Tests.Shards;

public class TimerHeapTests
{
    [Fact]
    public void DeadlinesComeInOrderWhateverWasSetMovedAndRemoved()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var heap = new TimerHeap<Owner>();
        Owner[] owners = [.. Enumerable.Range(0, 200).Select(_ => new Owner())];
        for (int step = 0; step < 5000; step++)
        {
            Owner owner = owners[random.Next(owners.Length)];
            owner.Deadline = random.Next(10) == 0 ? Instant.Never : new Instant(random.Next(1000));
            heap.Set(owner, owner.Deadline);
            Assert.True(heap.Next == owners.Min(each => each.Deadline), $"seed {seed}, step {step}");
        }

        Instant last = new(-1);
        int expected = owners.Count(owner => !owner.Deadline.IsNever);
        while (heap.TryTakeDue(new Instant(1000), out Owner due))
        {
            Assert.True(due.Deadline >= last, $"seed {seed}");
            Assert.Equal(-1, due.TimerIndex);
            last = due.Deadline;
            expected--;
        }

        Assert.Equal(0, expected);
        Assert.Equal(0, heap.Count);
    }

    [Fact]
    public void NothingIsTakenBeforeItsTime()
    {
        var heap = new TimerHeap<Owner>();
        var owner = new Owner();
        heap.Set(owner, new Instant(10));
        Assert.False(heap.TryTakeDue(new Instant(9), out _));
        Assert.True(heap.TryTakeDue(new Instant(10), out Owner due));
        Assert.Same(owner, due);
        Assert.True(heap.Next.IsNever);
    }

    private sealed class Owner : ITimed
    {
        public int TimerIndex { get; set; } = -1;

        public Instant Deadline { get; set; } = Instant.Never;
    }
}
