using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>The client's side; see <see cref="TlsHandshake"/> for how to drive it. Begin with <see cref="Start"/>.</summary>
internal sealed class TlsClientHandshake : TlsHandshake
{
    private const int RandomLength = 32;
    private readonly List<KeyShare> _shares = [];
    private readonly byte[] _clientRandom = new byte[RandomLength];
    private readonly HandshakeWriter _transportParameters = new();
    private TlsClientConfiguration? _configuration;
    private ExtensionSet _offered;
    private bool _isRetried;
    private bool _isCertificateRequested;
    private SignatureScheme? _signatureScheme;

    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public TlsClientHandshake(TlsClientConfiguration configuration, KeyShareFactory keyShares, RandomSource random)
        : this(keyShares, random, pool: null) => Begin(configuration);

    /// <summary>One that has nothing to do until it begins.</summary>
    /// <param name="keyShares">Makes key shares.</param>
    /// <param name="random">Unpredictable bytes.</param>
    /// <param name="pool">What the shard's handshakes share; without it the handshake keeps its own.</param>
    public TlsClientHandshake(KeyShareFactory keyShares, RandomSource random, HandshakePool? pool)
        : base(EndpointRole.Client, keyShares, random, pool)
    {
    }

    public ClientHandshakeState State { get; private set; }

    private protected override int CertificateLimit => Configuration.MaxCertificateMessageLength;

    private TlsClientConfiguration Configuration => _configuration ?? throw new InvalidOperationException("The handshake has not begun.");

