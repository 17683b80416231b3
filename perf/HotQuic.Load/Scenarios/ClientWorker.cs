using System.Diagnostics;
using System.Runtime.CompilerServices;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// One of a load's copies: <see cref="RunAsync"/> does one operation after the other until the window is over, and counts those that
/// end while it is open. Its buffers live as long as it does, so that an operation allocates nothing here.
/// </summary>
internal sealed class ClientWorker(LoadContext context, QuicConnection? connection, Tally tally)
{
    private readonly byte[] _buffer = new byte[PerfProtocol.BulkBufferSize];

    /// <summary>Works until the window is over.</summary>
    public Task RunAsync() => context.Kind switch
    {
        ScenarioKind.Upload => UploadAsync(connection!),
        ScenarioKind.Download => DownloadAsync(connection!),
        ScenarioKind.Handshake => HandshakesAsync(),
        _ => RequestsAsync(connection!),
    };

    private async Task UploadAsync(QuicConnection lasting)
    {
        await using QuicStream stream = await lasting.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        while (!context.Window.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            await stream.WriteAsync(_buffer);
            Count(start, _buffer.Length);
        }

        stream.Abort(QuicAbortDirection.Both, PerfProtocol.NoError);
    }

    private async Task DownloadAsync(QuicConnection lasting)
    {
        await using QuicStream stream = await lasting.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        stream.CompleteWrites();
        while (!context.Window.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            int read = await stream.ReadAsync(_buffer);
            if (read == 0)
            {
                throw new InvalidDataException("The server ended the download.");
            }

            Count(start, read);
        }

        stream.Abort(QuicAbortDirection.Read, PerfProtocol.NoError);
    }

    private async Task HandshakesAsync()
    {
        while (!context.Window.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            QuicConnection made = await context.Client.ConnectAsync(CancellationToken.None);
            Count(start, 0);
            await context.Client.CloseAsync(made);
        }
    }

    private async Task RequestsAsync(QuicConnection lasting)
    {
        while (!context.Window.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            long received = await RequestAsync(lasting);
            if (received != context.Settings.ResponseSize)
            {
                throw new InvalidDataException($"A response has {received} bytes, not {context.Settings.ResponseSize}.");
            }

            Count(start, received + (context.Settings.RequestSize ?? 0));
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long> RequestAsync(QuicConnection lasting)
    {
        await using QuicStream stream = await lasting.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        int left = context.Settings.RequestSize ?? 0;
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

    private void Count(long start, long bytes)
    {
        if (context.Window.IsOpen)
        {
            tally.Count(start, bytes);
        }
    }
}
