using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;

namespace HotQuic.Core.Connections;

/// <summary>What a connection is born with.</summary>
internal readonly record struct ConnectionStart
{
    public required EndpointRole Role { get; init; }

    public required QuicVersion Version { get; init; }

    public required ConnectionSettings Settings { get; init; }

    public required Instant At { get; init; }

    public required PathAddress Remote { get; init; }

    /// <summary>The address we send from; unspecified where the system chooses.</summary>
    public required PathAddress Local { get; init; }

    /// <summary>The destination of the client's very first Initial, before any Retry.</summary>
    public required ConnectionId OriginalDestinationId { get; init; }

    /// <summary>The destination of the Initials that this connection starts with; it keys them (RFC 9001 §5.2).</summary>
    public required ConnectionId InitialDestinationId { get; init; }

    /// <summary>What the stateless reset tokens of our connection IDs derive from.</summary>
    public required StatelessResetKey ResetKey { get; init; }

    /// <summary>A server's source ID in the Retry that came before, if one did.</summary>
    public ConnectionId? RetrySourceId { get; init; }

    /// <summary>The client came with a token that proves its address (RFC 9000 §8.1).</summary>
    public bool IsAddressValidated { get; init; }

    /// <summary>A client's token from an earlier connection (RFC 9000 §8.1.3); empty where it has none.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }
}
