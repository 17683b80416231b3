using HotQuic.Core.Frames;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Recovery;

/// <summary>
/// The packets of one space from the oldest outstanding one to the newest, and the frames they carried: two rings that
/// grow by doubling, rented from the shard, so that in steady state nothing is allocated. <see cref="Add"/> when one is sent;
/// <see cref="At"/> and <see cref="FrameAt"/> while it is outstanding; <see cref="SentPacket.MarkAcknowledged"/>, or
/// <see cref="RemoveOldest"/> for a lost one; then <see cref="Advance"/>.
/// </summary>
/// <remarks>
/// Acknowledged packets above an outstanding one keep their slot. Each knows a run of acknowledged packets right below it,
/// so that an ACK range that was seen before is crossed in a few steps (<see cref="SentPacket.AcknowledgedRun"/>).
/// Packets that elicit no acknowledgment may never get one: where the ring would have to grow for such packets alone, the
/// oldest of them are forgotten.
/// </remarks>
internal sealed class SentPackets(RecoveryMemory memory)
{
    private const int InitialPackets = 16;
    private const int InitialFrames = 32;

    /// <summary>Packets that are not in flight may occupy so many slots before they are forgotten.</summary>
    private const int MaxUnacknowledgeable = 64;

    /// <summary>More numbers than this are never left out at once.</summary>
    private const int MaxSkipped = 1024;

    private static readonly AckRange NoneSkipped = new(PacketNumber.None, new PacketNumber(-2));

    private SentPacket[] _packets = [];
    private SentFrame[] _frames = [];
    private long _oldest;
    private long _next;
    private uint _nextFrame;

    /// <summary>The lowest number that is outstanding; <see cref="Next"/> where none is.</summary>
    public PacketNumber Oldest => new(_oldest);

    /// <summary>One above the highest number sent.</summary>
    public PacketNumber Next => new(_next);

    public bool IsEmpty => _oldest == _next;

    /// <summary>The numbers that were left out last; nothing was ever sent with them (RFC 9000 §21.4).</summary>
    public AckRange LastSkipped { get; private set; } = NoneSkipped;

    /// <summary>How many packets find room without more memory.</summary>
    public int Capacity => _packets.Length;

    /// <summary>Starts anew from number 0, for another connection.</summary>
    public void Begin()
    {
        Clear();
        Trim();
        _oldest = 0;
        _next = 0;
        _nextFrame = 0;
        LastSkipped = NoneSkipped;
    }

    /// <summary>The slot of a number from <see cref="Oldest"/> up to, not including, <see cref="Next"/>.</summary>
    public ref SentPacket At(long number) => ref _packets[number & (_packets.Length - 1)];

    /// <summary>A frame of an outstanding packet.</summary>
    public ref readonly SentFrame FrameAt(in SentPacket packet, int index) =>
        ref _frames[(packet.FrameStart + (uint)index) & (uint)(_frames.Length - 1)];

    /// <summary>Gives the packet the next slot, outstanding and with its frames; the caller fills in the rest.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number was used, or leaves out too many.</exception>
    public ref SentPacket Add(PacketNumber number, ReadOnlySpan<SentFrame> frames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number.Value, _next, nameof(number));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number.Value - _next, MaxSkipped, nameof(number));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frames.Length, ushort.MaxValue, nameof(frames));
        Skip(number.Value);
        MakeRoomForPackets(1);
        MakeRoomForFrames(frames.Length);

        ref SentPacket packet = ref At(_next++);
        packet = default;
        packet.State = SentPacketState.Outstanding;
        packet.FrameStart = _nextFrame;
        packet.FrameCount = (ushort)frames.Length;
        foreach (ref readonly SentFrame frame in frames)
        {
            _frames[_nextFrame++ & (uint)(_frames.Length - 1)] = frame;
        }

        return ref packet;
    }

    /// <summary>Drops the oldest packet, which was lost or is given up.</summary>
    public void RemoveOldest() => _oldest++;

    /// <summary>Drops what is not outstanding at the front; true where an acknowledged packet was among it.</summary>
    public bool Advance()
    {
        bool passedAcknowledged = false;
        while (_oldest < _next && At(_oldest).State is var state && state != SentPacketState.Outstanding)
        {
            passedAcknowledged |= state == SentPacketState.Acknowledged;
            _oldest++;
        }

        return passedAcknowledged;
    }

    /// <summary>Forgets all packets; numbers go on from where they were.</summary>
    public void Clear() => _oldest = _next;

    /// <summary>Gives the memory back where nothing is outstanding.</summary>
    public void Trim()
    {
        if (IsEmpty)
        {
            memory.Packets.Return(_packets);
            memory.Frames.Return(_frames);
            _packets = [];
            _frames = [];
        }
    }

    private void Skip(long number)
    {
        if (number == _next)
        {
            return;
        }

        LastSkipped = new AckRange(new PacketNumber(_next), new PacketNumber(number - 1));
        if (IsEmpty)
        {
            _oldest = _next = number;
            return;
        }

        MakeRoomForPackets((int)(number - _next));
        while (_next < number)
        {
            At(_next++) = default;
        }
    }

    private void MakeRoomForPackets(int count)
    {
        while (_next - _oldest + count > _packets.Length)
        {
            if (_packets.Length < MaxUnacknowledgeable || !TryForgetOldest())
            {
                GrowPackets();
            }
        }
    }

    private bool TryForgetOldest()
    {
        if (IsEmpty || At(_oldest).Has(SentPacketFlags.InFlight))
        {
            return false;
        }

        _oldest++;
        Advance();
        return true;
    }

    private void GrowPackets()
    {
        SentPacket[] grown = memory.Packets.Rent(Math.Max(InitialPackets, _packets.Length * 2));
        for (long number = _oldest; number < _next; number++)
        {
            grown[number & (grown.Length - 1)] = At(number);
        }

        memory.Packets.Return(_packets);
        _packets = grown;
    }

    private void MakeRoomForFrames(int count)
    {
        uint firstFrame = IsEmpty ? _nextFrame : At(_oldest).FrameStart;
        uint used = _nextFrame - firstFrame;
        if (used + (uint)count <= (uint)_frames.Length)
        {
            return;
        }

        int capacity = Math.Max(InitialFrames, _frames.Length);
        while ((uint)capacity < used + (uint)count)
        {
            capacity *= 2;
        }

        SentFrame[] grown = memory.Frames.Rent(capacity);
        for (uint i = 0; i < used; i++)
        {
            uint place = firstFrame + i;
            grown[place & (uint)(capacity - 1)] = _frames[place & (uint)(_frames.Length - 1)];
        }

        memory.Frames.Return(_frames);
        _frames = grown;
    }
}
