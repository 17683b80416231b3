using System.Runtime.CompilerServices;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Parameters;

/// <summary>
/// What an endpoint declares of itself in the handshake (RFC 9000 §7.4, §18), with the defaults where nothing is said. Our
/// own are built with an initializer, or set after <see cref="Reset"/>, and written with <see cref="Write"/>. The peer's come out of <see cref="TryRead"/>, every
/// value checked on its own, and are trusted only after <see cref="Authenticate"/>.
/// </summary>
internal sealed class TransportParameters
{
    // Unknown parameters are compared with so many others when duplicates are looked for.
    private const int TrackedUnknown = 32;

    private Integers _integers;
    private ConnectionId? _originalDestinationConnectionId;
    private ConnectionId? _initialSourceConnectionId;
    private ConnectionId? _retrySourceConnectionId;
    private StatelessResetToken? _statelessResetToken;
    private PreferredAddress? _preferredAddress;
    private VersionInformation? _versionInformation;
    private bool _disableActiveMigration;
    private bool _greaseQuicBit;

    public TransportParameters() => Reset();

    /// <summary>The Destination Connection ID of the client's first Initial; only a server's.</summary>
    public ConnectionId? OriginalDestinationConnectionId
    {
        get => _originalDestinationConnectionId;
        set => _originalDestinationConnectionId = value;
    }

    /// <summary>Zero where the endpoint has no idle timeout; see <see cref="EffectiveIdleTimeout"/>. In whole milliseconds.</summary>
    public TimeSpan MaxIdleTimeout
    {
        get => Milliseconds(TransportParameterId.MaxIdleTimeout);
        set => SetMilliseconds(TransportParameterId.MaxIdleTimeout, value);
    }

    /// <summary>The token of the connection ID of the handshake; only a server's.</summary>
    public StatelessResetToken? StatelessResetToken { get => _statelessResetToken; set => _statelessResetToken = value; }

    /// <summary>The largest UDP payload, in bytes, that the endpoint receives: 1,200 to 65,527, the default.</summary>
    public int MaxUdpPayloadSize
    {
        get => (int)Math.Min(Get(TransportParameterId.MaxUdpPayloadSize), 65527);
        set => Set(TransportParameterId.MaxUdpPayloadSize, value);
    }

    /// <summary>Bytes that the peer may send on the connection at first.</summary>
    public ulong InitialMaxData
    {
        get => Get(TransportParameterId.InitialMaxData);
        set => Set(TransportParameterId.InitialMaxData, value);
    }

    /// <summary>Bytes that the peer may send at first on a bidirectional stream that the sender of the parameter opened.</summary>
    public ulong InitialMaxStreamDataBidiLocal
    {
        get => Get(TransportParameterId.InitialMaxStreamDataBidiLocal);
        set => Set(TransportParameterId.InitialMaxStreamDataBidiLocal, value);
    }

    /// <summary>Bytes that the peer may send at first on a bidirectional stream that it opened itself.</summary>
    public ulong InitialMaxStreamDataBidiRemote
    {
        get => Get(TransportParameterId.InitialMaxStreamDataBidiRemote);
        set => Set(TransportParameterId.InitialMaxStreamDataBidiRemote, value);
    }

    /// <summary>Bytes that the peer may send at first on a unidirectional stream.</summary>
    public ulong InitialMaxStreamDataUni
    {
        get => Get(TransportParameterId.InitialMaxStreamDataUni);
        set => Set(TransportParameterId.InitialMaxStreamDataUni, value);
    }

    /// <summary>Bidirectional streams that the peer may open at first; at most 2^60.</summary>
    public ulong InitialMaxStreamsBidi
    {
        get => Get(TransportParameterId.InitialMaxStreamsBidi);
        set => Set(TransportParameterId.InitialMaxStreamsBidi, value);
    }

    /// <summary>Unidirectional streams that the peer may open at first; at most 2^60.</summary>
    public ulong InitialMaxStreamsUni
    {
        get => Get(TransportParameterId.InitialMaxStreamsUni);
        set => Set(TransportParameterId.InitialMaxStreamsUni, value);
    }

    /// <summary>The exponent of the ACK Delay fields that the endpoint sends, 0 to 20; 3 by default.</summary>
    public int AckDelayExponent
    {
        get => (int)Get(TransportParameterId.AckDelayExponent);
        set => Set(TransportParameterId.AckDelayExponent, value);
    }

    /// <summary>The longest that the endpoint delays an acknowledgment, below 2^14 ms; 25 ms by default. In whole milliseconds.</summary>
    public TimeSpan MaxAckDelay
    {
        get => Milliseconds(TransportParameterId.MaxAckDelay);
        set => SetMilliseconds(TransportParameterId.MaxAckDelay, value);
    }

