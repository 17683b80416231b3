using Xunit.Abstractions;

namespace HotQuic.Http3.Tests.Attacks;

/// <summary>What thousands of requests to a server that lies leave on the heap, once the connections that they broke have drained (RFC 9000 §10.2).</summary>
[Collection(nameof(AloneCollection))]
public sealed class LyingServerMemoryTests(ITestOutputHelper output)
{
    private const int Requests = 1500;
    private const int FillingRuns = 3;
    private const int Runs = 4;

    /// <summary>Pools grow with the most connections that ever drained at a time, which differs from run to run; 2 KB of each request would be 12 MB.</summary>
    private const long Tolerance = 4 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The first runs fill pools; what the last ones leave beyond that would be a leak.</summary>
    [Fact]
    public async Task TheHeapComesBackToWhatItWas()
    {
        for (int run = 0; run < FillingRuns; run++)
        {
            await RunAsync(run);
        }

        long before = await SettleAsync(enough: 0);
        for (int run = FillingRuns; run < FillingRuns + Runs; run++)
        {
            await RunAsync(run);
            output.WriteLine($"run {run}: {Heap() - before:N0} bytes more at once");
        }

        long after = await SettleAsync(before + Tolerance);

        output.WriteLine($"{after - before:N0} bytes more in the end");
        Assert.True(after <= before + Tolerance, $"{(after - before) / (Runs * Requests)} bytes a request stayed.");
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
