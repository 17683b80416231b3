using BenchmarkDotNet.Attributes;
using HotQuic.Core.Streams;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>64 pieces of 1,200 bytes in a stream's send buffer: written, sent, and acknowledged; or every eighth lost and sent again.</summary>
[MemoryDiagnoser]
public class SendBufferBenchmarks : IHasRooms
{
    private const int Pieces = 64;
    private const int PieceSize = 1200;
    private const int LossPeriod = 8;

    private readonly byte[] _data = new byte[Pieces * PieceSize];
    private readonly SendBuffer _buffer = new(new StreamBufferPool());

    public static IEnumerable<Room> Rooms =>
    [
        new("send buffer, all acknowledged", () => new SendBufferBenchmarks().SendAll),
        new("send buffer, every eighth piece lost", () => new SendBufferBenchmarks().SendAndLose),
    ];

    [Benchmark(OperationsPerInvoke = Pieces)]
    public void SendAll()
    {
        ulong start = WriteAndSend();
        for (ulong piece = 0; piece < Pieces; piece++)
        {
            _buffer.OnAcknowledged(start + (piece * PieceSize), PieceSize);
        }

        Expect.True(_buffer.IsAcknowledged);
    }

    [Benchmark(OperationsPerInvoke = Pieces)]
    public void SendAndLose()
    {
        ulong start = WriteAndSend();
        for (ulong piece = 0; piece < Pieces; piece++)
        {
            if (piece % LossPeriod == 0)
            {
                _buffer.OnLost(start + (piece * PieceSize), PieceSize);
            }
            else
            {
                _buffer.OnAcknowledged(start + (piece * PieceSize), PieceSize);
            }
        }

        while (_buffer.TryGetLost(out OffsetRange lost))
        {
            _buffer.OnSent(lost.Start, PieceSize);
            _buffer.OnAcknowledged(lost.Start, PieceSize);
        }

        Expect.True(_buffer.IsAcknowledged);
    }

    private ulong WriteAndSend()
    {
        ulong start = _buffer.WrittenEnd;
        _buffer.Write(_data);
        int sent = 0;
        while (_buffer.TryGetUnsent(out OffsetRange unsent))
        {
            sent += _buffer.Slice(unsent.Start, PieceSize).Length;
            _buffer.OnSent(unsent.Start, PieceSize);
        }

        Expect.True(sent > 0);
        return start;
    }
}
