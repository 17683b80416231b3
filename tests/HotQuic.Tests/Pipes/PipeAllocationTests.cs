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
    private const int WarmUpRounds = 1000;

    /// <summary>
    /// Many short turns, of which one must be free of allocations but for a few objects of its own: a timer or a thread of the runtime's that
    /// allocates now and then is not in every one of them, and one object in twenty rounds would be.
    /// </summary>
    private const int Turns = 20;
    private const int RoundsOfATurn = 600;

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
        await RoundTripsAsync(client, data, WarmUpRounds);
        long least = long.MaxValue;
        for (int turn = 0; turn < Turns && least > 0; turn++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await RoundTripsAsync(client, data, RoundsOfATurn);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / RoundsOfATurn);
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
