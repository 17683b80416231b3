using BenchmarkDotNet.Attributes;
using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>Ranges of received packet numbers where many were lost: kept, and brought across in an ACK frame.</summary>
[MemoryDiagnoser]
public class AckRangeBenchmarks : IHasRooms
{
    private const int Ranges = 32;
    private const int Stride = 4;

    private readonly byte[] _payload = new byte[1200];
    private readonly AckRange[] _ranges = [.. Enumerable.Range(0, Ranges).Select(i => Range(Stride * (Ranges - i)))];
    private ReceivedRanges _received = new();
    private long _next;

    public AckRangeBenchmarks() => WriteFrame();

    [GlobalSetup(Target = nameof(Keep))]
    public void Fill()
    {
        for (int i = 0; i < Ranges; i++)
        {
            AddStride();
        }
    }

    public static IEnumerable<Room> Rooms =>
    [
        new("ACK ranges kept, 32 gaps", OpenKeep),
        new("ACK frame of 32 ranges written", () => new AckRangeBenchmarks().WriteFrame),
        new("ACK frame of 32 ranges parsed", () => new AckRangeBenchmarks().ReadFrame),
    ];

    /// <summary>Three packets come, one late, and a fourth is lost; what is older than 32 such losses is forgotten.</summary>
    [Benchmark]
    public void Keep()
    {
        AddStride();
        _received.ForgetUpTo(new PacketNumber(_next - (Stride * Ranges)));
        Expect.True(_received.Descending.Length == Ranges);
    }

    [Benchmark]
    public void WriteFrame()
    {
        var writer = new WireWriter(_payload);
        Expect.True(AckFrame.Write(ref writer, new AckFrameContent(_ranges)) == Ranges);
    }

    [Benchmark]
    public void ReadFrame()
    {
        var reader = new WireReader(_payload);
        Expect.True(reader.TryReadVarInt(out ulong type));
        Expect.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
        long acknowledged = 0;
        foreach (AckRange range in frame.Ranges)
        {
            acknowledged += range.Count;
        }

        Expect.True(acknowledged == Ranges * (Stride - 1));
    }

    private static Action OpenKeep()
    {
        var benchmarks = new AckRangeBenchmarks();
        benchmarks.Fill();
        return benchmarks.Keep;
    }

    private static AckRange Range(long smallest) => new(new PacketNumber(smallest), new PacketNumber(smallest + Stride - 2));

    private void AddStride()
    {
        foreach (int number in (ReadOnlySpan<int>)[0, 2, 1])
        {
            var packet = new PacketNumber(_next + number);
            Expect.True(!_received.Contains(packet));
            _ = _received.Add(packet);
        }

        _next += Stride;
    }
}
