using BenchmarkDotNet.Attributes;
using HotQuic.Shards;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>The way into a shard: posting and taking, one at a time and in batches, and with a thread on each side.</summary>
[MemoryDiagnoser]
public class MailboxBenchmarks : IHasRooms
{
    private const int Batch = 32;
    private const int Crossing = 100_000;

    private readonly Mailbox _mailbox = new();
    private readonly Target _target = new();

    public static IEnumerable<Room> Rooms =>
    [
        new("mailbox, 32 posted and taken", () => new MailboxBenchmarks().ThirtyTwoOnce),
    ];

    [Benchmark]
    public bool One() => _mailbox.TryPost(new ShardMessage(_target, 1)) && _mailbox.TryTake(out _);

    [Benchmark(OperationsPerInvoke = Batch)]
    public int ThirtyTwo()
    {
        for (int i = 0; i < Batch; i++)
        {
            _mailbox.TryPost(new ShardMessage(_target, 1));
        }

        int taken = 0;
        while (_mailbox.TryTake(out _))
        {
            taken++;
        }

        return taken;
    }

    /// <summary>Another thread posts as fast as it can.</summary>
    [Benchmark(OperationsPerInvoke = Crossing)]
    public int FromAnotherThread()
    {
        Task posting = Task.Run(() =>
        {
            for (int i = 0; i < Crossing; i++)
            {
                while (!_mailbox.TryPost(new ShardMessage(_target, 1)))
                {
                    Thread.SpinWait(10);
                }
            }
        });
        int taken = 0;
        while (taken < Crossing)
        {
            taken += _mailbox.TryTake(out _) ? 1 : 0;
        }

        posting.Wait();
        return taken;
    }

    private void ThirtyTwoOnce() => Expect.True(ThirtyTwo() == Batch);

    private sealed class Target : IShardTarget
    {
        public void OnMessage(in ShardMessage message)
        {
        }

        public void OnFault(Exception exception)
        {
        }
    }
}
