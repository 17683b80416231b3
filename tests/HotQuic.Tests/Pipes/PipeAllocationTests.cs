using System.IO.Pipelines;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Pipes;

/// <summary>
/// In steady state a write, a flush, a read and an advance allocate nothing. Alone, since it counts the whole process; over the system's own calls,
/// since the platform's sockets allocate an address for each datagram.
/// </summary>
[Collection(AloneCollection.Name)]
public class PipeAllocationTests
{
    private const int Rounds = 5000;

    [Theory]
    [InlineData(64)]
    [InlineData(5000)]
    [InlineData(100_000)]
    public async Task ARoundTripAllocatesNothing(int size)
    {
        await using Pair pair = await Pair.ConnectAsync(Pair.SystemIo);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task echo = EchoAsync(server);
        byte[] data = new byte[size];
        await RoundTripsAsync(client, data, Rounds / 5);
        long least = long.MaxValue;

        // The engine's own timers, and whatever else runs in the process, may allocate now and then: not in every one of several turns.
        for (int turn = 0; turn < 5 && least > 0; turn++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await RoundTripsAsync(client, data, Rounds / 5);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (Rounds / 5));
        }

        client.Output.Complete();
        await echo.WaitAsync(Pair.Patience);
        Assert.Equal(0, least);
    }

    private static async Task RoundTripsAsync(QuicStream stream, byte[] data, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            FlushResult flushed = await stream.Output.WriteAsync(data);
            Assert.False(flushed.IsCompleted);
            for (long read = 0; read < data.Length;)
            {
                ReadResult result = await stream.Input.ReadAsync();
                read += result.Buffer.Length;
                stream.Input.AdvanceTo(result.Buffer.End);
            }
        }
    }

    private static async Task EchoAsync(QuicStream stream)
    {
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                segment.Span.CopyTo(stream.Output.GetSpan(segment.Length));
                stream.Output.Advance(segment.Length);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }

            await stream.Output.FlushAsync();
        }

        stream.Output.Complete();
        stream.Input.Complete();
    }
}
