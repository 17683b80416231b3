using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Connections;

/// <summary>How far the handshake of a connection has come (RFC 9001 §4.1).</summary>
/// <remarks>
/// <code>
///   InProgress --Finished sent and verified--> Complete --server: at once; client: HANDSHAKE_DONE--> Confirmed
/// </code>
/// </remarks>
internal enum HandshakePhase : byte
{
    InProgress,
    Complete,
    Confirmed,
}

/// <summary>
/// Binds TLS to the packet number spaces (RFC 9001 §4): CRYPTO bytes go in, what TLS has to say goes onto the CRYPTO stream
/// of its level, secrets become keys, questions become events. <see cref="Advance"/> runs after every change.
/// </summary>
internal sealed class HandshakeDriver
{
    private readonly Connection _connection;

    /// <summary>Null where a server rests: TLS has nothing to do for it any more.</summary>
    private TlsHandshake? _tls;
    private HandshakeFacts _facts;
    private TransportParameters? _peerParameters;

    /// <summary>The first of the two 1-RTT secrets, while the other is to come.</summary>
    private TrafficSecret? _pending;
    private HandshakeQuestion _announced;
    private bool _arePeerParametersRead;
    private EncryptionLevel _receiveLevel = EncryptionLevel.Initial;

    public HandshakeDriver(Connection connection)
    {
        _connection = connection;
    }

    /// <summary>Starts anew, for another connection; TLS has begun.</summary>
    public void Begin()
    {
        _announced = default;
        _arePeerParametersRead = false;
        _receiveLevel = EncryptionLevel.Initial;
        Phase = HandshakePhase.InProgress;
        PeerParameters = null;
        _peerParameters?.Reset();
        _facts = default;
    }

    /// <summary>Wipes every secret that is left.</summary>
    public void End()
    {
        _tls?.Dispose();
        CryptographicOperations.ZeroMemory(_pending?.Bytes);
        _pending = null;
    }

    /// <summary>For whoever answers its questions, which it asks before the handshake is complete.</summary>
    public TlsHandshake Tls => _tls ?? throw new InvalidOperationException("The handshake is over.");

    /// <summary>What is asked now: where the handshake has failed since, an event may tell of a question that is void.</summary>
    public HandshakeQuestion Question => _tls?.Question ?? HandshakeQuestion.None;

    /// <summary>Of a client's connection that begins.</summary>
    public TlsClientHandshake ClientTls => (TlsClientHandshake)(_tls ??= _connection.Services.RentTls(EndpointRole.Client));

    /// <summary>Of a server's connection that begins.</summary>
    public TlsServerHandshake ServerTls => (TlsServerHandshake)(_tls ??= _connection.Services.RentTls(EndpointRole.Server));

    /// <summary>What was agreed on, as far as it was.</summary>
    public HandshakeFacts Facts => _tls?.Facts ?? _facts;

    public HandshakePhase Phase { get; private set; }

    public bool IsComplete => Phase >= HandshakePhase.Complete;

    public bool IsConfirmed => Phase == HandshakePhase.Confirmed;

    /// <summary>What the peer declared, once it was read; authenticated only when the handshake is complete (RFC 9000 §7.4).</summary>
    public TransportParameters? PeerParameters { get; private set; }

    /// <summary>
    /// The handshake of a server is over: its TLS serves others, and what the client declared is remembered where many share it. No client may send handshake messages any more (RFC 8446 §4.6, RFC 9001 §6),
    /// while servers still send tickets, so clients keep theirs.
    /// </summary>
    public void Rest()
    {
        if (_tls is TlsServerHandshake tls)
        {
            PeerParameters = _connection.Services.Parameters.Share(PeerParameters!);
            _peerParameters = null;
            _facts = tls.Facts;
            tls.Dispose();
            _connection.Services.Return(tls);
            _tls = null;
        }
    }

    public TransportError? OnCrypto(in CryptoFrame frame, in PacketContext packet)
    {
        PacketSpace? space = _connection.Space(packet.Space);
        if (space is null)
        {
            return null;
        }

        TransportError? error = space.Crypto.OnCrypto(frame);
        if (error is not null)
        {
            return error;
        }

        while (space.Crypto.ReadableBytes > 0)
        {
            ReadOnlySpan<byte> readable = space.Crypto.Peek();
            error = _tls is null ? TlsHandshake.NothingMoreExpected : _tls.Receive(packet.Level, readable);
            if (error is not null)
            {
                return error;
            }

            space.Crypto.Consume(readable.Length);
        }

        return _tls is null ? null : Advance(packet.At);
    }

    /// <summary>A client's first flight: its ClientHello, with our parameters (RFC 9001 §8.2).</summary>
    public TransportError? StartClient(ReadOnlySpan<byte> transportParameters, Instant now)
    {
        ((TlsClientHandshake)Tls).Start(transportParameters);
        return Advance(now);
    }

    /// <summary>A server's answer to the ClientHello.</summary>
    public TransportError? ProvideConfiguration(TlsServerConfiguration configuration, ReadOnlySpan<byte> transportParameters, Instant now) =>
        ((TlsServerHandshake)Tls).ProvideConfiguration(configuration, transportParameters) ?? Advance(now);

