using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HotQuic.Udp.Linux;

/// <summary>Lays out the control messages that go with a train.</summary>
internal ref struct ControlWriter(Span<byte> room)
{
    /// <summary>Room for ECN, source address and segment size.</summary>
    public const int RoomForSend = 24 + 40 + 24;

    private readonly Span<byte> _room = room;

    /// <summary>Bytes written so far: what msg_controllen says.</summary>
    public int Length { get; private set; }

    public static int Align(int length) => (length + 7) & ~7;

    public void Add<T>(int level, int type, in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Append(level, type, Unsafe.SizeOf<T>()), in value);
    }

    /// <summary>Adds a message and returns its data, zeroed, to be written.</summary>
    public Span<byte> Append(int level, int type, int dataLength)
    {
        int length = ControlReader.HeaderLength + dataLength;
        Span<byte> message = _room.Slice(Length, Align(length));
        message.Clear();
        var header = new ControlHeader { Length = (nuint)length, Level = level, Type = type };
        MemoryMarshal.Write(message, in header);
        Length += message.Length;
        return message[ControlReader.HeaderLength..length];
    }
}
