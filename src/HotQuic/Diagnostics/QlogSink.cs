using System.Net;
using System.Text.Json;
using HotQuic.Core.Connections;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;

namespace HotQuic.Diagnostics;

/// <summary>
/// Writes what one connection does as qlog events (draft-ietf-quic-qlog-quic-events-13). Made by
/// <see cref="QlogDirectory.CreateSink"/> and called on the connection's thread, where it only fills memory. It ends when the
/// connection has drained or the directory is disposed, whichever comes first. The lock is for the second case: otherwise
/// nobody contends for it.
/// </summary>
internal sealed class QlogSink : ConnectionEventSink
{
    private readonly Lock _gate = new();
    private readonly Connection _connection;
    private readonly QlogDirectory _directory;
    private readonly QlogTrace _trace;
    private MetricsEvent? _metrics;
    private bool _hasHandshakeStarted;

    public QlogSink(Connection connection, QlogDirectory directory, QlogTrace trace)
    {
        _connection = connection;
        _directory = directory;
        _trace = trace;
    }

    /// <summary>Completes the file; from any thread.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _trace.Dispose();
        }

        _directory.OnFinished(this, _trace.Dropped);
    }

    public override void OnReplaced() => Finish();

    public override void OnStarted(in StartedEvent e)
    {
        lock (_gate)
        {
            _trace.Open(QlogHeader.CreateFile(e, _directory.UtcNow), e.At);
            WriteConnectionStarted(e);
            WriteVersions(e);
            WriteState(new StateChangedEvent(e.At, string.Empty, "attempted"));
        }
    }

    public override void OnPacketSent(in PacketEvent e) => Packet(e, "quic:packet_sent"u8, _connection.LocalTransportParameters?.AckDelayExponent);

    public override void OnPacketReceived(in PacketEvent e) => Packet(e, "quic:packet_received"u8, _connection.Handshake.PeerParameters?.AckDelayExponent);

    public override void OnPacketDropped(in PacketDroppedEvent e)
    {
        lock (_gate)
        {
            if (!_trace.TryBegin(e.At, "quic:packet_dropped"u8, out Utf8JsonWriter json))
            {
                return;
            }

            QlogDrop drop = QlogNames.Of(e.Reason);
            json.WriteStartObject("header"u8);
            json.WriteString("packet_type"u8, e.Type is { } type ? QlogNames.Of(type) : QlogNames.Unknown);
            json.WriteEndObject();
            json.WriteRawLength(e.Length);
            json.WriteStartObject("details"u8);
            json.WriteString("reason"u8, drop.Reason);
            json.WriteEndObject();
            json.WriteString("trigger"u8, drop.Trigger);
            _trace.End();
        }
    }

    public override void OnPacketLost(in PacketLostEvent e)
    {
        lock (_gate)
        {
            if (!_trace.TryBegin(e.At, "quic:packet_lost"u8, out Utf8JsonWriter json))
            {
                return;
            }

            json.WriteStartObject("header"u8);
            json.WriteString("packet_type"u8, QlogNames.PacketTypeOf(e.Space));
            json.WriteNumber("packet_number"u8, e.Number.Value);
            json.WriteEndObject();
            if (e.IsMtuProbe)
            {
                json.WriteBoolean("is_mtu_probe_packet"u8, true);
            }

            json.WriteString("trigger"u8, QlogNames.Of(e.Trigger));
            _trace.End();
        }
    }

    /// <summary>§7.2: only what changed.</summary>
    public override void OnMetricsUpdated(in MetricsEvent e)
    {
        lock (_gate)
        {
            MetricsEvent? last = _metrics;
            if ((last is { } previous && e with { At = previous.At } == previous)
                || !_trace.TryBegin(e.At, "quic:recovery_metrics_updated"u8, out Utf8JsonWriter json))
            {
                return;
            }

            _metrics = e;
            WriteChanged(json, "min_rtt"u8, last?.MinRtt, e.MinRtt);
            WriteChanged(json, "smoothed_rtt"u8, last?.SmoothedRtt, e.SmoothedRtt);
            WriteChanged(json, "latest_rtt"u8, last?.LatestRtt, e.LatestRtt);
            WriteChanged(json, "rtt_variance"u8, last?.RttVariance, e.RttVariance);
            WriteChanged(json, "pto_count"u8, last?.PtoCount, e.PtoCount);
            WriteChanged(json, "congestion_window"u8, last?.CongestionWindow, e.CongestionWindow);
            WriteChanged(json, "bytes_in_flight"u8, last?.BytesInFlight, e.BytesInFlight);

            // Infinite at first, and again where a loss proves spurious: there is no number for that.
            if (e.SlowStartThreshold != long.MaxValue)
            {
                WriteChanged(json, "ssthresh"u8, last?.SlowStartThreshold, e.SlowStartThreshold);
            }

            _trace.End();
        }
    }

    public override void OnMtuUpdated(in MtuUpdatedEvent e)
    {
        lock (_gate)
        {
            if (!_trace.TryBegin(e.At, "quic:mtu_updated"u8, out Utf8JsonWriter json))
            {
                return;
            }

            json.WriteNumber("old"u8, e.OldMtu);
            json.WriteNumber("new"u8, e.NewMtu);
            _trace.End();
        }
    }

    public override void OnParametersSet(in ParametersEvent e)
    {
        lock (_gate)
        {
            if (!_trace.TryBegin(e.At, "quic:parameters_set"u8, out Utf8JsonWriter json))
            {
                return;
            }

            WriteInitiator(json, e.IsLocal);
            QlogParameters.Write(json, e.Encoded);
            _trace.End();
        }
    }

    /// <summary>Both directions change together (RFC 9001 §6), but the draft names keys one by one.</summary>
    public override void OnKeyUpdated(in KeyUpdatedEvent e)
    {
        lock (_gate)
        {
            WriteKeyUpdated(e, EndpointRole.Client);
            WriteKeyUpdated(e, EndpointRole.Server);
        }
    }

    public override void OnStateChanged(in StateChangedEvent e)
    {
        lock (_gate)
        {
            if (e.NewState == "handshake_complete")
            {
                WriteApplicationProtocol(e);
            }

            WriteState(e);
        }

        if (e.NewState == nameof(CloseState.Drained))
        {
            Finish();
        }
    }

    public override void OnClosed(in ClosedEvent e)
    {
        lock (_gate)
        {
            if (!_trace.TryBegin(e.At, "quic:connection_closed"u8, out Utf8JsonWriter json))
            {
                return;
            }

            if (e.Trigger is CloseTrigger.Application or CloseTrigger.TransportError or CloseTrigger.HandshakeTimeout or CloseTrigger.StatelessReset)
            {
                // The other ends are silent: no side closed the connection.
                WriteInitiator(json, e.IsLocal);
            }

            if (e.IsApplication)
            {
                WriteError(json, "application_error"u8, QlogNames.Unknown, e.Code);
            }
            else if (e.Trigger is CloseTrigger.TransportError or CloseTrigger.HandshakeTimeout)
            {
                WriteError(json, "connection_error"u8, QlogNames.OfTransportError(e.Code), e.Code);
            }

            json.WriteString("reason"u8, e.Reason);
            json.WriteString("trigger"u8, QlogNames.Of(e.Trigger));
            _trace.End();
        }
    }

    private void Packet(in PacketEvent e, ReadOnlySpan<byte> name, int? ackDelayExponent)
    {
        lock (_gate)
        {
            NoteHandshakePacket(e);
            if (!_trace.TryBegin(e.At, name, out Utf8JsonWriter json))
            {
                return;
            }

            WriteHeader(json, e);
            if (e.Type == PacketType.VersionNegotiation)
            {
                QlogHeader.WriteVersions(json, "supported_versions"u8, e.Payload);
            }
            else if (e.Type != PacketType.Retry)
            {
                // RFC 9000 §18.2: the parameter is for 1-RTT packets; before, the default serves.
                QlogFrames.Write(json, e.Payload, (e.Type == PacketType.OneRtt ? ackDelayExponent : null) ?? AckDelay.DefaultExponent);
            }

            json.WriteStartObject("raw"u8);
            json.WriteNumber("length"u8, e.Length);
            json.WriteNumber("payload_length"u8, e.Payload.Length);
            json.WriteEndObject();
            _trace.End();
            if (e.Type == PacketType.VersionNegotiation)
            {
                WriteRefusedVersions(e);
            }
        }
    }

    /// <summary>§8.8: what all packets of the connection share is said elsewhere; 1-RTT packets need their numbers only.</summary>
    private void WriteHeader(Utf8JsonWriter json, in PacketEvent e)
    {
        json.WriteStartObject("header"u8);
        json.WriteString("packet_type"u8, QlogNames.Of(e.Type));
        if (e.Type.IsProtected())
        {
            json.WriteNumber("packet_number"u8, e.Number.Value);
        }

        if (e.Type is PacketType.Initial or PacketType.Handshake or PacketType.ZeroRtt)
        {
            json.WritePropertyName("version"u8);
            json.WriteVersionValue(_connection.Version);
            ConnectionId destination = e.DestinationId;
            json.WriteNumber("dcil"u8, destination.Length);
            json.WriteHex("dcid"u8, destination.Span);
        }

        json.WriteEndObject();
    }

    /// <summary>§4.6: the handshake has started once a Handshake packet was seen; Core has no state for that.</summary>
    private void NoteHandshakePacket(in PacketEvent e)
    {
        if (!_hasHandshakeStarted && e.Type == PacketType.Handshake)
        {
            _hasHandshakeStarted = true;
            WriteState(new StateChangedEvent(e.At, "attempted", "handshake_started"));
        }
    }

    private void WriteState(in StateChangedEvent e)
    {
        if (QlogNames.OfState(e.NewState) is not { } state || !_trace.TryBegin(e.At, "quic:connection_state_updated"u8, out Utf8JsonWriter json))
        {
            return;
        }

        if (e.OldState.Length > 0 && QlogNames.OfState(e.OldState) is { } old)
        {
            json.WriteString("old"u8, old);
        }

        json.WriteString("new"u8, state);
        _trace.End();
    }

    private void WriteConnectionStarted(in StartedEvent e)
    {
        if (_trace.TryBegin(e.At, "quic:connection_started"u8, out Utf8JsonWriter json))
        {
            WriteAddress(json, "local"u8, _connection.Path.Local);
            WriteAddress(json, "remote"u8, _connection.Path.Remote);
            _trace.End();
        }
    }

    private void WriteVersions(in StartedEvent e)
    {
        if (_trace.TryBegin(e.At, "quic:version_information"u8, out Utf8JsonWriter json))
        {
            json.WriteStartArray(e.Role == EndpointRole.Client ? "client_versions"u8 : "server_versions"u8);
            foreach (QuicVersion version in Enum.GetValues<QuicVersion>())
            {
                if (version.IsSupported())
                {
                    json.WriteVersionValue(version);
                }
            }

            json.WriteEndArray();
            json.WritePropertyName("chosen_version"u8);
            json.WriteVersionValue(e.Version);
            _trace.End();
        }
    }

    /// <summary>§5.1: no version is chosen, since the connection ends with the packet.</summary>
    private void WriteRefusedVersions(in PacketEvent e)
    {
        if (_trace.TryBegin(e.At, "quic:version_information"u8, out Utf8JsonWriter json))
        {
            QlogHeader.WriteVersions(json, "server_versions"u8, e.Payload);
            json.WriteStartArray("client_versions"u8);
            json.WriteVersionValue(_connection.Version);
            json.WriteEndArray();
            _trace.End();
        }
    }

    private void WriteApplicationProtocol(in StateChangedEvent e)
    {
        if (_trace.TryBegin(e.At, "quic:alpn_information"u8, out Utf8JsonWriter json))
        {
            json.WriteStartObject("chosen_alpn"u8);
            json.WriteHex("byte_value"u8, _connection.Handshake.Facts.ApplicationProtocol.Span);
            json.WriteEndObject();
            _trace.End();
        }
    }

    private void WriteKeyUpdated(in KeyUpdatedEvent e, EndpointRole role)
    {
        if (_trace.TryBegin(e.At, "quic:key_updated"u8, out Utf8JsonWriter json))
        {
            json.WriteString("key_type"u8, $"{QlogNames.Of(role)}_{QlogNames.Of(e.Level)}_secret");
            json.WriteNumber("key_phase"u8, e.Phase);
            json.WriteString("trigger"u8, e.IsRemoteInitiated ? "remote_update"u8 : "local_update"u8);
            _trace.End();
        }
    }

    private static void WriteAddress(Utf8JsonWriter json, ReadOnlySpan<byte> name, PathAddress address)
    {
        json.WriteStartObject(name);
        if (address.Family != PathAddressFamily.None)
        {
            bool isIPv4 = address.Family == PathAddressFamily.IPv4;
            IPEndPoint endPoint = address.ToIPEndPoint();
            json.WriteString(isIPv4 ? "ip_v4"u8 : "ip_v6"u8, endPoint.Address.ToString());
            json.WriteNumber(isIPv4 ? "port_v4"u8 : "port_v6"u8, endPoint.Port);
        }

        json.WriteEndObject();
    }

    private static void WriteInitiator(Utf8JsonWriter json, bool isLocal) =>
        json.WriteString("initiator"u8, isLocal ? "local"u8 : "remote"u8);

    private static void WriteError(Utf8JsonWriter json, ReadOnlySpan<byte> field, string name, ulong code)
    {
        json.WriteString(field, name);
        if (name == QlogNames.Unknown)
        {
            json.WriteNumber("error_code"u8, code);
        }
    }

    private static void WriteChanged(Utf8JsonWriter json, ReadOnlySpan<byte> name, TimeSpan? last, TimeSpan value)
    {
        // Zero is what Core says before the first sample.
        if ((last ?? TimeSpan.Zero) != value)
        {
            json.WriteMilliseconds(name, value);
        }
    }

    private static void WriteChanged(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? last, long value)
    {
        if (last != value)
        {
            json.WriteNumber(name, value);
        }
    }
}
