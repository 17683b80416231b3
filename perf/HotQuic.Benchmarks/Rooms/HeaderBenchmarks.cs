using BenchmarkDotNet.Attributes;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>Headers before their protection comes off: parsed, of the kinds that make up transfers and handshakes, and written.</summary>
[MemoryDiagnoser]
public class HeaderBenchmarks : IHasRooms
{
    private const int Repetitions = 16;
    private const int ConnectionIdLength = 8;

    private readonly byte[] _oneRtt = new byte[1452];
    private readonly byte[] _initial = new byte[1200];
    private readonly byte[] _written = new byte[64];
    private readonly byte[] _id = [1, 2, 3, 4, 5, 6, 7, 8];

    public HeaderBenchmarks()
    {
        var writer = new WireWriter(_initial);
        LongHeaderOffsets offsets = LongHeader.Write(ref writer, new LongHeaderFields
        {
            Type = PacketType.Initial,
            Version = QuicVersion.Version1,
            DestinationConnectionId = _id,
            SourceConnectionId = _id,
            PacketNumber = new PacketNumber(0),
            PacketNumberLength = 1,
        });
        LongHeader.FillLength(_initial, offsets, _initial.Length);
        WriteShort(_oneRtt);
    }

    public static IEnumerable<Room> Rooms =>
    [
        new("header parse, 1-RTT", () => new HeaderBenchmarks().ParseOneRtt),
        new("header parse, Initial", () => new HeaderBenchmarks().ParseInitial),
        new("header write, 1-RTT", () => new HeaderBenchmarks().WriteOneRtt),
    ];

    [Benchmark(OperationsPerInvoke = Repetitions)]
    public void ParseOneRtt() => Parse(_oneRtt);

    [Benchmark(OperationsPerInvoke = Repetitions)]
    public void ParseInitial() => Parse(_initial);

    [Benchmark(OperationsPerInvoke = Repetitions)]
    public void WriteOneRtt()
    {
        for (int i = 0; i < Repetitions; i++)
        {
            WriteShort(_written);
        }
    }

    private static void Parse(byte[] datagram)
    {
        int length = 0;
        for (int i = 0; i < Repetitions; i++)
        {
            Expect.True(ProtectedPacket.TryRead(datagram, ConnectionIdLength, out ProtectedPacket packet) == DropReason.None);
            length += packet.Length;
        }

        Expect.True(length == Repetitions * datagram.Length);
    }

    private void WriteShort(byte[] packet)
    {
        var writer = new WireWriter(packet);
        _ = ShortHeader.Write(ref writer, new ShortHeaderFields
        {
            DestinationConnectionId = _id,
            PacketNumber = new PacketNumber(7),
            PacketNumberLength = 2,
            Bits = ShortHeaderBits.Fixed,
        });
    }
}
