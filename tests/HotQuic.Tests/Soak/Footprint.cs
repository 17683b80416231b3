using System.Diagnostics;

namespace HotQuic.Tests.Soak;

/// <summary>What the process holds: managed memory that is in use, threads, file descriptors.</summary>
/// <param name="Bytes">Of the managed heap, after collecting all garbage.</param>
/// <param name="Threads">Of the process, those of the thread pool included.</param>
/// <param name="Files">Descriptors that are open; 0 where the system does not tell.</param>
internal readonly record struct Footprint(long Bytes, int Threads, int Files)
{
    /// <summary>The thread pool of the process may grow by some, whatever is tested.</summary>
    private const int ThreadSlack = 16;

    /// <summary>The runtime and the test host open some.</summary>
    private const int FileSlack = 8;

    public static Footprint Read()
    {
        Collect();
        using var self = Process.GetCurrentProcess();
        return new Footprint(GC.GetTotalMemory(forceFullCollection: true), self.Threads.Count, CountFiles());
    }

    /// <summary>Fails where more is held than before.</summary>
    /// <param name="before">What was held at first.</param>
    /// <param name="count">Streams or connections that came and went meanwhile.</param>
    /// <param name="bytesEach">What each of them may have left behind, at most: half of the smallest leak to be found.</param>
    public void AssertFlatSince(in Footprint before, int count, int bytesEach)
    {
        long grown = Bytes - before.Bytes;
        Assert.True(
            grown <= (long)count * bytesEach,
            $"Memory grew by {grown} bytes over {count}, {(double)grown / count:F1} each: expected at most {bytesEach}.");
        Assert.InRange(Threads, 0, before.Threads + ThreadSlack);
        Assert.InRange(Files, 0, before.Files + FileSlack);
    }

    public static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }

    private static int CountFiles() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;
}
