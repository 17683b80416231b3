using BenchmarkDotNet.Attributes;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>A payload with a frame of each shape that takes part in transfers: written, and parsed.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks : IHasRooms
{
    private readonly byte[] _payload = new byte[1452];
    private readonly byte[] _data = new byte[300];
    private readonly SentFrame[] _log = new SentFrame[16];
    private readonly AckRange[] _ranges = [Range(90, 100), Range(40, 80), Range(3, 30)];
    private int _length;

    public FrameBenchmarks() => Write();

    public static IEnumerable<Room> Rooms =>
    [
        new("eight frames written", () => new FrameBenchmarks().Write),
        new("eight frames parsed", () => new FrameBenchmarks().Parse),
    ];

    [Benchmark]
    public void Write()
    {
        var writer = new FrameWriter(_payload, _log);
        Expect.True(AckFrame.Write(ref writer.Wire, new AckFrameContent(_ranges) { EcnCounts = new EcnCounts(1, 2, 3) }) == 3);
        writer.Log(new SentFrame(FrameType.AckEcn, 0, 0, 100));
        new CryptoFrame(0, _data).Write(ref writer.Wire);
        writer.Log(new SentFrame(FrameType.Crypto, 300, 0, 0));
        new MaxDataFrame(1 << 20).Write(ref writer.Wire);
        writer.Log(new SentFrame(FrameType.MaxData, 0, 0, 1 << 20));
        new ResetStreamFrame(new StreamId(4), 7, 1000).Write(ref writer.Wire);
        writer.Log(new SentFrame(FrameType.ResetStream, 0, 4, 0));
        new NewConnectionIdFrame(2, 1, new ConnectionId(_data.AsSpan(0, 8)), new StatelessResetToken(1, 2)).Write(ref writer.Wire);
        writer.Log(new SentFrame(FrameType.NewConnectionId, 0, 2, 0));
        ConnectionCloseFrame.Application(7, _data.AsSpan(0, 20)).Write(ref writer.Wire);
        writer.Log(new SentFrame(FrameType.ConnectionCloseApplication, 0, 0, 0));
        new DatagramFrame(_data.AsSpan(0, 100)).Write(ref writer.Wire);
        writer.Log(new SentFrame(FrameType.DatagramWithLength, 0, 0, 0));
        FrameType type = StreamFrame.WriteHeader(ref writer.Wire, new StreamId(8), 5000, _data.Length, StreamFrameOptions.Fin);
        writer.Log(new SentFrame(type, (uint)_data.Length, 8, 5000));
        _length = writer.Wire.Position + _data.Length;
    }

    [Benchmark]
    public void Parse()
    {
        var reader = new WireReader(_payload.AsSpan(0, _length));
        int frames = 0;
        long acknowledged = 0;
        while (!reader.IsEmpty)
        {
            Expect.True(FrameRules.TryReadFrameType(ref reader, out ulong type, out _));
            Expect.True(FrameRules.Check(type, EncryptionLevel.OneRtt, EndpointRole.Server, out _) is null);
            Expect.True(TryReadOne((FrameType)type, ref reader, ref acknowledged));
            frames++;
        }

        Expect.True(frames == 8 && acknowledged == 80);
    }

    private static AckRange Range(long smallest, long largest) => new(new PacketNumber(smallest), new PacketNumber(largest));

    private static bool TryReadOne(FrameType type, ref WireReader reader, ref long acknowledged)
    {
        switch (type)
        {
            case FrameType.AckEcn:
                bool isRead = AckFrame.TryRead(type, ref reader, out AckFrame ack);
                foreach (AckRange range in ack.Ranges)
                {
                    acknowledged += range.Count;
                }

                return isRead;
            case FrameType.Crypto:
                return CryptoFrame.TryRead(ref reader, out _);
            case FrameType.MaxData:
                return MaxDataFrame.TryRead(ref reader, out _);
            case FrameType.ResetStream:
                return ResetStreamFrame.TryRead(ref reader, out _);
            case FrameType.NewConnectionId:
                return NewConnectionIdFrame.TryRead(ref reader, out _);
            case FrameType.ConnectionCloseApplication:
                return ConnectionCloseFrame.TryRead(type, ref reader, out _);
            case FrameType.DatagramWithLength:
                return DatagramFrame.TryRead(type, ref reader, out _);
            default:
                return StreamFrame.TryRead(type, ref reader, out _);
        }
    }
}