    /// <summary>Starts anew, for another handshake.</summary>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public void Begin(TlsClientConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate(KeyShares);
        BeginHandshake();
        _configuration = configuration;
        _offered = default;
        _isRetried = false;
        _isCertificateRequested = false;
        _signatureScheme = null;
        State = ClientHandshakeState.Idle;
        ServerName = configuration.ServerName;
        StartSecrets(configuration.KeyLog);
    }

    /// <summary>Puts out the ClientHello. Called once, first.</summary>
    /// <param name="transportParameters">The body of our quic_transport_parameters extension, at most 16 KiB.</param>
    public void Start(ReadOnlySpan<byte> transportParameters)
    {
        if (State != ClientHandshakeState.Idle)
        {
            throw new InvalidOperationException("The handshake has started already.");
        }

        ConfigurationRules.CheckTransportParameters(transportParameters, nameof(transportParameters));
        Random.Fill(_clientRandom);
        _transportParameters.WriteBytes(transportParameters);
        for (int i = 0; i < Configuration.InitialKeyShares; i++)
        {
            _shares.Add(KeyShares.Create(Configuration.Groups[i]));
        }

        SendClientHello(cookie: []);
        State = ClientHandshakeState.WaitServerHello;
    }

    private protected override TransportError? CheckExpected(HandshakeType type)
    {
        bool isExpected = State switch
        {
            ClientHandshakeState.WaitServerHello => type is HandshakeType.ServerHello,
            ClientHandshakeState.WaitEncryptedExtensions => type is HandshakeType.EncryptedExtensions,
            ClientHandshakeState.WaitCertificateOrRequest => type is HandshakeType.Certificate or HandshakeType.CertificateRequest,
            ClientHandshakeState.WaitCertificate => type is HandshakeType.Certificate,
            ClientHandshakeState.WaitCertificateVerify => type is HandshakeType.CertificateVerify,
            ClientHandshakeState.WaitFinished => type is HandshakeType.Finished,
            ClientHandshakeState.Connected => type is HandshakeType.NewSessionTicket,
            _ => false,
        };

        // RFC 9001 §4.4: no authentication of clients after the handshake.
        bool isLateRequest = State == ClientHandshakeState.Connected && type == HandshakeType.CertificateRequest;
        return isExpected ? null
            : isLateRequest ? HandshakeErrors.Violation("a CertificateRequest after the handshake")
            : Unexpected();
    }

    private protected override TransportError? OnMessage(HandshakeType type, ReadOnlySpan<byte> message) => type switch
    {
        HandshakeType.ServerHello => OnServerHello(message),
        HandshakeType.EncryptedExtensions => OnEncryptedExtensions(message),
        HandshakeType.CertificateRequest => OnCertificateRequest(message),
        HandshakeType.Certificate => OnCertificate(message),
        HandshakeType.CertificateVerify => OnCertificateVerify(message),
        HandshakeType.Finished => OnFinished(message),
        _ => NewSessionTicketReader.Check(message), // there is no resumption yet: checked, then ignored
    };

    private protected override void OnPeerAuthenticated() => State = ClientHandshakeState.WaitFinished;

    private protected override void OnSigned() => FinishHandshake();

    private protected override void OnDispose()
    {
        DisposeShares();
        _transportParameters.Dispose();
        CryptographicOperations.ZeroMemory(_clientRandom);
        _configuration = null;
    }

    private void SendClientHello(ReadOnlySpan<byte> cookie)
    {
        HandshakeWriter writer = OpenMessage(HandshakeType.ClientHello, out int mark);
        var content = new ClientHelloContent
        {
            Configuration = Configuration,
            Random = _clientRandom,
            TransportParameters = _transportParameters.Written.Span,
            KeyShares = _shares,
            Cookie = cookie,
        };
        _offered = ClientHelloWriter.Write(writer, content);
        CloseMessage(writer, mark);
    }

    private TransportError? OnServerHello(ReadOnlySpan<byte> message)
    {
        if (ServerHelloReader.Read(message, _offered, out ServerHelloView hello) is { } error)
        {
            return error;
        }

        // RFC 8446 §4.1.3, and §4.1.4 for the suite of a HelloRetryRequest, which stays.
        if (!Configuration.CipherSuites.Contains(hello.CipherSuite) || (NegotiatedSuite ?? hello.CipherSuite) != hello.CipherSuite)
        {
            return Alert(TlsAlert.IllegalParameter, "the server chose a cipher suite that was not offered, or changed it");
        }

        if (hello.IsHelloRetryRequest)
        {
            return OnHelloRetryRequest(hello, message);
        }

        if (!hello.Present.Contains(ExtensionType.KeyShare))
        {
            return Alert(TlsAlert.MissingExtension, "a ServerHello without a key share");
        }

        // After a HelloRetryRequest there is one share alone, so this holds the server to the group it asked for too.
        KeyShare? share = FindShare(hello.Group);
        return share is null
            ? Alert(TlsAlert.IllegalParameter, "the server's key share is of a group that it was sent none of")
            : AcceptServerHello(hello, share, message);
    }

    private TransportError? AcceptServerHello(scoped in ServerHelloView hello, KeyShare share, ReadOnlySpan<byte> message)
    {
        Span<byte> secret = stackalloc byte[KeyShare.MaxSecretLength];
        if (!share.TryDeriveSharedSecret(hello.PublicKey, secret, out int length))
        {
            return Alert(TlsAlert.IllegalParameter, "the server's key share is not valid");
        }

        if (NegotiatedSuite is null)
        {
            StartedSecrets.Start(hello.CipherSuite);
        }

        NegotiatedSuite = hello.CipherSuite;
        NegotiatedGroup = hello.Group;
        StartedSecrets.Append(message);
        StartedSecrets.DeriveHandshake(secret[..length], _clientRandom);
        CryptographicOperations.ZeroMemory(secret);
        DisposeShares();
        _transportParameters.Dispose();
        ReceiveLevel = EncryptionLevel.Handshake;
        State = ClientHandshakeState.WaitEncryptedExtensions;
        return null;
    }

    // RFC 8446 §4.1.4
    private TransportError? OnHelloRetryRequest(scoped in ServerHelloView retry, ReadOnlySpan<byte> message)
    {
        if (_isRetried)
        {
            return Alert(TlsAlert.UnexpectedMessage, "a second HelloRetryRequest");
        }

        bool asksForShare = retry.Present.Contains(ExtensionType.KeyShare);
        NamedGroup group = retry.Group;
        if (asksForShare && (!Configuration.Groups.Contains(group) || FindShare(group) is not null))
        {
            return Alert(TlsAlert.IllegalParameter, "a HelloRetryRequest for a group that was not offered, or was shared already");
        }

        if (!asksForShare && retry.Cookie.IsEmpty)
        {
            return Alert(TlsAlert.IllegalParameter, "a HelloRetryRequest that changes nothing");
        }

        if (retry.Cookie.Length > CookieExtension.MaxLength)
        {
            return HandshakeErrors.TooLong("a HelloRetryRequest with a cookie too long to echo");
        }

        _isRetried = true;
        UsedHelloRetryRequest = true;
        NegotiatedSuite = retry.CipherSuite;
        StartedSecrets.Start(retry.CipherSuite);
        StartedSecrets.ReplaceWithMessageHash();
        StartedSecrets.Append(message);
        if (asksForShare)
        {
            DisposeShares();
            _shares.Add(KeyShares.Create(group));
        }

        SendClientHello(retry.Cookie);
        return null;
    }

    private TransportError? OnEncryptedExtensions(ReadOnlySpan<byte> message)
    {
        if (EncryptedExtensionsReader.Read(message, _offered, out EncryptedExtensionsView view) is { } error)
        {
            return error;
        }

        // RFC 9001 §8.2
        if (!view.Present.Contains(ExtensionType.QuicTransportParameters))
        {
            return Alert(TlsAlert.MissingExtension, "the server sent no transport parameters");
        }

        // RFC 9001 §8.1
        if (view.ApplicationProtocol.IsEmpty)
        {
            return Alert(TlsAlert.NoApplicationProtocol, "the server chose no application protocol");
        }

        foreach (ReadOnlyMemory<byte> protocol in Configuration.ApplicationProtocols)
        {
            if (protocol.Span.SequenceEqual(view.ApplicationProtocol))
            {
                ApplicationProtocol = protocol;
            }
        }

        if (ApplicationProtocol.IsEmpty)
        {
            return Alert(TlsAlert.IllegalParameter, "the server chose an application protocol that was not offered");
        }

        SetPeerTransportParameters(view.TransportParameters);
        StartedSecrets.Append(message);
        State = ClientHandshakeState.WaitCertificateOrRequest;
        return null;
    }

    private TransportError? OnCertificateRequest(ReadOnlySpan<byte> message)
    {
        if (CertificateRequestReader.Read(message, out UInt16List accepted) is { } error)
        {
            return error;
        }

        _isCertificateRequested = true;
        foreach (SignatureScheme scheme in Configuration.Credential?.SignatureSchemes ?? [])
        {
            if (accepted.Contains((ushort)scheme))
            {
                _signatureScheme = scheme;
                break;
            }
        }

        StartedSecrets.Append(message);
        State = ClientHandshakeState.WaitCertificate;
        return null;
    }

    private TransportError? OnCertificate(ReadOnlySpan<byte> message)
    {
        if (AcceptCertificate(message, out bool isEmpty) is { } error)
        {
            return error;
        }

        State = ClientHandshakeState.WaitCertificateVerify;
        return isEmpty ? Alert(TlsAlert.DecodeError, "the server's certificate list is empty") : null; // RFC 8446 §4.4.2.4
    }

    private TransportError? OnCertificateVerify(ReadOnlySpan<byte> message)
    {
        State = ClientHandshakeState.WaitVerdict;
        return AcceptCertificateVerify(message, Configuration.SignatureSchemes.AsSpan());
    }

    private TransportError? OnFinished(ReadOnlySpan<byte> message)
    {
        if (AcceptFinished(message) is { } error)
        {
            return error;
        }

        StartedSecrets.DeriveApplication();
        State = ClientHandshakeState.WaitSignature;
        if (_isCertificateRequested)
        {
            // RFC 8446 §4.4.2: with nothing suitable to show, an empty list.
            SendCertificate(_signatureScheme is null ? null : Configuration.Credential, _signatureScheme.GetValueOrDefault());
        }

        if (Question == HandshakeQuestion.None)
        {
            FinishHandshake();
        }

        return null;
    }

    private void FinishHandshake()
    {
        SendFinished();
        Complete();
        State = ClientHandshakeState.Connected;
    }

    private KeyShare? FindShare(NamedGroup group)
    {
        foreach (KeyShare share in _shares)
        {
            if (share.Group == group)
            {
                return share;
            }
        }

        return null;
    }

    private void DisposeShares()
    {
        foreach (KeyShare share in _shares)
        {
            share.Dispose();
        }

        _shares.Clear();
    }
}
