using System.Runtime.InteropServices;

namespace HotQuic.Udp.Linux;

// The kernel's own structures on 64-bit little-endian machines. Where musl declares an int and padding for what the kernel takes as a
// word, the bytes are the same.

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BufferVector
{
    public byte* Start;
    public nuint Length;
}

/// <summary>struct msghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public byte* Name;
    public uint NameLength;
    public BufferVector* Buffers;
    public nuint BufferCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>struct mmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BatchedMessageHeader
{
    public MessageHeader Header;
    public uint Length;
}

/// <summary>struct cmsghdr; its data follow, and the next begins at a multiple of eight bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public nuint Length;
    public int Level;
    public int Type;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int Descriptor;
    public short Events;
    public short Results;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary>struct sock_extended_err.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExtendedError
{
    public uint Number;
    public byte Origin;
    public byte Type;
    public byte Code;
    public byte Padding;
    public uint Info;
    public uint Data;
}

/// <summary>struct sock_filter: one instruction of a classic packet filter.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FilterInstruction
{
    public ushort Code;
    public byte JumpTrue;
    public byte JumpFalse;
    public uint Operand;
}

/// <summary>struct sock_fprog.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FilterProgram
{
    public ushort Length;
    public FilterInstruction* Instructions;
}
