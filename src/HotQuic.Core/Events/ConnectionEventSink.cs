using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Events;

/// <summary>
/// Who wants to know what a connection does: every event is one method with one struct, all of them here. A connection
/// holds a sink or null; null costs one test per event. Called on the thread that drives the connection, in the order in
/// which things happen; spans are valid during the call only.
/// </summary>
internal abstract class ConnectionEventSink
{
    public virtual void OnStarted(in StartedEvent e)
    {
    }

    public virtual void OnPacketSent(in PacketEvent e)
    {
    }

    public virtual void OnPacketReceived(in PacketEvent e)
    {
    }

    public virtual void OnPacketDropped(in PacketDroppedEvent e)
    {
    }

    public virtual void OnPacketLost(in PacketLostEvent e)
    {
    }

    public virtual void OnMetricsUpdated(in MetricsEvent e)
    {
    }

    public virtual void OnMtuUpdated(in MtuUpdatedEvent e)
    {
    }

    public virtual void OnParametersSet(in ParametersEvent e)
    {
    }

    public virtual void OnKeyUpdated(in KeyUpdatedEvent e)
    {
    }

    public virtual void OnStateChanged(in StateChangedEvent e)
    {
    }

    public virtual void OnClosed(in ClosedEvent e)
    {
    }

    /// <summary>Another sink takes over: nothing more will come.</summary>
    public virtual void OnReplaced()
    {
    }
}

internal readonly ref struct StartedEvent
{
    public required Instant At { get; init; }

    public required EndpointRole Role { get; init; }

    public required QuicVersion Version { get; init; }

    /// <summary>The first Initial's destination connection ID, which names the connection for both sides.</summary>
    public required ConnectionId OriginalDestinationId { get; init; }
}

/// <summary>A packet that was sent, or received and opened.</summary>
internal readonly ref struct PacketEvent
{
    public required Instant At { get; init; }

    public required PacketType Type { get; init; }

    /// <summary>-1 for Retry and Version Negotiation.</summary>
    public required PacketNumber Number { get; init; }

    /// <summary>The whole packet, protection included, in bytes.</summary>
    public required int Length { get; init; }

    /// <summary>The frames, in the clear; the versions of a Version Negotiation; empty for Retry.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    public EcnCodepoint Ecn { get; init; }

    public ConnectionId DestinationId { get; init; }
}

internal readonly record struct PacketDroppedEvent(Instant At, DropReason Reason, int Length, PacketType? Type);

internal readonly record struct PacketLostEvent(Instant At, PacketNumberSpace Space, PacketNumber Number)
{
    public required LossTrigger Trigger { get; init; }

    public bool IsMtuProbe { get; init; }
}

/// <summary>How a loss was noticed (RFC 9002 §6.1).</summary>
internal enum LossTrigger : byte
{
    PacketThreshold,
    TimeThreshold,
}

internal readonly record struct MetricsEvent(Instant At)
{
    public required TimeSpan SmoothedRtt { get; init; }

    public required TimeSpan LatestRtt { get; init; }

    public required TimeSpan MinRtt { get; init; }

    public required TimeSpan RttVariance { get; init; }

    public required int PtoCount { get; init; }

    public required long CongestionWindow { get; init; }

    public required long BytesInFlight { get; init; }

    public required long SlowStartThreshold { get; init; }
}

/// <summary>The path is known to carry larger UDP payloads, or no longer does; in bytes.</summary>
internal readonly record struct MtuUpdatedEvent(Instant At, int OldMtu, int NewMtu);

/// <summary>Transport parameters of either side, encoded as they travel.</summary>
internal readonly ref struct ParametersEvent
{
    public required Instant At { get; init; }

    public required bool IsLocal { get; init; }

    public required EndpointRole Owner { get; init; }

    public required ReadOnlySpan<byte> Encoded { get; init; }
}

internal readonly record struct KeyUpdatedEvent(Instant At, EncryptionLevel Level, long Phase, bool IsRemoteInitiated);

internal readonly record struct StateChangedEvent(Instant At, string OldState, string NewState);

/// <summary>The connection ended; packets may still follow.</summary>
/// <param name="At">When.</param>
/// <param name="IsLocal">We ended it, not the peer.</param>
/// <param name="IsApplication">The code is the application's.</param>
/// <param name="Code">The application's code or the transport error code; 0 where there is none.</param>
/// <param name="Trigger">What kind of end it was.</param>
/// <param name="Reason">Our fixed sentence, the application's, or the peer's phrase.</param>
internal readonly record struct ClosedEvent(Instant At, bool IsLocal, bool IsApplication, ulong Code, CloseTrigger Trigger, string Reason);

/// <summary>What kind of end a connection came to.</summary>
internal enum CloseTrigger : byte
{
    Application,
    TransportError,
    IdleTimeout,
    HandshakeTimeout,
    StatelessReset,
    VersionMismatch,
    Unreachable,
    PacketNumbersExhausted,
}
