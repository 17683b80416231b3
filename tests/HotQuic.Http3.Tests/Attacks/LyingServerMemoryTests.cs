using Xunit.Abstractions;

namespace HotQuic.Http3.Tests.Attacks;

/// <summary>What thousands of requests to a server that lies leave on the heap, once the connections that they broke have drained (RFC 9000 §10.2).</summary>
[Collection(nameof(AloneCollection))]
public sealed class LyingServerMemoryTests(ITestOutputHelper output)
{
    private const int Requests = 2000;
    private const int MostBytesPerRequest = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The first runs fill pools; what the last ones leave beyond that would be a leak.</summary>
    [Fact]
    public async Task TheHeapComesBackToWhatItWas()
    {
        await RunAsync(0);
        await RunAsync(1);
        long before = await SettleAsync(enough: 0);
        for (int run = 2; run < 5; run++)
        {
            await RunAsync(run);
            output.WriteLine($"run {run}: {Heap() - before:N0} bytes more at once");
        }

        long enough = before + (3 * Requests * MostBytesPerRequest);
        long after = await SettleAsync(enough);

        output.WriteLine($"{after - before:N0} bytes more in the end");
        Assert.True(after <= enough, $"{(after - before) / (3 * Requests)} bytes a request stayed.");
    }

    private static Task RunAsync(int number) => new LyingServerTests().RunHttpClientAsync(number * Requests, (number + 1) * Requests);

    /// <summary>The heap when it shrinks no more, or as soon as it is small enough.</summary>
    private static async Task<long> SettleAsync(long enough)
    {
        long start = Environment.TickCount64;
        long least = Heap();
        long leastAt = start;
        while (least > enough && leastAt + 5000 > Environment.TickCount64 && Environment.TickCount64 - start < Patience.TotalMilliseconds)
        {
            await Task.Delay(Pause);
            long now = Heap();
            if (now < least - 4096)
            {
                least = now;
                leastAt = Environment.TickCount64;
            }
        }

        return least;
    }

    private static long Heap()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
