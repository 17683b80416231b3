using System.Net;
using HotQuic.Kestrel.Connections;
using HotQuic.Kestrel.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace HotQuic.Kestrel.Diagnostics;

/// <summary>All that the transport logs, under the category "HotQuic.Kestrel".</summary>
internal static partial class TransportLog
{
    public const string Category = "HotQuic.Kestrel";

    [LoggerMessage(1, LogLevel.Debug, "Listening for HTTP/3 on UDP {EndPoint}.", EventName = "Listening")]
    public static partial void Listening(this ILogger log, EndPoint endPoint);

    [LoggerMessage(2, LogLevel.Debug, "No more connections are accepted on UDP {EndPoint}.", EventName = "ListenerStopped")]
    public static partial void ListenerStopped(this ILogger log, EndPoint endPoint);

    [LoggerMessage(3, LogLevel.Debug, "A connection was not established.", EventName = "AcceptFailed")]
    public static partial void AcceptFailed(this ILogger log, Exception exception);

    [LoggerMessage(
        11, LogLevel.Warning, "A connection was not established: what the server is set up with cannot be used for it.", EventName = "OptionsUnusable")]
    public static partial void OptionsUnusable(this ILogger log, Exception exception);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "No certificate for the server name '{ServerName}': the HTTPS options gave neither a certificate nor a way to select one, so the connection fails.",
        EventName = "CertificateMissing")]
    public static partial void CertificateMissing(this ILogger log, string serverName);

    [LoggerMessage(5, LogLevel.Debug, "{Connection} was accepted from {RemoteEndPoint}.", EventName = "ConnectionAccepted")]
    public static partial void ConnectionAccepted(this ILogger log, QuicConnectionContext connection, EndPoint? remoteEndPoint);

    [LoggerMessage(6, LogLevel.Debug, "{Connection} was closed by the client with code {ErrorCode}.", EventName = "ConnectionReset")]
    public static partial void ConnectionReset(this ILogger log, QuicConnectionContext connection, long errorCode);

    [LoggerMessage(7, LogLevel.Debug, "{Connection} has failed.", EventName = "ConnectionFailed")]
    public static partial void ConnectionFailed(this ILogger log, QuicConnectionContext connection, Exception exception);

    [LoggerMessage(8, LogLevel.Debug, "{Connection} is aborted with code {ErrorCode}: {Reason}", EventName = "ConnectionAbort")]
    public static partial void ConnectionAbort(this ILogger log, QuicConnectionContext connection, long errorCode, string reason);

    [LoggerMessage(9, LogLevel.Debug, "{Stream} was aborted by the client with code {ErrorCode}.", EventName = "StreamReset")]
    public static partial void StreamReset(this ILogger log, QuicStreamContext stream, long errorCode);

    [LoggerMessage(10, LogLevel.Debug, "{Stream} is aborted ({Direction}) with code {ErrorCode}: {Reason}", EventName = "StreamAbort")]
    public static partial void StreamAbort(this ILogger log, QuicStreamContext stream, QuicAbortDirection direction, long errorCode, string reason);

    [LoggerMessage(11, LogLevel.Error, "What the application has called when {Context} ends has thrown.", EventName = "CallbackFailed")]
    public static partial void CallbackFailed(this ILogger log, BaseConnectionContext context, Exception exception);

    /// <summary>Cancels a token on the pool. What is registered with it is the application's: where it throws, that must not end the process.</summary>
    public static void CancelOnPool(this ILogger log, CancellationTokenSource source, BaseConnectionContext context) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                try
                {
                    work.source.Cancel();
                }
                catch (AggregateException exception)
                {
                    work.log.CallbackFailed(work.context, exception);
                }
            },
            (log, source, context),
            preferLocal: false);
}
