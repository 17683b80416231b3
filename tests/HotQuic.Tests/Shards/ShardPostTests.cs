using HotQuic.Shards;

namespace HotQuic.Tests.Shards;

public sealed class ShardPostTests
{
    /// <summary>More than the mailbox holds several times over.</summary>
    private const int Many = 5 * Mailbox.DefaultCapacity;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task AShardThatFillsItsOwnMailboxDoesNotWaitForItself()
    {
        using Shard shard = Create(0, 1);
        var target = new Recorder(Many);

        await shard.RunAsync(self => PostMany(self, target)).WaitAsync(Patience);

        await target.Complete.WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, Many).Select(i => (long)i), target.Values);
    }

    [Fact]
    public async Task TwoShardsThatFillEachOthersMailboxesDoNotWaitForEachOther()
    {
        using Shard one = Create(0, 2);
        using Shard other = Create(1, 2);
        var atOne = new Recorder(Many);
        var atOther = new Recorder(Many);

        Task there = one.RunAsync(_ => PostMany(other, atOther));
        Task back = other.RunAsync(_ => PostMany(one, atOne));

        await Task.WhenAll(there, back, atOne.Complete, atOther.Complete).WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, Many).Select(i => (long)i), atOne.Values);
        Assert.Equal(Enumerable.Range(0, Many).Select(i => (long)i), atOther.Values);
    }

    [Fact]
    public async Task OnlyItsOwnThreadIsCurrent()
    {
        using Shard one = Create(0, 2);
        using Shard other = Create(1, 2);
        bool isOne = false;
        bool isOther = true;

        await one.RunAsync(_ =>
        {
            isOne = one.IsCurrent;
            isOther = other.IsCurrent;
        }).WaitAsync(Patience);

        Assert.True(isOne);
        Assert.False(isOther);
        Assert.False(one.IsCurrent);
    }

    /// <summary>
    /// Threads post without waking the shard, beside one that posts and waits for the answer, which comes though one of them may be held up
    /// in the middle of its post, in front of it.
    /// </summary>
    [Fact]
    public async Task PostsThatDoNotWakeTheShardHoldUpNone()
    {
        const int quiet = 6;
        const int laps = 1500;
        const int lap = 64;
        using var shard = new Shard(new QuicEngineOptions { Spin = TimeSpan.Zero }, qlog: null, number: 0, count: 1);
        var target = new Recorder(quiet * laps * lap);
        using var barrier = new Barrier(quiet + 1);
        Thread[] threads = [.. Enumerable.Range(0, quiet).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < laps * lap; i++)
            {
                if (i % lap == 0)
                {
                    barrier.SignalAndWait(Patience);
                }

                shard.PostWithoutWaking(new ShardMessage(target, Kind: 0));
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        for (int i = 0; i < laps * lap; i++)
        {
            if (i % lap == 0)
            {
                barrier.SignalAndWait(Patience);
            }

            await shard.RunAsync(_ => { }).WaitAsync(Patience);
        }

        Array.ForEach(threads, thread => thread.Join());
        await shard.RunAsync(_ => { }).WaitAsync(Patience);
        await target.Complete.WaitAsync(Patience);
    }

    private static Shard Create(int number, int count) => new(new QuicEngineOptions(), qlog: null, number, count);

    private static void PostMany(Shard to, Recorder target)
    {
        for (int i = 0; i < Many; i++)
        {
            to.Post(new ShardMessage(target, Kind: 0, Value: i));
        }
    }

    private sealed class Recorder(int expected) : IShardTarget
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<long> Values { get; } = [];

        public Task Complete => _complete.Task;

        public void OnMessage(in ShardMessage message)
        {
            Values.Add(message.Value);
            if (Values.Count == expected)
            {
                _complete.SetResult();
            }
        }

        public void OnFault(Exception exception) => _complete.TrySetException(exception);
    }
}