    /// <summary>Carries everything that TLS has ready to where it belongs.</summary>
    public TransportError? Advance(Instant now)
    {
        TransportError? error = LeaveOldLevel() ?? ReadPeerParameters(now);
        if (error is not null)
        {
            return error;
        }

        while (Tls.TryTakeOutput(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes))
        {
            _connection.Space(level.Space())?.Crypto.Write(bytes.Span);
        }

        while (Tls.TryTakeSecret(out TrafficSecret secret))
        {
            Install(secret);
        }

        Ask();
        return Tls.IsComplete && !IsComplete ? Complete(now) : null;
    }

    /// <summary>RFC 9001 §4.1.2: the client's handshake is confirmed. Only servers send the frame (FRM-1E).</summary>
    public TransportError? OnHandshakeDone(Instant now)
    {
        if (!IsComplete)
        {
            return new TransportError(TransportErrorCode.ProtocolViolation, (ulong)FrameType.HandshakeDone, "HANDSHAKE_DONE came before the handshake was complete.");
        }

        Confirm(now);
        return null;
    }

    private void Install(in TrafficSecret secret)
    {
        if (secret.Level == EncryptionLevel.OneRtt)
        {
            InstallOneRtt(secret);
            return;
        }

        if (_connection.Space(secret.Level.Space()) is { } space)
        {
            space.KeysFor(secret.Direction).Install(_connection.Version, secret.Suite, secret.Bytes, _connection.Settings.CipherBackend);
            if (secret.Direction == SecretDirection.Send)
            {
                _connection.Recovery.OnHandshakeKeysAvailable();
            }
        }

        CryptographicOperations.ZeroMemory(secret.Bytes);
        _connection.Receiver.OnKeysInstalled();
    }

    /// <summary>Both directions of 1-RTT begin together, since their phases change together (RFC 9001 §6).</summary>
    private void InstallOneRtt(in TrafficSecret secret)
    {
        if (_pending is not { } first)
        {
            _pending = secret;
            return;
        }

        bool isSendFirst = first.Direction == SecretDirection.Send;
        _connection.StartOneRtt(isSendFirst ? first : secret, isSendFirst ? secret : first);
        CryptographicOperations.ZeroMemory(first.Bytes);
        CryptographicOperations.ZeroMemory(secret.Bytes);
        _pending = null;
        _connection.Receiver.OnKeysInstalled();
    }

    /// <summary>RFC 9001 §4.1.3: once TLS reads from a higher level, nothing may be left at the old one, nor come anew.</summary>
    private TransportError? LeaveOldLevel()
    {
        if (Tls.ReceiveLevel == _receiveLevel)
        {
            return null;
        }

        PacketSpace? left = _connection.Space(_receiveLevel.Space());
        _receiveLevel = Tls.ReceiveLevel;
        return left?.Crypto.OnHigherKeys();
    }

    private void Ask()
    {
        HandshakeQuestion question = Tls.Question;
        if (question == _announced)
        {
            return;
        }

        _announced = question;
        switch (question)
        {
            case HandshakeQuestion.Configuration:
                _connection.Raise(ConnectionEventKind.NeedConfiguration);
                break;
            case HandshakeQuestion.Signature:
                _connection.Raise(ConnectionEventKind.NeedSignature);
                break;
            case HandshakeQuestion.CertificateVerdict:
                _connection.Raise(ConnectionEventKind.NeedCertificateVerdict);
                break;
            default:
                break;
        }
    }

    private TransportError? ReadPeerParameters(Instant now)
    {
        if (_arePeerParametersRead || !Tls.HasPeerTransportParameters)
        {
            return null;
        }

        _arePeerParametersRead = true;
        _peerParameters ??= new TransportParameters();
        TransportError? error = _peerParameters.Read(Tls.PeerTransportParameters.Span, _connection.Role.Peer());
        if (error is not null)
        {
            return error;
        }

        PeerParameters = _peerParameters;
        _connection.Sink?.OnParametersSet(new ParametersEvent
        {
            At = now,
            IsLocal = false,
            Owner = _connection.Role.Peer(),
            Encoded = Tls.PeerTransportParameters.Span,
        });
        return _connection.OnPeerParameters(PeerParameters);
    }

    private TransportError? Complete(Instant now)
    {
        if (PeerParameters is null)
        {
            return TransportError.FromAlert(TlsAlert.MissingExtension, "The peer sent no transport parameters.");
        }

        Phase = HandshakePhase.Complete;
        _connection.OnHandshakeComplete(now);
        if (_connection.Role == EndpointRole.Server)
        {
            // RFC 9001 §4.1.2: for the server complete is confirmed.
            _connection.Announcements.AnnounceHandshakeDone();
            Confirm(now);
        }

        _connection.Receiver.OnKeysInstalled();
        return null;
    }

    private void Confirm(Instant now)
    {
        if (IsConfirmed)
        {
            return;
        }

        Phase = HandshakePhase.Confirmed;
        _connection.OnHandshakeConfirmed(now);
    }
}