    /// <summary>The peer must not move to another local address (RFC 9000 §9).</summary>
    public bool DisableActiveMigration { get => _disableActiveMigration; set => _disableActiveMigration = value; }

    /// <summary>Only a server's.</summary>
    public PreferredAddress? PreferredAddress { get => _preferredAddress; set => _preferredAddress = value; }

    /// <summary>Connection IDs of the peer that the endpoint stores; at least, and by default, 2.</summary>
    public int ActiveConnectionIdLimit
    {
        get => (int)Math.Min(Get(TransportParameterId.ActiveConnectionIdLimit), int.MaxValue);
        set => Set(TransportParameterId.ActiveConnectionIdLimit, value);
    }

    /// <summary>The Source Connection ID of the sender's first Initial.</summary>
    public ConnectionId? InitialSourceConnectionId { get => _initialSourceConnectionId; set => _initialSourceConnectionId = value; }

    /// <summary>The Source Connection ID of the Retry packet; only a server's, and only after one.</summary>
    public ConnectionId? RetrySourceConnectionId { get => _retrySourceConnectionId; set => _retrySourceConnectionId = value; }

    public VersionInformation? VersionInformation { get => _versionInformation; set => _versionInformation = value; }

    /// <summary>
    /// The largest DATAGRAM frame, in bytes of the whole frame, that the endpoint receives; 0 where it takes none (RFC 9221
    /// §3).
    /// </summary>
    public int MaxDatagramFrameSize
    {
        get => (int)Math.Min(Get(TransportParameterId.MaxDatagramFrameSize), int.MaxValue);
        set => Set(TransportParameterId.MaxDatagramFrameSize, value);
    }

    /// <summary>The endpoint takes packets whose fixed bit is 0 (RFC 9287 §3).</summary>
    public bool GreaseQuicBit { get => _greaseQuicBit; set => _greaseQuicBit = value; }

    /// <summary>Written behind the others; never read.</summary>
    public GreasedParameter? Grease { get; set; }

    /// <summary>Bytes that <see cref="Write"/> takes.</summary>
    public int Length
    {
        get
        {
            int length = Grease is { } grease ? ParameterLength(grease.Id, grease.ValueLength) : 0;
            for (int i = 0; i < TransportParameterRules.All.Length; i++)
            {
                int valueLength = ValueLength(i);
                length += valueLength < 0 ? 0 : ParameterLength((ulong)TransportParameterRules.All[i].Id, valueLength);
            }

            return length;
        }
    }

    /// <summary>Reads what a peer declared.</summary>
    /// <param name="source">The contents of the quic_transport_parameters extension.</param>
    /// <param name="sender">Whose parameters these are: some are a server's only.</param>
    /// <param name="parameters">Not null where there is no error.</param>
    public static TransportError? TryRead(ReadOnlySpan<byte> source, EndpointRole sender, out TransportParameters? parameters)
    {
        var read = new TransportParameters();
        TransportError? error = read.Read(source, sender);
        parameters = error is null ? read : null;
        return error;
    }

    /// <summary>Back to the defaults.</summary>
    public void Reset()
    {
        for (int i = 0; i < TransportParameterRules.IntegerCount; i++)
        {
            _integers[i] = TransportParameterRules.All[i].Default;
        }

        _originalDestinationConnectionId = null;
        _initialSourceConnectionId = null;
        _retrySourceConnectionId = null;
        _statelessResetToken = null;
        _preferredAddress = null;
        _versionInformation = null;
        _disableActiveMigration = false;
        _greaseQuicBit = false;
        Grease = null;
    }

    /// <summary>Reads what a peer declared in place of what was here; after an error the values mean nothing.</summary>
    /// <param name="source">The contents of the quic_transport_parameters extension.</param>
    /// <param name="sender">Whose parameters these are: some are a server's only.</param>
    public TransportError? Read(ReadOnlySpan<byte> source, EndpointRole sender)
    {
        Reset();
        var reader = new WireReader(source);
        uint seen = 0;
        Span<ulong> unknown = stackalloc ulong[TrackedUnknown];
        int unknownCount = 0;
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadVarInt(out ulong id) || !reader.TryReadVarIntPrefixed(out ReadOnlySpan<byte> value))
            {
                return Error("A transport parameter is truncated.");
            }

            int index = TransportParameterRules.IndexOf((TransportParameterId)id);
            bool isRepeated = index < 0 ? unknown[..unknownCount].Contains(id) : (seen & (1u << index)) != 0;
            if (isRepeated)
            {
                return Error("A transport parameter is repeated.");
            }

