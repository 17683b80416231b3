using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Protection;

/// <summary>
/// The 1-RTT keys of both directions through all key updates (RFC 9001 §6). <see cref="Begin"/> when TLS gives the application secrets.
/// <para>Sending a packet: <see cref="PrepareToSend"/>, write the header with <see cref="SendPhase"/>, then <see cref="Seal"/>.</para>
/// <para>Receiving one: unprotect its header with <see cref="ReceiveHeaderProtection"/>, then <see cref="TryOpen"/>; an ACK frame in it
/// goes to <see cref="OnAcknowledged"/> before the next packet is opened.</para>
/// <para>Besides: <see cref="OnHandshakeConfirmed"/> once, <see cref="OnTimeout"/> at <see cref="Deadline"/>,
/// <see cref="TryInitiateUpdate"/> when the application wants new keys, <see cref="End"/> to wipe all of them; another connection may
/// begin then.</para>
/// Generations count the updates; the phase bit is a generation's lowest bit. Receive keys of the next generation exist before
/// they are needed, so that a packet's phase bit makes no difference in time (§6.3).
/// <para><see cref="TryRest"/> gives the ciphers back to the pool for as long as nothing is sealed or opened, and keeps the secrets. They come
/// back, the next generation's with them, before the first packet's header is looked at: that takes the same time whatever its phase.</para>
/// </summary>
internal sealed partial class KeyPhases
{
    /// <summary>How long old receive keys stay, and a new update waits, in PTOs (RFC 9001 §6.5).</summary>
    private const int RetentionInPtos = 3;

    /// <summary>Packets kept back for CONNECTION_CLOSE where keys are used up and cannot be updated.</summary>
    private const int ReservedForClosing = 8;

    private static readonly TransportError KeysUsedUp =
        new(TransportErrorCode.AeadLimitReached, 0, "The confidentiality limit of the AEAD is near and a key update is not possible.");

    private static readonly TransportError OldKeysAfterNew =
        new(TransportErrorCode.KeyUpdateError, 0, "A packet is protected with older keys than a packet with a lower number.");

    private static readonly TransportError UpdatedTwice =
        new(TransportErrorCode.KeyUpdateError, 0, "The peer updated its keys again before its last update could be acknowledged.");

    private static readonly TransportError DidNotFollow =
        new(TransportErrorCode.KeyUpdateError, 0, "The peer acknowledged packets of a new key phase with keys of the old one.");

    private const int HeaderProtectionKeysOffset = 2 * CipherSuiteTable.MaxSecretLength;

    private readonly KeyPool _pool;
    private KeyPhaseSettings _settings;

    /// <summary>The secrets of the send keys and of the current receive keys, then the header protection keys in the same order.</summary>
    private KeyMemory? _secrets;
    private int _secretLength;

    private PacketAead? _send;
    private HeaderProtection? _sendHeaderProtection;
    private HeaderProtection? _receiveHeaderProtection;
    private bool _sendKeysOutdated;
    private long _sendGeneration;
    private long _sealed;
    private PacketNumber _firstSealed = PacketNumber.None;

    private PacketAead? _previous;
    private PacketAead? _current;
    private PacketAead? _next;

    /// <summary>No longer in use; its memory serves the next keys.</summary>
    private PacketAead? _retired;
    private long _receiveGeneration;
    private long _lastOpenedGeneration;
    private PacketNumber _highestOfPrevious = PacketNumber.None;
    private PacketNumber _lowestOfCurrent = PacketNumber.None;
    private PacketNumber _highestOfCurrent = PacketNumber.None;

    private bool _handshakeConfirmed;
    private bool _acknowledged;
    private Instant _notBefore;

    /// <param name="pool">The shard's ciphers.</param>
    public KeyPhases(KeyPool pool) => _pool = pool;

    /// <summary>The same through all updates (RFC 9001 §6.1).</summary>
    public HeaderProtection SendHeaderProtection => _sendHeaderProtection ?? Wake()._sendHeaderProtection!;

    /// <inheritdoc cref="SendHeaderProtection"/>
    public HeaderProtection ReceiveHeaderProtection => _receiveHeaderProtection ?? Wake()._receiveHeaderProtection!;

    /// <summary>The Key Phase bit of the packets that <see cref="Seal"/> seals now.</summary>
    public bool SendPhase => (_sendGeneration & 1) != 0;

