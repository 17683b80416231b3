using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HotQuic.Load.Harness.Scheduling;

/// <summary>What a <see cref="Pacer"/> wakes.</summary>
internal interface IPulsed
{
    /// <summary>Does, or has done on its own thread, what is due; returns when it wants the next pulse.</summary>
    /// <param name="now">The time, as a <see cref="Stopwatch"/> timestamp.</param>
    long Pulse(long now);
}

/// <summary>
/// A thread that wakes whatever has something due. It sleeps a tenth of a millisecond or so at a time, however many operations that means:
/// what is pulsed does everything that is due by then. Dispose it to stop.
/// </summary>
internal sealed partial class Pacer : IDisposable
{
    private static readonly long ShortestSleep = Stopwatch.Frequency / 10_000;
    private static readonly long LongestSleep = Stopwatch.Frequency / 100;

    private readonly IReadOnlyList<IPulsed> _pulsed;
    private readonly Thread _thread;
    private volatile bool _isStopped;

    /// <summary>Starts the thread.</summary>
    /// <param name="pulsed">Whom to wake.</param>
    public Pacer(IReadOnlyList<IPulsed> pulsed)
    {
        _pulsed = pulsed;
        _thread = new Thread(Run) { IsBackground = true, Name = "load pacer", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopped = true;
        _thread.Join();
    }

    private static void Sleep(long ticks)
    {
        long nanoseconds = (long)(ticks * (1e9 / Stopwatch.Frequency));
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            TimeSpec time = new() { Seconds = 0, Nanoseconds = (nint)nanoseconds };
            _ = NanoSleep(time, 0);
        }
        else
        {
            Thread.Sleep(TimeSpan.FromMilliseconds(Math.Max(1, nanoseconds / 1_000_000)));
        }
    }

    /// <summary>Thread.Sleep counts in milliseconds, in which a hundred operations may be due.</summary>
    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec time, nint remaining);

    private void Run()
    {
        while (!_isStopped)
        {
            long now = Stopwatch.GetTimestamp();
            long next = now + LongestSleep;
            foreach (IPulsed pulsed in _pulsed)
            {
                next = Math.Min(next, pulsed.Pulse(now));
            }

            Sleep(Math.Clamp(next - Stopwatch.GetTimestamp(), ShortestSleep, LongestSleep));
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