            // RFC 9000 §7.4.2: what is unknown is ignored.
            if (index < 0)
            {
                if (unknownCount < TrackedUnknown)
                {
                    unknown[unknownCount++] = id;
                }

                continue;
            }

            seen |= 1u << index;
            if (ReadValue(index, value, sender) is { } error)
            {
                return error;
            }
        }

        // RFC 9000 §18.2, preferred_address
        if (_preferredAddress is not null && _initialSourceConnectionId is { IsEmpty: true })
        {
            return Error("A server with an empty connection ID has a preferred address.");
        }

        return null;
    }

    /// <summary>Writes the contents of the extension, and returns their length. Values that are the default are left out.</summary>
    public int Write(Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        for (int i = 0; i < TransportParameterRules.All.Length; i++)
        {
            int valueLength = ValueLength(i);
            if (valueLength >= 0)
            {
                writer.WriteVarInt((ulong)TransportParameterRules.All[i].Id);
                writer.WriteVarInt((ulong)valueLength);
                WriteValue(ref writer, i);
            }
        }

        if (Grease is { } grease)
        {
            writer.WriteVarInt(grease.Id);
            writer.WriteVarInt((ulong)grease.ValueLength);
            grease.WriteValue(ref writer);
        }

        return writer.Position;
    }

    /// <summary>
    /// Whether the peer's connection IDs are those of its packets, so that nobody on the path changed them (RFC 9000 §7.3).
    /// </summary>
    public TransportError? Authenticate(in HandshakeConnectionIds seen)
    {
        if (_initialSourceConnectionId != seen.InitialSource)
        {
            return Error("initial_source_connection_id is missing or is not the one of the first Initial packet.");
        }

        if (seen.Peer == EndpointRole.Client)
        {
            return null;
        }

        if (_originalDestinationConnectionId != seen.OriginalDestination)
        {
            return Error("original_destination_connection_id is missing or is not the one of the first Initial packet.");
        }

        return _retrySourceConnectionId == seen.RetrySource
            ? null
            : Error("retry_source_connection_id does not agree with the Retry packet, or with there having been none.");
    }

    /// <summary>The shorter of both endpoints' timeouts, or zero where neither has one (RFC 9000 §10.1).</summary>
    public TimeSpan EffectiveIdleTimeout(TransportParameters peer)
    {
        TimeSpan own = MaxIdleTimeout;
        TimeSpan other = peer.MaxIdleTimeout;
        return own == TimeSpan.Zero || (other != TimeSpan.Zero && other < own) ? other : own;
    }

    /// <summary>Whether the other declares the same: all but what belongs to one connection alone, its IDs, tokens and addresses.</summary>
    public bool DeclaresTheSameAs(TransportParameters other) =>
        ((ReadOnlySpan<ulong>)_integers).SequenceEqual(other._integers)
        && _disableActiveMigration == other._disableActiveMigration
        && _greaseQuicBit == other._greaseQuicBit;

    /// <summary>A copy without what belongs to one connection alone.</summary>
    public TransportParameters WithoutIdentity() => new()
    {
        _integers = _integers,
        _disableActiveMigration = _disableActiveMigration,
        _greaseQuicBit = _greaseQuicBit,
    };

    private static TransportError Error(string reason) =>
        new(TransportErrorCode.TransportParameterError, (ulong)FrameType.Crypto, reason);

    private static int ParameterLength(ulong id, int valueLength) =>
        VarInt.LengthOf(id) + VarInt.LengthOf((ulong)valueLength) + valueLength;

    private TransportError? ReadValue(int index, ReadOnlySpan<byte> value, EndpointRole sender)
    {
        TransportParameterRule rule = TransportParameterRules.All[index];
        if (!rule.Senders.Include(sender))
        {
            return Error("A client sent a transport parameter that only a server may send.");
        }

        bool isValid = rule.Kind switch
        {
            TransportParameterKind.Integer => TryReadInteger(index, value),
            TransportParameterKind.Flag => value.IsEmpty,
            TransportParameterKind.ConnectionId => value.Length <= ConnectionId.MaxLength,
            TransportParameterKind.StatelessResetToken => value.Length == Packets.StatelessResetToken.Length,
            TransportParameterKind.PreferredAddress => (_preferredAddress = Parameters.PreferredAddress.Read(value)) is not null,
            _ => (_versionInformation = Parameters.VersionInformation.Read(value, sender)) is not null,
        };
        if (!isValid)
        {
            return Error("A transport parameter has an invalid value.");
        }

        switch (rule.Id)
        {
            case TransportParameterId.OriginalDestinationConnectionId:
                _originalDestinationConnectionId = new ConnectionId(value);
                break;
            case TransportParameterId.InitialSourceConnectionId:
                _initialSourceConnectionId = new ConnectionId(value);
                break;
            case TransportParameterId.RetrySourceConnectionId:
                _retrySourceConnectionId = new ConnectionId(value);
                break;
            case TransportParameterId.StatelessResetToken:
                _statelessResetToken = Packets.StatelessResetToken.Read(value);
                break;
            case TransportParameterId.DisableActiveMigration:
                _disableActiveMigration = true;
                break;
            case TransportParameterId.GreaseQuicBit:
                _greaseQuicBit = true;
                break;
        }

        return null;
    }

    private bool TryReadInteger(int index, ReadOnlySpan<byte> value)
    {
        TransportParameterRule rule = TransportParameterRules.All[index];
        if (!VarInt.TryRead(value, out ulong integer, out int length) || length != value.Length
            || integer < rule.Minimum || integer > rule.Maximum)
        {
            return false;
        }

        _integers[index] = integer;
        return true;
    }

    /// <summary>Bytes of a parameter's value, or -1 where it is left out.</summary>
    private int ValueLength(int index)
    {
        TransportParameterRule rule = TransportParameterRules.All[index];
        return rule.Kind switch
        {
            TransportParameterKind.Integer => _integers[index] == rule.Default ? -1 : VarInt.LengthOf(_integers[index]),
            TransportParameterKind.Flag => IsSet(rule.Id) ? 0 : -1,
            TransportParameterKind.ConnectionId => IdOf(rule.Id)?.Length ?? -1,
            TransportParameterKind.StatelessResetToken => _statelessResetToken is null ? -1 : Packets.StatelessResetToken.Length,
            TransportParameterKind.PreferredAddress => _preferredAddress?.Length ?? -1,
            _ => _versionInformation?.Length ?? -1,
        };
    }

    private void WriteValue(ref WireWriter writer, int index)
    {
        TransportParameterRule rule = TransportParameterRules.All[index];
        switch (rule.Kind)
        {
            case TransportParameterKind.Integer:
                writer.WriteVarInt(_integers[index]);
                break;
            case TransportParameterKind.ConnectionId:
                ConnectionId id = IdOf(rule.Id).GetValueOrDefault();
                writer.WriteBytes(id.Span);
                break;
            case TransportParameterKind.StatelessResetToken:
                _statelessResetToken.GetValueOrDefault().Write(writer.Rest);
                writer.Advance(Packets.StatelessResetToken.Length);
                break;
            case TransportParameterKind.PreferredAddress:
                _preferredAddress!.Write(ref writer);
                break;
            case TransportParameterKind.VersionInformation:
                _versionInformation!.Write(ref writer);
                break;
        }
    }

    private bool IsSet(TransportParameterId id) => id == TransportParameterId.GreaseQuicBit ? _greaseQuicBit : _disableActiveMigration;

    private ConnectionId? IdOf(TransportParameterId id) => id switch
    {
        TransportParameterId.OriginalDestinationConnectionId => _originalDestinationConnectionId,
        TransportParameterId.InitialSourceConnectionId => _initialSourceConnectionId,
        _ => _retrySourceConnectionId,
    };

    private ulong Get(TransportParameterId id) => _integers[TransportParameterRules.IndexOf(id)];

    private void Set(TransportParameterId id, long value, [CallerMemberName] string property = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value, property);
        Set(id, (ulong)value, property);
    }

    private void Set(TransportParameterId id, ulong value, [CallerMemberName] string property = "")
    {
        int index = TransportParameterRules.IndexOf(id);
        TransportParameterRule rule = TransportParameterRules.All[index];
        ArgumentOutOfRangeException.ThrowIfLessThan(value, rule.Minimum, property);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, rule.Maximum, property);
        _integers[index] = value;
    }

    private TimeSpan Milliseconds(TransportParameterId id)
    {
        ulong milliseconds = Get(id);
        return milliseconds > (ulong)(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond)
            ? TimeSpan.MaxValue
            : TimeSpan.FromTicks((long)milliseconds * TimeSpan.TicksPerMillisecond);
    }

    // Rounded up: a timeout of less than a millisecond must not become none.
    private void SetMilliseconds(TransportParameterId id, TimeSpan value, [CallerMemberName] string property = "")
    {
        (long milliseconds, long further) = Math.DivRem(value.Ticks, TimeSpan.TicksPerMillisecond);
        Set(id, further > 0 ? milliseconds + 1 : milliseconds, property);
    }

    [InlineArray(TransportParameterRules.IntegerCount)]
    private struct Integers
    {
        private ulong _first;
    }
}