    /// <summary>Updates of the send keys so far.</summary>
    public long SendGeneration => _sendGeneration;

    /// <summary>Packets sealed with the current send keys.</summary>
    public long SealedPackets => _sealed;

    /// <summary>True where <see cref="Seal"/> would refuse: not even CONNECTION_CLOSE can be sent.</summary>
    public bool IsUsedUp => _sealed >= _settings.ConfidentialityLimit;

    /// <summary>False only from an update to <see cref="Deadline"/>, while old keys have the place of the next ones (RFC 9001 §6.5).</summary>
    public bool HasNextReceiveKeys => _next is not null;

    /// <summary>When <see cref="OnTimeout"/> is due.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    private Span<byte> SendSecret => _secrets!.Span[.._secretLength];

    private Span<byte> ReceiveSecret => _secrets!.Span.Slice(CipherSuiteTable.MaxSecretLength, _secretLength);

    private Span<byte> SendHeaderProtectionKey => _secrets!.Span.Slice(HeaderProtectionKeysOffset, _settings.Suite.Facts().HeaderProtectionKeyLength);

    private Span<byte> ReceiveHeaderProtectionKey =>
        _secrets!.Span.Slice(HeaderProtectionKeysOffset + CipherSuiteTable.MaxKeyLength, _settings.Suite.Facts().HeaderProtectionKeyLength);

    /// <summary>Keys are updated by themselves once seven eighths of the limit are sealed, or earlier where that is asked for.</summary>
    private long UpdateDueAt => Math.Min(_settings.UpdateAfter, _settings.ConfidentialityLimit - (_settings.ConfidentialityLimit / 8));

    private long SendingStopsAt => _settings.ConfidentialityLimit - Math.Min(ReservedForClosing, _settings.ConfidentialityLimit / 8);

