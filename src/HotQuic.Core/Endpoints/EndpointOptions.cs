using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Endpoints;

/// <summary>What an endpoint is made with. Secrets may be shared by a fleet, so that each member reads what another made.</summary>
internal sealed record EndpointOptions
{
    public ShardRoute Route { get; init; } = ShardRoute.Single;

    /// <summary>32 bytes; keys of Retry and NEW_TOKEN tokens derive from it.</summary>
    public required ReadOnlyMemory<byte> TokenSecret { get; init; }

    /// <summary>At least 32 bytes; stateless reset tokens derive from it where <see cref="IAdmission.ResetKey"/> is null.</summary>
    public required ReadOnlyMemory<byte> ResetSecret { get; init; }

    public TokenOptions Tokens { get; init; } = new();

    /// <summary>Makes the event sink of each new connection; null where nobody listens.</summary>
    public Func<Connections.Connection, Events.ConnectionEventSink?>? SinkFactory { get; init; }

    /// <summary>Stateless answers a second that one address prefix gets in the long run.</summary>
    public int ResponsesPerSecond { get; init; } = 1000;

    /// <summary>Stateless answers that one address prefix gets at once.</summary>
    public int ResponseBurst { get; init; } = 2000;
}

/// <summary>What to do with a client's first Initial.</summary>
internal enum AdmissionVerdict : byte
{
    Accept,

    /// <summary>The client has to prove its address first (RFC 9000 §8.1.2).</summary>
    Retry,

    /// <summary>The client is told CONNECTION_REFUSED.</summary>
    Refuse,

    /// <summary>Not a word: the application wants none of it.</summary>
    Drop,

    /// <summary>Not a word: even refusing would cost too much now.</summary>
    Shed,
}

/// <summary>A client's first Initial, as far as it can be judged without state.</summary>
internal readonly record struct AdmissionRequest(PathAddress Remote, PathAddress Local, QuicVersion Version, bool IsAddressValidated);

/// <summary>Decides who gets in, and with which settings; asked on the endpoint's thread, once an attempt.</summary>
internal interface IAdmission
{
    /// <summary>
    /// Whether anybody listens where a datagram was sent to: <see cref="DropReason.None"/>, or why nothing answers it. Asked before
    /// anything else is done for a stranger.
    /// </summary>
    /// <param name="local">Where it was sent to; none where the system does not tell.</param>
    /// <param name="remote">Where it came from.</param>
    DropReason CheckDestination(PathAddress local, PathAddress remote);

    /// <summary>
    /// Whether a stranger's datagram whose connection ID leads to another shard is for that shard: it listens on the same port, and what
    /// arrives there is spread by connection ID, or the datagram can only be for a connection that exists.
    /// </summary>
    /// <param name="shard">The number of the other shard.</param>
    /// <param name="mayBegin">The datagram may be a client's first: its ID is the client's choice, and leads nowhere by itself.</param>
    bool IsSharedWith(int shard, bool mayBegin);

    AdmissionVerdict Decide(in AdmissionRequest request);

    /// <summary>
    /// What the stateless reset tokens of connections derive from that are accepted where the datagram came; null for the endpoint's own.
    /// </summary>
    StatelessResetKey? ResetKey => null;

    /// <summary>The settings of a connection that was accepted.</summary>
    Connections.ConnectionSettings SettingsFor(in AdmissionRequest request);
}
