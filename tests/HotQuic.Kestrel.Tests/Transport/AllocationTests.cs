using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Xunit.Abstractions;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>What a request allocates in the transport once pools are warm. Runs alone, since it counts the whole process.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AllocationTests(ITestOutputHelper output)
{
    /// <summary>
    /// On either side the handle of the stream, and two awaits whose state the runtime's pool did not have, as happens where they end on
    /// another thread.
    /// </summary>
    private const int Budget = 128 + 128 + (2 * 160);

    private const int Rounds = 7;
    private const int Requests = 2_000;

    [Fact]
    public async Task K10_ARequestAllocatesTheHandlesOfItsStreamAlone()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        Task serving = ServeAsync(pair.Server, (Rounds + 2) * Requests);
        double[] each = new double[Rounds];
        for (int round = -2; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await RequestAsync(pair.Client, Requests).OrFail();
            if (round >= 0)
            {
                each[round] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests;
            }
        }

        Array.Sort(each);
        output.WriteLine($"{each[Rounds / 2]:F0} bytes a request");
        Assert.InRange(each[Rounds / 2], 1, Budget);
        await serving.OrFail();
    }

    private static async Task ServeAsync(MultiplexedConnectionContext connection, int count)
    {
        byte[] answer = new byte[64];
        for (int i = 0; i < count; i++)
        {
            ConnectionContext stream = (await connection.AcceptAsync())!;
            ReadResult result;
            do
            {
                result = await stream.Transport.Input.ReadAsync();
                stream.Transport.Input.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);

            answer.CopyTo(stream.Transport.Output.GetMemory(answer.Length));
            stream.Transport.Output.Advance(answer.Length);
            await stream.Transport.Output.FlushAsync();
            stream.Transport.Output.Complete();
            stream.Transport.Input.Complete();
            await stream.DisposeAsync();
            ((IDisposable)stream).Dispose();
        }
    }

    private static async Task RequestAsync(QuicConnection connection, int count)
    {
        byte[] buffer = new byte[64];
        for (int i = 0; i < count; i++)
        {
            QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await stream.WriteAsync(buffer, completeWrites: true);
            while (await stream.ReadAsync(buffer) > 0)
            {
            }

            await stream.DisposeAsync();
        }
    }
}