    /// <summary>Takes a connection's application secrets.</summary>
    /// <exception cref="ArgumentException">A secret has not the length of the suite's hash.</exception>
    public void Begin(in KeyPhaseSettings settings, ReadOnlySpan<byte> sendSecret, ReadOnlySpan<byte> receiveSecret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.ConfidentialityLimit, 1, nameof(settings));
        End();
        _settings = settings;
        _secretLength = settings.Suite.Facts().SecretLength;
        _secrets = _pool.RentSecrets();
        sendSecret.CopyTo(SendSecret);
        receiveSecret.CopyTo(ReceiveSecret);
        PacketKeys.ExpandHeaderProtectionKey(settings.Version, settings.Suite, sendSecret, SendHeaderProtectionKey);
        PacketKeys.ExpandHeaderProtectionKey(settings.Version, settings.Suite, receiveSecret, ReceiveHeaderProtectionKey);
        Wake();
    }

    /// <summary>Wipes all keys and gives their memory back.</summary>
    public void End()
    {
        Return(ref _send);
        Return(ref _previous);
        Return(ref _current);
        Return(ref _next);
        Return(ref _retired);
        Return(ref _sendHeaderProtection);
        Return(ref _receiveHeaderProtection);
        Return(ref _secrets);
        _settings = default;
        _secretLength = 0;
        _sendKeysOutdated = false;
        _sendGeneration = 0;
        _sealed = 0;
        _firstSealed = PacketNumber.None;
        _receiveGeneration = 0;
        _lastOpenedGeneration = 0;
        _highestOfPrevious = PacketNumber.None;
        _lowestOfCurrent = PacketNumber.None;
        _highestOfCurrent = PacketNumber.None;
        _handshakeConfirmed = false;
        _acknowledged = false;
        _notBefore = default;
        Deadline = Instant.Never;
    }

    /// <summary>
    /// Before each packet's header is written: updates the keys where the confidentiality limit asks for it (RFC 9001 §6.6). An error
    /// means that they are used up; what is left of the limit is for the packets of the close.
    /// </summary>
    public TransportError? PrepareToSend(Instant now)
    {
        if (_sealed < UpdateDueAt || TryInitiateUpdate(now))
        {
            return null;
        }

        return _sealed < SendingStopsAt ? null : KeysUsedUp;
    }

    /// <summary>Seals a packet whose header says <see cref="SendPhase"/>; see <see cref="PacketAead.Seal"/>.</summary>
    /// <exception cref="InvalidOperationException">The confidentiality limit is reached.</exception>
    public void Seal(PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        PacketAead send = _send ?? Wake()._send!;
        if (_sealed >= _settings.ConfidentialityLimit)
        {
            throw new InvalidOperationException("These keys have sealed as many packets as they may; heed what PrepareToSend returns.");
        }

        if (_sendKeysOutdated)
        {
            AdvanceSendKeys();
        }

        send.Seal(packetNumber, header, tail, destination);
        _sealed++;
        if (_firstSealed.IsNone)
        {
            _firstSealed = packetNumber;
        }
    }

    /// <summary>
    /// Opens a packet's payload in place with the keys that its phase and number call for. False where the packet is not to be
    /// processed; <paramref name="result"/> says why, and whether the connection is to be closed.
    /// </summary>
    public bool TryOpen(
        in ReceivedOneRttPacket packet, ReadOnlySpan<byte> header, Span<byte> ciphertextAndTag, out KeyPhaseOpenResult result)
    {
        PacketAead current = _current ?? Wake()._current!;
        Keys keys = Choose(packet);
        if (keys == Keys.Next)
        {
            DeriveNext();
        }

        PacketAead aead = keys switch { Keys.Previous => _previous!, Keys.Next => _next!, _ => current };
        if (!aead.TryOpen(packet.PacketNumber, header, ciphertextAndTag))
        {
            result = new(DropReason.AuthenticationFailed, _settings.FailedOpens.OnFailure(_settings.Suite), IsKeyUpdate: false);
            return false;
        }

        TransportError? error = keys switch
        {
            Keys.Previous => OnOpenedWithPrevious(packet.PacketNumber),
            Keys.Next => OnOpenedWithNext(packet),
            _ => OnOpenedWithCurrent(packet.PacketNumber),
        };
        result = new(DropReason.None, error, IsKeyUpdate: error is null && keys == Keys.Next);
        return error is null;
    }

    /// <summary>The handshake is confirmed (RFC 9001 §4.1.2): from now on this endpoint may update keys.</summary>
    public void OnHandshakeConfirmed() => _handshakeConfirmed = true;

    /// <summary>An ACK frame of the packet opened last acknowledges up to this packet number.</summary>
    public TransportError? OnAcknowledged(PacketNumber largest, Instant now, TimeSpan pto)
    {
        if (_firstSealed.IsNone || largest < _firstSealed)
        {
            return null;
        }

        if (_lastOpenedGeneration < _sendGeneration)
        {
            return DidNotFollow; // RFC 9001 §6.2
        }

        if (!_acknowledged)
        {
            _acknowledged = true;
            _notBefore = _sendGeneration == 0 ? default : now + (pto * RetentionInPtos); // RFC 9001 §6.5
        }

        return null;
    }

    /// <summary>What keeps this endpoint from updating its keys now.</summary>
    public KeyUpdateObstacle ObstacleToUpdate(Instant now)
    {
        if (!_handshakeConfirmed)
        {
            return KeyUpdateObstacle.HandshakeNotConfirmed;
        }

        if (!_acknowledged)
        {
            return KeyUpdateObstacle.NotAcknowledged;
        }

        return now < _notBefore ? KeyUpdateObstacle.TooSoon : KeyUpdateObstacle.None;
    }

    /// <summary>Starts a key update if nothing stands against it; the next packet has the new phase (RFC 9001 §6.1).</summary>
    public bool TryInitiateUpdate(Instant now)
    {
        if (ObstacleToUpdate(now) != KeyUpdateObstacle.None)
        {
            return false;
        }

        StartSendGeneration();
        AdvanceSendKeys();
        return true;
    }

    /// <summary>Drops the previous receive keys when their time is over; the next ones take their place (RFC 9001 §6.5).</summary>
    public void OnTimeout(Instant now)
    {
        if (now < Deadline)
        {
            return;
        }

        Deadline = Instant.Never;
        RetirePrevious();
        DeriveNext();
        Return(ref _retired);
    }

    /// <summary>
    /// The current keys have the phase bit to themselves; the other value is that of the previous and the next ones. A number
    /// that is not above all of the current phase is taken for an old packet while there are old keys (RFC 9001 §6.5).
    /// </summary>
    private Keys Choose(in ReceivedOneRttPacket packet)
    {
        if (packet.KeyPhase == ((_receiveGeneration & 1) != 0))
        {
            return Keys.Current;
        }

        return _previous is not null && packet.PacketNumber < _highestOfCurrent ? Keys.Previous : Keys.Next;
    }

    private TransportError? OnOpenedWithPrevious(PacketNumber packetNumber)
    {
        if (packetNumber > _lowestOfCurrent)
        {
            return OldKeysAfterNew; // RFC 9001 §6.4
        }

        _lastOpenedGeneration = _receiveGeneration - 1;
        _highestOfPrevious = packetNumber > _highestOfPrevious ? packetNumber : _highestOfPrevious;
        return null;
    }

    private TransportError? OnOpenedWithCurrent(PacketNumber packetNumber)
    {
        if (packetNumber < _highestOfPrevious)
        {
            return OldKeysAfterNew; // RFC 9001 §6.4: the packet that came before this one had the older keys.
        }

        _lastOpenedGeneration = _receiveGeneration;
        _highestOfCurrent = packetNumber > _highestOfCurrent ? packetNumber : _highestOfCurrent;
        _lowestOfCurrent = _lowestOfCurrent.IsNone || packetNumber < _lowestOfCurrent ? packetNumber : _lowestOfCurrent;
        return null;
    }

    /// <summary>The peer has updated its keys: on its own, or to follow us (RFC 9001 §6.2).</summary>
    private TransportError? OnOpenedWithNext(in ReceivedOneRttPacket packet)
    {
        if (packet.PacketNumber < _highestOfCurrent)
        {
            return OldKeysAfterNew; // RFC 9001 §6.4
        }

        bool startedByPeer = _sendGeneration == _receiveGeneration;
        if (startedByPeer && _receiveGeneration > 0 && _firstSealed.IsNone)
        {
            return UpdatedTwice; // RFC 9001 §6.2
        }

        RetirePrevious();
        (_previous, _current, _next) = (_current, _next!, null);
        AdvanceSecret(ReceiveSecret, ReceiveSecret);
        _receiveGeneration++;
        _lastOpenedGeneration = _receiveGeneration;
        _highestOfPrevious = _highestOfCurrent;
        _lowestOfCurrent = _highestOfCurrent = packet.PacketNumber;
        Deadline = packet.Now + (packet.Pto * RetentionInPtos);
        if (startedByPeer)
        {
            // Whatever is sent from here on, the acknowledgement first of all, has the new phase. The keys are derived when something
            // is sealed: on the sending side their time tells nobody about the received packet.
            StartSendGeneration();
            _sendKeysOutdated = true;
        }

        return null;
    }

    private void StartSendGeneration()
    {
        _sendGeneration++;
        _sealed = 0;
        _firstSealed = PacketNumber.None;
        _acknowledged = false;
    }

    private void AdvanceSendKeys()
    {
        AdvanceSecret(SendSecret, SendSecret);
        PacketKeys.Rekey(_settings.Version, SendSecret, _send ?? Wake()._send!);
        _sendKeysOutdated = false;
    }

    /// <summary>The old receive keys go; their object is kept for <see cref="DeriveNext"/>, which overwrites them.</summary>
    private void RetirePrevious()
    {
        Return(ref _retired);
        (_retired, _previous) = (_previous, null);
    }

    /// <summary>Makes the next receive keys where there are none.</summary>
    private void DeriveNext()
    {
        if (_next is not null)
        {
            return;
        }

        Span<byte> secret = stackalloc byte[CipherSuiteTable.MaxSecretLength];
        secret = secret[.._secretLength];
        AdvanceSecret(ReceiveSecret, secret);
        if (_retired is null)
        {
            _next = RentAead(secret);
        }
        else
        {
            PacketKeys.Rekey(_settings.Version, secret, _retired);
            (_next, _retired) = (_retired, null);
        }

        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>Makes the secret of the next generation (RFC 9001 §6.1), which may take the place of the last one.</summary>
    private void AdvanceSecret(ReadOnlySpan<byte> secret, Span<byte> destination)
    {
        Span<byte> next = stackalloc byte[CipherSuiteTable.MaxSecretLength];
        next = next[..secret.Length];
        HkdfLabel.Expand(_settings.Suite.Facts().Hash, secret, VersionSecrets.KeyUpdateLabel(_settings.Version), [], next);
        next.CopyTo(destination);
        CryptographicOperations.ZeroMemory(next);
    }

    private enum Keys
    {
        Previous,
        Current,
        Next,
    }
}
