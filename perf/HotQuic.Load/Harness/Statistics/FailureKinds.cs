using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Authentication;
using HotQuic.Http3;

namespace HotQuic.Load.Harness.Statistics;

/// <summary>What failures are called in reports: few words, and few of them, however many connections fail.</summary>
internal static class FailureKinds
{
    /// <summary>A step took longer than it may.</summary>
    public const string Timeout = "timeout";

    /// <summary>An iteration waited longer for its beginning than a step may take.</summary>
    public const string NotStartedInTime = "not started in time";

    /// <summary>An iteration was due and had not begun when the load ended.</summary>
    public const string NotStarted = "not started";

    /// <summary>An iteration had not ended when the run did.</summary>
    public const string Abandoned = "not ended in time";

    /// <summary>The response has another size than expected.</summary>
    public const string WrongSize = "wrong size";

    /// <summary>A datagram was declared lost.</summary>
    public const string DatagramLost = "datagram lost";

    /// <summary>A datagram was not sent: the queue is full, or the peer takes none.</summary>
    public const string DatagramNotSent = "datagram not sent";

    /// <summary>The peer aborted the stream.</summary>
    public static string StreamAborted(long errorCode) => $"stream aborted with {errorCode}";

    /// <summary>A response of HTTP says that it failed.</summary>
    public static string Status(int status) => $"HTTP {status}";

    /// <summary>What ended a connection or an operation.</summary>
    public static string Of(Exception exception) => exception switch
    {
        QuicException { ApplicationErrorCode: { } code } quic => $"{Of(quic.QuicError)} with {code}",
        QuicException quic => Of(quic.QuicError),
        AuthenticationException => "TLS handshake failed",
        SocketException socket => $"network: {socket.SocketErrorCode}",
        Http3Exception { ErrorCode: { } code } => $"HTTP/3 {code}",
        OperationCanceledException or TimeoutException => Timeout,
        _ when exception.InnerException is QuicException inner => Of(inner),
        _ => exception.GetType().Name,
    };

    private static string Of(QuicError error) => error switch
    {
        QuicError.ConnectionAborted => "connection closed by the peer",
        QuicError.ConnectionIdle => "connection idle",
        QuicError.ConnectionRefused => "connection refused",
        QuicError.ConnectionTimeout => "connect timeout",
        QuicError.StreamAborted => "stream aborted",
        QuicError.TransportError => "transport error",
        _ => error.ToString(),
    };
}

/// <summary>Counts failures by kind, from any thread. Beyond a number of kinds all others are one.</summary>
internal sealed class FailureLedger
{
    private const int MostKinds = 32;
    private const string Other = "other";

    private readonly ConcurrentDictionary<string, Counter> _counters = new();

    /// <summary>Counts some.</summary>
    public void Count(string kind, long number)
    {
        if (!_counters.TryGetValue(kind, out Counter? counter))
        {
            counter = _counters.GetOrAdd(_counters.Count < MostKinds ? kind : Other, static _ => new Counter());
        }

        Interlocked.Add(ref counter.Value, number);
    }

    /// <summary>Moves what was counted since the last time to the caller's counts.</summary>
    public void MoveTo(IDictionary<string, long> counts)
    {
        foreach ((string kind, Counter counter) in _counters)
        {
            long number = Interlocked.Exchange(ref counter.Value, 0);
            if (number > 0)
            {
                counts[kind] = counts.TryGetValue(kind, out long before) ? before + number : number;
            }
        }
    }

    private sealed class Counter
    {
        public long Value;
    }
}
