using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;

namespace HotQuic.Diagnostics;

/// <summary>The words of draft-ietf-quic-qlog-quic-events for our enums, as tables. Every value has a word.</summary>
internal static class QlogNames
{
    /// <summary>Beside it stands the number that has no word.</summary>
    public const string Unknown = "unknown";

    private static readonly string[] TransportErrors =
    [
        "no_error", "internal_error", "connection_refused", "flow_control_error", "stream_limit_error", "stream_state_error",
        "final_size_error", "frame_encoding_error", "transport_parameter_error", "connection_id_limit_error", "protocol_violation",
        "invalid_token", "application_error", "crypto_buffer_exceeded", "key_update_error", "aead_limit_reached", "no_viable_path",
    ];

    private static readonly Dictionary<DropReason, QlogDrop> Drops = new()
    {
        [DropReason.None] = new("general", "none"),
        [DropReason.HeaderTruncated] = new("invalid", "header_truncated"),
        [DropReason.FixedBitClear] = new("invalid", "fixed_bit_clear"),
        [DropReason.ConnectionIdTooLong] = new("invalid", "connection_id_too_long"),
        [DropReason.LengthExceedsDatagram] = new("invalid", "length_exceeds_datagram"),
        [DropReason.TooShortToSample] = new("invalid", "too_short_to_sample"),
        [DropReason.CoalescedConnectionIdDiffers] = new("invalid", "coalesced_connection_id_differs"),
        [DropReason.VersionMismatch] = new("unsupported", "version_mismatch"),
        [DropReason.UnsupportedVersion] = new("unsupported", "unsupported_version"),
        [DropReason.UnexpectedPacketType] = new("invalid", "unexpected_packet_type"),
        [DropReason.KeysNotAvailable] = new("key_unavailable", "keys_not_available"),
        [DropReason.KeysDiscarded] = new("key_unavailable", "keys_discarded"),
        [DropReason.AuthenticationFailed] = new("decryption_failure", "authentication_failed"),
        [DropReason.Duplicate] = new("duplicate", "duplicate"),
        [DropReason.InitialDatagramTooSmall] = new("invalid", "initial_datagram_too_small"),
        [DropReason.InitialConnectionIdTooShort] = new("invalid", "initial_connection_id_too_short"),
        [DropReason.SourceConnectionIdMismatch] = new("invalid", "source_connection_id_mismatch"),
        [DropReason.RetryNotAccepted] = new("rejected", "retry_not_accepted"),
        [DropReason.VersionNegotiationNotAccepted] = new("rejected", "version_negotiation_not_accepted"),
        [DropReason.UnexpectedToken] = new("invalid", "unexpected_token"),
        [DropReason.UnknownConnection] = new("connection_unknown", "unknown_connection"),
        [DropReason.UnknownAddress] = new("rejected", "unknown_address"),
        [DropReason.ReflectionPort] = new("rejected", "reflection_port"),
        [DropReason.NoListener] = new("rejected", "no_listener"),
        [DropReason.NoAddress] = new("rejected", "no_address"),
        [DropReason.NotAdmitted] = new("rejected", "not_admitted"),
        [DropReason.RateLimited] = new("rejected", "rate_limited"),
        [DropReason.Draining] = new("general", "draining"),
        [DropReason.Overload] = new("rejected", "overload"),
        [DropReason.BufferFull] = new("rejected", "buffer_full"),
        [DropReason.KeyPhaseUnavailable] = new("key_unavailable", "key_phase_unavailable"),
        [DropReason.ForwardingFull] = new("rejected", "forwarding_full"),
    };

    // States of ours that the draft names otherwise; the handshake's have its names already. "Open" is where closing starts
    // from: it says nothing that the states of the handshake do not say better.
    private static readonly Dictionary<string, string?> States = new()
    {
        [nameof(CloseState.Open)] = null,
        [nameof(CloseState.Closing)] = "closing",
        [nameof(CloseState.Draining)] = "draining",
        [nameof(CloseState.Drained)] = "closed",
    };

    public static string Of(PacketType type) => type switch
    {
        PacketType.Initial => "initial",
        PacketType.ZeroRtt => "0RTT",
        PacketType.Handshake => "handshake",
        PacketType.Retry => "retry",
        PacketType.VersionNegotiation => "version_negotiation",
        _ => "1RTT",
    };

    /// <summary>The packets whose numbers a space counts; 0-RTT is never lost under its own name.</summary>
    public static string PacketTypeOf(PacketNumberSpace space) => space switch
    {
        PacketNumberSpace.Initial => "initial",
        PacketNumberSpace.Handshake => "handshake",
        _ => "1RTT",
    };

    public static QlogDrop Of(DropReason reason) => Drops[reason];

    public static string Of(LossTrigger trigger) => trigger == LossTrigger.PacketThreshold ? "reordering_threshold" : "time_threshold";

    public static string Of(CloseTrigger trigger) => trigger switch
    {
        CloseTrigger.Application => "application",
        CloseTrigger.TransportError => "error",
        CloseTrigger.IdleTimeout => "idle_timeout",
        CloseTrigger.StatelessReset => "stateless_reset",
        CloseTrigger.VersionMismatch => "version_mismatch",
        _ => "aborted",
    };

    /// <summary>The word of a transport error code; "unknown" asks for the number beside it.</summary>
    public static string OfTransportError(ulong code) =>
        code < (ulong)TransportErrors.Length ? TransportErrors[code]
        : TransportError.AlertOf(code) is not null ? $"crypto_error_0x{code:x3}"
        : Unknown;

    /// <summary>Null where the draft has no such state.</summary>
    public static string? OfState(string state) => States.GetValueOrDefault(state, state);

    public static string Of(EndpointRole role) => role == EndpointRole.Client ? "client" : "server";

    public static string Of(EncryptionLevel level) => level switch
    {
        EncryptionLevel.Initial => "initial",
        EncryptionLevel.ZeroRtt => "0rtt",
        EncryptionLevel.Handshake => "handshake",
        _ => "1rtt",
    };
}

/// <summary>A reason to drop in the words of a log: one of the draft's categories, and ours in detail.</summary>
internal readonly record struct QlogDrop(string Trigger, string Reason);
