using HotQuic.Core.Packets;

namespace HotQuic.Core.Parameters;

/// <summary>
/// The connection IDs that an endpoint saw in the peer's handshake packets, for
/// <see cref="TransportParameters.Authenticate"/>.
/// </summary>
internal readonly record struct HandshakeConnectionIds
{
    /// <summary>Who sent the packets, and the parameters that must agree.</summary>
    public required EndpointRole Peer { get; init; }

    /// <summary>The Source Connection ID of the peer's first Initial packet.</summary>
    public required ConnectionId InitialSource { get; init; }

    /// <summary>Where the peer is the server: the Destination Connection ID of the client's very first Initial packet.</summary>
    public ConnectionId OriginalDestination { get; init; }

    /// <summary>Where the peer is the server and sent a Retry packet: the Source Connection ID of that.</summary>
    public ConnectionId? RetrySource { get; init; }
}
