using HotQuic.Shards;

namespace HotQuic.Tests.Shards;

public class MailboxTests
{
    [Fact]
    public void MessagesComeInTheOrderOfOneProducerAndMoreThanFitAreRefused()
    {
        var mailbox = new Mailbox(capacity: 4);
        for (int lap = 0; lap < 3; lap++)
        {
            for (int i = 0; i < 4; i++)
            {
                Assert.True(mailbox.TryPost(Message(i)));
            }

            Assert.False(mailbox.TryPost(Message(4)));
            for (int i = 0; i < 4; i++)
            {
                Assert.False(mailbox.IsEmpty);
                Assert.True(mailbox.TryTake(out ShardMessage message));
                Assert.Equal(i, message.Value);
            }

            Assert.True(mailbox.IsEmpty);
            Assert.False(mailbox.TryTake(out _));
        }
    }

    /// <summary>Who posts behind a claimed place and wakes the consumer wakes it in vain: the one in front learns that it has to.</summary>
    [Fact]
    public void AProducerThatIsHeldUpLearnsWhetherAnotherPostedBehindIt()
    {
        var mailbox = new Mailbox(capacity: 4);
        Assert.True(mailbox.TryClaim(out long first));
        Assert.True(mailbox.TryPost(Message(2)));
        Assert.False(mailbox.TryTake(out _));
        Assert.True(mailbox.IsEmpty);
        mailbox.Publish(first, Message(1));
        Assert.False(mailbox.IsLast(first));
        Assert.True(mailbox.TryTake(out ShardMessage message));
        Assert.Equal(1, message.Value);
        Assert.True(mailbox.TryTake(out message));
        Assert.Equal(2, message.Value);
        Assert.True(mailbox.TryClaim(out long last));
        mailbox.Publish(last, Message(3));
        Assert.True(mailbox.IsLast(last));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public void ACapacityIsAPowerOfTwo(int capacity)
    {
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => new Mailbox(capacity));
        Assert.Equal("capacity", exception.ParamName);
    }

    [Fact]
    public void NothingOfSeveralProducersIsLostDoubledOrReordered()
    {
        const int producers = 4;
        const int each = 50_000;
        var mailbox = new Mailbox(capacity: 64);
        Thread[] threads = [.. Enumerable.Range(0, producers).Select(producer => new Thread(() =>
        {
            var wait = default(SpinWait);
            for (int i = 0; i < each; i++)
            {
                while (!mailbox.TryPost(new ShardMessage(null!, producer, Value: i)))
                {
                    wait.SpinOnce();
                }
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        int[] next = new int[producers];
        var idle = default(SpinWait);
        for (int taken = 0; taken < producers * each;)
        {
            if (mailbox.TryTake(out ShardMessage message))
            {
                Assert.Equal(next[message.Kind]++, message.Value);
                taken++;
            }
            else
            {
                idle.SpinOnce();
            }
        }

        Assert.All(next, count => Assert.Equal(each, count));
        Assert.True(mailbox.IsEmpty);
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private static ShardMessage Message(int value) => new(null!, 0, Value: value);
}
