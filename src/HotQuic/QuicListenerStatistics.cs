namespace HotQuic;

/// <summary>
/// What a listener has seen since it was made, over all its starts; read at any time, on any thread, without a lock. Numbers that say "of its
/// ports" are those of every datagram that came to a port while the listener was on it, whichever listener it was for: before the
/// ClientHello nobody can tell. The same numbers, of all listeners of the process, are exported by the Meter "HotQuic".
/// </summary>
public readonly record struct QuicListenerStatistics
{
    /// <summary>Connections whose handshake was completed, and that the application was given.</summary>
    public long ConnectionsAccepted { get; init; }

    /// <summary>Attempts that the application turned down.</summary>
    public long ConnectionsRejected { get; init; }

    /// <summary>Handshakes that began with this listener and failed; those turned down are among them.</summary>
    public long HandshakesFailed { get; init; }

    /// <summary>Handshakes that go on now.</summary>
    public long HandshakesInProgress { get; init; }

    /// <summary>Attempts refused with CONNECTION_REFUSED since the backlog was full.</summary>
    public long RefusedByBacklog { get; init; }

    /// <summary>Attempts refused with CONNECTION_REFUSED since a shard had fallen behind, of its ports.</summary>
    public long RefusedByLoad { get; init; }

    /// <summary>First datagrams dropped without a word since a shard had fallen far behind, of its ports.</summary>
    public long DroppedByLoad { get; init; }

    /// <summary>Attempts that ended with no_application_protocol, since no listener takes any of the client's protocols, of its ports.</summary>
    public long NoApplicationProtocol { get; init; }

    /// <summary>Datagrams and attempts that came to an address nobody listens on, of its ports.</summary>
    public long NoAddress { get; init; }

    /// <summary>Retry packets sent (RFC 9000 §8.1.2), of its ports.</summary>
    public long RetriesSent { get; init; }

    /// <summary>Attempts refused with INVALID_TOKEN (RFC 9000 §8.1.3), of its ports.</summary>
    public long InvalidTokens { get; init; }

    /// <summary>How often the memory of unfinished handshakes made the listener ask for Retry.</summary>
    public long RetryModeStarts { get; init; }

    /// <summary>Whether it asks for Retry now because of that memory.</summary>
    public bool IsRetryModeOn { get; init; }

    /// <summary>Version Negotiation packets sent (RFC 9000 §6.1), of its ports.</summary>
    public long VersionNegotiationsSent { get; init; }

    /// <summary>Stateless resets sent (RFC 9000 §10.3), of its ports.</summary>
    public long StatelessResetsSent { get; init; }

    /// <summary>
    /// Datagrams that arrived at another shard than that of their connection and crossed over, of its ports. Few, but where the port is
    /// shared with other processes and clients change their addresses.
    /// </summary>
    public long DatagramsForwarded { get; init; }

    /// <summary>Datagrams dropped before they reached a connection, for whatever reason, of its ports.</summary>
    public long DatagramsDropped { get; init; }

    /// <summary>Of these, those that came while nobody listened on the port, though connections still used it.</summary>
    public long DatagramsWithoutListener { get; init; }

    /// <summary>Of these, those that would have been answered without state but for the limit of such answers.</summary>
    public long DatagramsRateLimited { get; init; }

    /// <summary>Of these, those from source ports of services that answer anything, which only a forger would use.</summary>
    public long DatagramsFromReflectionPorts { get; init; }

    /// <summary>Of these, those that are no packets which could begin or belong to a connection here.</summary>
    public long DatagramsMalformed { get; init; }
}
