namespace HotQuic;

/// <summary>What System.Net.Quic's connection lacks: state, statistics, transport parameters, priorities.</summary>
public sealed partial class QuicConnection
{
    private QuicTransportParameters? _localTransportParameters;
    private QuicTransportParameters? _peerTransportParameters;

    /// <summary>Whatever the application wants to find again with the connection. The library does not look at it; set it before others may read it.</summary>
    public object? State { get; set; }

    /// <summary>What this side declared to the peer (RFC 9000 §18.2); null before it did.</summary>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    public QuicTransportParameters? LocalTransportParameters => Parameters(ref _localTransportParameters, isLocal: true);

    /// <summary>What the peer declared; null before the handshake has shown that it was the peer who did (RFC 9000 §7.4).</summary>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    public QuicTransportParameters? PeerTransportParameters => Parameters(ref _peerTransportParameters, isLocal: false);

    /// <summary>
    /// What the connection has measured and counted so far. It neither waits nor allocates, and may be called from any thread. Whatever the
    /// application was told of is counted.
    /// </summary>
    /// <returns>The numbers, taken at one moment.</returns>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    public QuicConnectionStatistics GetStatistics()
    {
        ThrowIfGone();
        QuicConnectionStatistics statistics = Driver.LastStatistics;
        ThrowIfGone();
        return statistics;
    }

    /// <summary>Opens a stream that begins with a priority, waiting until the peer allows one more (RFC 9000 §4.6).</summary>
    /// <param name="type">Whether the peer may send on it too.</param>
    /// <param name="priority">When its data goes out among that of other streams; <see cref="QuicStream.Priority"/> changes it.</param>
    /// <param name="cancellationToken">Ends the wait; no stream is lost by that.</param>
    /// <inheritdoc cref="OpenOutboundStreamAsync(QuicStreamType, CancellationToken)" path="/returns|/exception"/>
    public ValueTask<QuicStream> OpenOutboundStreamAsync(
        QuicStreamType type, QuicStreamPriority priority, CancellationToken cancellationToken = default) => OpenAsync(type, priority, cancellationToken);

    private QuicTransportParameters? Parameters(ref QuicTransportParameters? known, bool isLocal)
    {
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        if (known is null && (isLocal ? Driver.LocalParameters : Driver.PeerParameters) is { } parameters)
        {
            var made = new QuicTransportParameters(parameters);
            ThrowIfGone();
            known = made;
        }

        return known;
    }
}
