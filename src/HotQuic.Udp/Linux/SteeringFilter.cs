using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>
/// The classic packet filter that steers datagrams over the sockets of a port. It sees the UDP payload from offset 0, its answer
/// is the number of a socket in the order of binding, and a load beyond the end ends it with 0.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe class SteeringFilter
{
    private const ushort LoadByte = 0x30;
    private const ushort JumpIfBitsSet = 0x45;
    private const ushort Jump = 0x05;
    private const ushort Modulo = 0x94;
    private const ushort ReturnAccumulator = 0x16;

    /// <summary>Attaches to the whole group through any one of its sockets, once there are two.</summary>
    public static bool TryAttach(Descriptor socket, ShardSteering steering, int shardCount)
    {
        Span<FilterInstruction> instructions =
        [
            new() { Code = LoadByte, Operand = 0 },
            new() { Code = JumpIfBitsSet, Operand = 0x80, JumpTrue = 0, JumpFalse = 2 },
            new() { Code = LoadByte, Operand = (uint)steering.LongHeaderOffset },
            new() { Code = Jump, Operand = 1 },
            new() { Code = LoadByte, Operand = (uint)steering.ShortHeaderOffset },
            new() { Code = Modulo, Operand = (uint)shardCount },
            new() { Code = ReturnAccumulator },
        ];
        fixed (FilterInstruction* first = instructions)
        {
            var program = new FilterProgram { Length = (ushort)instructions.Length, Instructions = first };
            return SocketOptions.TrySet(socket, Level.Socket, SocketOption.AttachReusePortFilter, in program);
        }
    }
}
