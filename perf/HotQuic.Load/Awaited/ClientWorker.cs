using System.Diagnostics;
using System.Runtime.CompilerServices;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Awaited;

/// <summary>
/// Works one copy on streams of a connection: <see cref="RunAsync"/> does one operation after the other until the copy is over. Its buffer
/// lives as long as it does, so that an operation allocates nothing here.
/// </summary>
internal sealed class ClientWorker(LoadCopy copy, QuicConnection connection)
{
    private readonly byte[] _buffer = new byte[PerfProtocol.BufferSize(copy.Kind, Math.Max(copy.RequestSize, copy.ResponseSize))];

    /// <summary>Works until the window is over.</summary>
    public Task RunAsync() => copy.Kind switch
    {
        ScenarioKind.Upload => UploadAsync(),
        ScenarioKind.Download => DownloadAsync(),
        _ => RequestsAsync(),
    };

    private async Task UploadAsync()
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        while (!copy.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            await stream.WriteAsync(_buffer);
            copy.Count(start, _buffer.Length);
        }

        stream.Abort(QuicAbortDirection.Both, PerfProtocol.NoError);
    }

    private async Task DownloadAsync()
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        stream.CompleteWrites();
        while (!copy.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            int read = await stream.ReadAsync(_buffer);
            if (read == 0)
            {
                throw LoadCopy.DownloadEnded();
            }

            copy.Count(start, read);
        }

        stream.Abort(QuicAbortDirection.Read, PerfProtocol.NoError);
    }

    private async Task RequestsAsync()
    {
        while (!copy.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            long received = await RequestAsync();
            if (!copy.TryCountResponse(start, received, out InvalidDataException? fault))
            {
                throw fault;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long> RequestAsync()
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        int left = copy.RequestSize;
        do
        {
            int length = Math.Min(left, _buffer.Length);
            left -= length;
            await stream.WriteAsync(_buffer.AsMemory(0, length), completeWrites: left == 0);
        }
        while (left > 0);

        long received = 0;
        int read;
        while ((read = await stream.ReadAsync(_buffer)) > 0)
        {
            received += read;
        }

        return received;
    }
}
