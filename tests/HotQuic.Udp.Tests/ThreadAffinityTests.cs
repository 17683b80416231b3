using System.Runtime.Versioning;
using HotQuic.Udp.Linux;

namespace HotQuic.Udp.Tests;

[SupportedOSPlatform("linux")]
public sealed class ThreadAffinityTests
{
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void AThreadIsKeptOnOneOfTheProcessesProcessorsAndWhatItStartsIsNot(int index)
    {
        Skip.IfNot(LinuxUdpSocket.IsSupported);
        int[] all = ProcessorSet.Of(Environment.ProcessId);
        Assert.NotEmpty(all);
        bool isPinned = false;
        int[] own = [];
        int[] started = [];
        int[] pooled = [];
        Run(() =>
        {
            isPinned = ThreadAffinity.TryPin(index);
            own = ProcessorSet.Of(0);
            Run(() => started = ProcessorSet.Of(0));
            using var done = new ManualResetEventSlim();
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    pooled = ProcessorSet.Of(0);
                    done.Set();
                },
                state: null);
            done.Wait();
        });
        Assert.True(isPinned);
        Assert.Equal([all[index % all.Length]], own);
        Assert.Equal(all, started);
        Assert.Equal(all, pooled);
        Assert.Equal(all, ProcessorSet.Of(Environment.ProcessId));
    }

    private static void Run(ThreadStart work)
    {
        var thread = new Thread(work);
        thread.Start();
        thread.Join();
    }
}
