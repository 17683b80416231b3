using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HotQuic.Udp.Portable;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Linux;

/// <summary>
/// Waits with one ppoll over the sockets and an event descriptor that wakes it. For the few sockets of a shard that costs no more than
/// epoll and needs no bookkeeping of who wants to write. A socket that another thread closes meanwhile stays open until the call is over.
/// A <see cref="ReadableSignal"/> tells a sleeper what has arrived in the place of the call, which is asked for it only where it does not
/// sleep: a busy thread then has no other threads at work for it.
/// </summary>
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

    private protected override void CheckTakes(UdpSocket socket)
    {
    }

    private protected override bool Look(TimeSpan timeout)
    {
        int count = Sockets.Count + 1;
        if (_entries.Length < count)
        {
            _entries = GC.AllocateArray<PollEntry>(Math.Max(count, 2 * _entries.Length), pinned: true);
        }

        bool anyPending = Prepare(sleeps: timeout > TimeSpan.Zero);
        TimeSpec time = ToTimeSpec(anyPending ? TimeSpan.Zero : timeout);
        int ready = LibC.Poll(
            (PollEntry*)Unsafe.AsPointer(ref _entries[0]), (nuint)count, timeout == TimeSpan.MaxValue && !anyPending ? null : &time, null);
        return Finish(ready > 0);
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
    private bool Prepare(bool sleeps)
    {
        bool anyPending = false;
        _entries[0] = EntryFor(_event, PollEvents.Readable);
        for (int i = 0; i < Sockets.Count; i++)
        {
            PollEntry entry = new() { Descriptor = Closed };
            if (Sockets[i] is LinuxUdpSocket socket)
            {
                int readable = socket.Signal is null || !sleeps ? PollEvents.Readable : 0;
                entry = EntryFor(socket.Descriptor, (short)(readable | (socket.WantsWritable ? PollEvents.Writable : 0)));
                anyPending |= sleeps && socket.Signal?.Look() == true;
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

    private static UdpReadiness ReadinessOf(short results) =>
        ((results & PollEvents.Readable) != 0 ? UdpReadiness.Readable : UdpReadiness.None)
        | ((results & PollEvents.Writable) != 0 ? UdpReadiness.Writable : UdpReadiness.None)
        | ((results & PollEvents.Error) != 0 ? UdpReadiness.Error : UdpReadiness.None);

    private static TimeSpec ToTimeSpec(TimeSpan time) => new()
    {
        Seconds = time.Ticks / TimeSpan.TicksPerSecond,
        Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
    };
}
