using System.Runtime.CompilerServices;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Protocol;

/// <summary>
/// The server's end of one stream after the other: <see cref="RunAsync"/> accepts a stream, does what the work order says, and goes
/// on to the next until the connection ends. Several work on one connection; one keeps its buffer for life, so that a stream costs
/// nothing here but what the engine itself allocates.
/// </summary>
internal sealed class ServerWorker(QuicConnection connection, WorkOrder work, Action<int> countReceived)
{
    private const int SmallestBuffer = 1024;

    private readonly byte[] _buffer = new byte[BufferSize(work)];

    /// <summary>Serves streams until the connection ends.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                int read;
                while ((read = await stream.ReadAsync(_buffer)) > 0)
                {
                    countReceived(read);
                }

                if (stream.CanWrite)
                {
                    await RespondAsync(stream);
                }
            }
            catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
            {
                // The client has had enough of this stream: next one.
            }
            catch (Exception e) when (PeerFailures.IsOne(e))
            {
                return;
            }
        }
    }

    /// <summary>Writes the response; for a download, until the client aborts the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RespondAsync(QuicStream stream)
    {
        long left = work.Scenario == ScenarioKind.Download ? long.MaxValue : work.ResponseSize;
        do
        {
            int length = (int)Math.Min(left, _buffer.Length);
            left -= length;
            await stream.WriteAsync(_buffer.AsMemory(0, length), completeWrites: left == 0);
        }
        while (left > 0);
    }

    private static int BufferSize(WorkOrder work) => work.Scenario is ScenarioKind.Upload or ScenarioKind.Download
        ? PerfProtocol.BulkBufferSize
        : Math.Clamp(work.ResponseSize, SmallestBuffer, PerfProtocol.BulkBufferSize);
}
