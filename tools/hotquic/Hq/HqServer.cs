using System.Buffers;
using System.Net;
using HotQuic.Load;
using HotQuic.Tools.Files;
using Microsoft.Extensions.Logging;

namespace HotQuic.Tools.Hq;

/// <summary>
/// Serves a directory over <see cref="HqProtocol"/>: <see cref="RunAsync"/> until cancelled, on a listener that the caller made and
/// disposes.
/// </summary>
internal sealed partial class HqServer(QuicListener listener, ServedDirectory directory, ILogger logger)
{
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(2);

    /// <summary>Serves every connection until cancelled, closes them all, and returns.</summary>
    public Task RunAsync(CancellationToken cancellation) => AcceptLoop.RunAsync(
        listener,
        connection => ServeConnectionAsync(connection, cancellation),
        failure => LogHandshakeFailed(Failures.WithCause(failure)),
        ClosingPatience,
        cancellation);

    /// <summary>Answers one request on a stream that both sides can end: the number of bytes sent, or the code of the refusal.</summary>
    public static async ValueTask<HqOutcome> AnswerAsync(Stream stream, ServedDirectory directory, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HqProtocol.BufferSize);
        try
        {
            if (await HqRequest.ReadAsync(stream, buffer, cancellation) is not { } path)
            {
                return HqOutcome.Refused(HqProtocol.BadRequest, path: string.Empty);
            }

            await using Stream? content = directory.TryOpen(path);
            return content is null
                ? HqOutcome.Refused(HqProtocol.NotFound, path)
                : await CopyAsync(content, stream, buffer, cancellation) is { } bytes
                    ? HqOutcome.Served(bytes, path)
                    : HqOutcome.Refused(HqProtocol.ReadFailed, path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<long?> CopyAsync(Stream content, Stream stream, byte[] buffer, CancellationToken cancellation)
    {
        long total = 0;
        while (true)
        {
            int read;
            try
            {
                read = await content.ReadAsync(buffer, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }

            if (read == 0)
            {
                return total;
            }

            await stream.WriteAsync(buffer.AsMemory(0, read), cancellation);
            total += read;
        }
    }

    private async Task ServeConnectionAsync(QuicConnection connection, CancellationToken cancellation)
    {
        EndPoint client = connection.RemoteEndPoint;
        LogConnected(client);
        await using (connection)
        {
            try
            {
                while (true)
                {
                    QuicStream stream = await connection.AcceptInboundStreamAsync(cancellation);
                    _ = ServeStreamAsync(stream, client, cancellation);
                }
            }
            catch (Exception e) when (PeerFailures.IsOne(e) || e is OperationCanceledException)
            {
                LogEnded(client);
            }
        }
    }

    private async Task ServeStreamAsync(QuicStream stream, EndPoint client, CancellationToken cancellation)
    {
        await using (stream)
        {
            try
            {
                HqOutcome outcome = stream.CanWrite
                    ? await AnswerAsync(stream, directory, cancellation)
                    : HqOutcome.Refused(HqProtocol.BadRequest, string.Empty);
                if (outcome.RefusalCode is { } code)
                {
                    stream.Abort(stream.CanWrite ? QuicAbortDirection.Both : QuicAbortDirection.Read, code);
                    LogRefused(client, outcome.PrintablePath, code);
                }
                else
                {
                    stream.CompleteWrites();
                    LogServed(client, outcome.PrintablePath, outcome.Bytes);
                }
            }
            catch (Exception e) when (PeerFailures.IsOne(e) || e is OperationCanceledException)
            {
                LogBrokenOff(client, e.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Client} connected")]
    private partial void LogConnected(EndPoint client);

    [LoggerMessage(2, LogLevel.Debug, "{Client} is gone")]
    private partial void LogEnded(EndPoint client);

    [LoggerMessage(3, LogLevel.Information, "{Client} got {Path}, {Bytes} bytes")]
    private partial void LogServed(EndPoint client, string path, long bytes);

    [LoggerMessage(4, LogLevel.Warning, "{Client} was refused {Path}, code 0x{Code:x}")]
    private partial void LogRefused(EndPoint client, string path, long code);

    [LoggerMessage(5, LogLevel.Information, "{Client} broke off: {Reason}")]
    private partial void LogBrokenOff(EndPoint client, string reason);

    [LoggerMessage(6, LogLevel.Warning, "A handshake failed: {Reason}")]
    private partial void LogHandshakeFailed(string reason);
}
