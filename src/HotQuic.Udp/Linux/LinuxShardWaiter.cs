using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HotQuic.Udp.Portable;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Linux;

/// <summary>
/// Waits with one ppoll over the sockets and an event descriptor that wakes it. For the few sockets of a shard that costs no more than
/// epoll and needs no bookkeeping of who wants to write. A socket that another thread closes meanwhile stays open until the call is over.
/// A <see cref="ReadableSignal"/> tells of arrivals in the place of the call, but only where a sleep lasts (<see cref="OwnSleep"/>).
/// </summary>
/// <remarks>
/// A signal wakes a thread of System.Net.Sockets and one of the thread pool before this one, and that of the pool then looks for more work
/// for some hundred microseconds, on a processor that data in flow has use for. And once it has been asked it hears of everything that comes
/// and goes for as long as the socket lives, asked or not, which costs a flow a third of its rate. So only a socket that rests for long has one asked.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxShardWaiter : ShardWaiter
{
    private const int Closed = -1;

    private readonly Descriptor _event;
    private PollEntry[] _entries = GC.AllocateArray<PollEntry>(8, pinned: true);

    public LinuxShardWaiter()
    {
        int number = LibC.EventDescriptor(0, EventFlags.NonBlocking | EventFlags.CloseOnExec);
        _event = number >= 0 ? new Descriptor(number) : throw ErrorNumber.ToException(Marshal.GetLastPInvokeError());
    }

    /// <summary>How long the call alone is asked what has arrived, before signals are.</summary>
    public TimeSpan OwnSleep { get; init; } = DefaultOwnSleep;

    private protected override void CheckTakes(UdpSocket socket)
    {
    }

    private protected override bool CanAssumeReadable(UdpSocket socket) =>
        socket is LinuxUdpSocket { Signal: null, WantsWritable: false, IsDisposed: false };

    private protected override bool Look(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero || !HasSignals())
        {
            return Poll(timeout, isTold: false) == PollOutcome.Ready;
        }

        TimeSpan own = timeout < OwnSleep ? timeout : OwnSleep;
        PollOutcome outcome = own > TimeSpan.Zero ? Poll(own, isTold: false) : PollOutcome.TimeIsUp;
        if (outcome == PollOutcome.TimeIsUp && own < timeout)
        {
            outcome = Poll(timeout == TimeSpan.MaxValue ? timeout : timeout - own, isTold: true);
        }

        return outcome == PollOutcome.Ready;
    }

    private bool HasSignals()
    {
        for (int i = 0; i < Sockets.Count; i++)
        {
            if (Sockets[i] is LinuxUdpSocket { Signal: not null })
            {
                return true;
            }
        }

        return false;
    }

    private PollOutcome Poll(TimeSpan timeout, bool isTold)
    {
        int count = Sockets.Count + 1;
        if (_entries.Length < count)
        {
            _entries = GC.AllocateArray<PollEntry>(Math.Max(count, 2 * _entries.Length), pinned: true);
        }

        bool anyPending = Prepare(isTold);
        TimeSpec time = ToTimeSpec(anyPending ? TimeSpan.Zero : timeout);
        int ready = LibC.Poll(
            (PollEntry*)Unsafe.AsPointer(ref _entries[0]), (nuint)count, timeout == TimeSpan.MaxValue && !anyPending ? null : &time, null);
        return Finish(ready > 0) ? PollOutcome.Ready : ready == 0 ? PollOutcome.TimeIsUp : PollOutcome.Interrupted;
    }

    private protected override void Interrupt()
    {
        if (_event.TryAddReference())
        {
            ulong one = 1;
            _ = LibC.Write(_event, &one, sizeof(ulong));
            _event.DangerousRelease();
        }
    }

    private protected override void Close() => _event.Dispose();

    /// <summary>Fills the entries, and holds the descriptors in them open; true where one that the call does not ask for has something already.</summary>
    private bool Prepare(bool isTold)
    {
        bool anyPending = false;
        _entries[0] = EntryFor(_event, PollEvents.Readable);
        for (int i = 0; i < Sockets.Count; i++)
        {
            PollEntry entry = new() { Descriptor = Closed };
            if (Sockets[i] is LinuxUdpSocket socket)
            {

                // A signal that waits finds nothing where the call is faster, and then wakes its threads for whatever arrives, again and again.
                int readable = socket.Signal is null || !(isTold || socket.Signal.IsWaiting) ? PollEvents.Readable : 0;
                entry = EntryFor(socket.Descriptor, (short)(readable | (socket.WantsWritable ? PollEvents.Writable : 0)));
                anyPending |= isTold && socket.Signal?.Look() == true;
            }
            else
            {
                anyPending |= ((PortableUdpSocket)Sockets[i]).Look() != UdpReadiness.None;
            }

            _entries[i + 1] = entry;
        }

        return anyPending;
    }

    private static PollEntry EntryFor(Descriptor descriptor, short events) =>
        new() { Descriptor = descriptor.TryAddReference() ? descriptor.Number : Closed, Events = events };

    /// <summary>Notes each socket's readiness and lets the descriptors go; true where a socket is ready.</summary>
    private bool Finish(bool polled)
    {
        if (_entries[0].Descriptor != Closed)
        {
            if (polled && _entries[0].Results != 0)
            {
                ulong wakes;
                _ = LibC.Read(_event, &wakes, sizeof(ulong));
            }

            _event.DangerousRelease();
        }

        bool anyReady = false;
        for (int i = 0; i < Sockets.Count; i++)
        {
            UdpSocket socket = Sockets[i];
            if (socket is LinuxUdpSocket linux)
            {
                ref readonly PollEntry entry = ref _entries[i + 1];
                socket.Readiness = polled && entry.Descriptor != Closed ? ReadinessOf(entry.Results) : UdpReadiness.None;
                socket.Readiness |= linux.Signal?.HasArrived == true ? UdpReadiness.Readable : UdpReadiness.None;
                linux.WantsWritable &= (socket.Readiness & UdpReadiness.Writable) == 0;
                if (entry.Descriptor != Closed)
                {
                    linux.Descriptor.DangerousRelease();
                }
            }
            else
            {
                socket.Readiness = ((PortableUdpSocket)socket).TakeReadiness();
            }

            anyReady |= socket.Readiness != UdpReadiness.None;
        }

        return anyReady;
    }

    /// <summary>
    /// An error is a reason to receive too: one for which the error queue had no room, or that was taken from there before the socket was
    /// marked with it, is on the socket alone, where only a call that fails with it takes it away.
    /// </summary>
    private static UdpReadiness ReadinessOf(short results) =>
        ((results & (PollEvents.Readable | PollEvents.Error)) != 0 ? UdpReadiness.Readable : UdpReadiness.None)
        | ((results & PollEvents.Writable) != 0 ? UdpReadiness.Writable : UdpReadiness.None)
        | ((results & PollEvents.Error) != 0 ? UdpReadiness.Error : UdpReadiness.None);

    private static TimeSpec ToTimeSpec(TimeSpan time) => new()
    {
        Seconds = time.Ticks / TimeSpan.TicksPerSecond,
        Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
    };

    /// <summary>How a call ended.</summary>
    private enum PollOutcome
    {
        TimeIsUp,

        /// <summary>By a wake, or for no reason.</summary>
        Interrupted,

        /// <summary>A socket is ready.</summary>
        Ready,
    }
}
