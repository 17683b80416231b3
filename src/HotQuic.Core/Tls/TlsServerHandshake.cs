using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>
/// The server's side; see <see cref="TlsHandshake"/> for how to drive it. Its first question is for a configuration,
/// which may depend on <see cref="ClientHello"/>.
/// </summary>
internal sealed class TlsServerHandshake : TlsHandshake
{
    private const int RandomLength = 32;
    private readonly HandshakeWriter _clientHello = new();
    private TlsServerConfiguration? _configuration;
    private byte[] _transportParameters = [];
    private NamedGroup? _requestedGroup;
    private SignatureScheme _signatureScheme;

    /// <param name="keyShares">Answers key shares.</param>
    /// <param name="random">Unpredictable bytes.</param>
    /// <param name="pool">What the shard's handshakes share; without it the handshake keeps its own.</param>
    public TlsServerHandshake(KeyShareFactory keyShares, RandomSource random, HandshakePool? pool = null)
        : base(EndpointRole.Server, keyShares, random, pool)
    {
    }

    public ServerHandshakeState State { get; private set; }

    /// <summary>The ClientHello while the question is <see cref="HandshakeQuestion.Configuration"/>.</summary>
    public ClientHelloInfo ClientHello => State == ServerHandshakeState.WaitConfiguration
        ? new ClientHelloInfo(_clientHello.Written)
        : throw new InvalidOperationException("The ClientHello is there while a configuration is asked for.");

    private protected override int CertificateLimit => _configuration?.MaxCertificateMessageLength ?? 0;

    private TlsServerConfiguration Configuration => _configuration ?? throw new InvalidOperationException("No configuration was provided.");

    /// <summary>Starts anew, for another handshake.</summary>
    public void Begin()
    {
        BeginHandshake();
        _configuration = null;
        _transportParameters = [];
        _requestedGroup = null;
        _signatureScheme = default;
        State = default;
    }

    /// <summary>Answers <see cref="HandshakeQuestion.Configuration"/>.</summary>
    /// <param name="configuration">May be shared between connections.</param>
    /// <param name="transportParameters">The body of our quic_transport_parameters extension, at most 16 KiB.</param>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public TransportError? ProvideConfiguration(TlsServerConfiguration configuration, ReadOnlySpan<byte> transportParameters)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate(KeyShares);
        ConfigurationRules.CheckTransportParameters(transportParameters, nameof(transportParameters));
        if (!TryAnswer(HandshakeQuestion.Configuration))
        {
            return Failure;
        }

        _configuration = configuration;
        StartSecrets(configuration.KeyLog);
        ClientHelloView hello = new ClientHelloInfo(_clientHello.Written).Read();
        return Fail(Negotiate(hello) ?? Respond(hello, transportParameters) ?? ProcessPending());
    }

    private protected override TransportError? CheckExpected(HandshakeType type)
    {
        bool isExpected = State switch
        {
            ServerHandshakeState.WaitClientHello or ServerHandshakeState.WaitSecondClientHello => type is HandshakeType.ClientHello,
            ServerHandshakeState.WaitCertificate => type is HandshakeType.Certificate,
            ServerHandshakeState.WaitCertificateVerify => type is HandshakeType.CertificateVerify,
            ServerHandshakeState.WaitFinished => type is HandshakeType.Finished,
            _ => false,
        };
        return isExpected ? null : Unexpected();
    }

    private protected override TransportError? OnMessage(HandshakeType type, ReadOnlySpan<byte> message) => type switch
    {
        HandshakeType.ClientHello => OnClientHello(message),
        HandshakeType.Certificate => OnCertificate(message),
        HandshakeType.CertificateVerify => OnCertificateVerify(message),
        _ => OnFinished(message),
    };

    private protected override void OnDispose() => _clientHello.Dispose();

    private protected override void OnPeerAuthenticated() => State = ServerHandshakeState.WaitFinished;

    private protected override void OnSigned()
    {
        // Not before: whoever gave the configuration may still be looking at it.
        _clientHello.Dispose();
        SendFinished();
        StartedSecrets.DeriveApplication();
        State = Configuration.ClientCertificateMode == ClientCertificateMode.None
            ? ServerHandshakeState.WaitFinished
            : ServerHandshakeState.WaitCertificate;
    }

    private TransportError? OnClientHello(ReadOnlySpan<byte> message)
    {
        if ((ClientHelloReader.Read(message, out ClientHelloView hello) ?? ClientHelloRules.Check(hello)) is { } error)
        {
            return error;
        }

        if (State == ServerHandshakeState.WaitSecondClientHello)
        {
            return OnSecondClientHello(hello, message);
        }

        // RFC 8446 §4.2.2: a cookie comes from a HelloRetryRequest.
        if (hello.Present.Contains(ExtensionType.Cookie))
        {
            return Alert(TlsAlert.IllegalParameter, "a cookie that was not given");
        }

        _clientHello.WriteBytes(message);
        SetPeerTransportParameters(hello.TransportParameters);
        ServerName = hello.ServerName.IsEmpty ? null : Pool.NameOf(hello.ServerName);
        State = ServerHandshakeState.WaitConfiguration;
        Question = HandshakeQuestion.Configuration;
        return null;
    }

    private TransportError? OnSecondClientHello(scoped in ClientHelloView second, ReadOnlySpan<byte> message)
    {
        ClientHelloView first = new ClientHelloInfo(_clientHello.Written).Read();
        NamedGroup group = _requestedGroup.GetValueOrDefault();
        if (ClientHelloRules.CheckSecond(first, second, group, Configuration.HelloRetryCookie.Span) is { } error)
        {
            return error;
        }

        StartedSecrets.Append(message);
        _ = second.KeyShares.TryFind(group, out ReadOnlySpan<byte> clientShare);
        return SendFlight(second, new KeyShareEntry(group, clientShare), _transportParameters);
    }

    // RFC 8446 §4.1.1: suite, protocol and signature scheme are chosen one independently of the other.
    private TransportError? Negotiate(scoped in ClientHelloView hello)
    {
        foreach (CipherSuite suite in Configuration.CipherSuites)
        {
            if (NegotiatedSuite is null && hello.CipherSuites.Contains((ushort)suite))
            {
                NegotiatedSuite = suite;
            }
        }

        if (NegotiatedSuite is null)
        {
            return Alert(TlsAlert.HandshakeFailure, "no cipher suite in common");
        }

        // RFC 7301 §3.2, RFC 9001 §8.1
        foreach (ReadOnlyMemory<byte> protocol in Configuration.ApplicationProtocols)
        {
            if (ApplicationProtocol.IsEmpty && hello.ApplicationProtocols.Contains(protocol.Span))
            {
                ApplicationProtocol = protocol;
            }
        }

        if (ApplicationProtocol.IsEmpty)
        {
            return Alert(TlsAlert.NoApplicationProtocol, "no application protocol in common");
        }

        foreach (SignatureScheme scheme in Configuration.Credential.SignatureSchemes)
        {
            if (hello.SignatureSchemes.Contains((ushort)scheme))
            {
                _signatureScheme = scheme;
                return null;
            }
        }

        return Alert(TlsAlert.HandshakeFailure, "the client accepts no signature that the certificate's key can make");
    }

    // The first of our groups that there is a share of; else the first that the client knows at all, by a HelloRetryRequest.
    private TransportError? Respond(scoped in ClientHelloView hello, ReadOnlySpan<byte> transportParameters)
    {
        StartedSecrets.Append(_clientHello.Written.Span);
        StartedSecrets.Start(NegotiatedSuite.GetValueOrDefault());
        foreach (NamedGroup group in Configuration.Groups)
        {
            if (hello.KeyShares.TryFind(group, out ReadOnlySpan<byte> clientShare))
            {
                return SendFlight(hello, new KeyShareEntry(group, clientShare), transportParameters);
            }
        }

        foreach (NamedGroup group in Configuration.Groups)
        {
            if (hello.SupportedGroups.Contains((ushort)group))
            {
                _transportParameters = transportParameters.ToArray();
                SendHelloRetryRequest(group);
                return null;
            }
        }

        return Alert(TlsAlert.HandshakeFailure, "no key exchange group in common");
    }

    private void SendHelloRetryRequest(NamedGroup group)
    {
        StartedSecrets.ReplaceWithMessageHash();
        HandshakeWriter writer = OpenMessage(HandshakeType.ServerHello, out int mark);
        UsedHelloRetryRequest = true;
        ServerFlightWriter.WriteHelloRetryRequest(writer, NegotiatedSuite.GetValueOrDefault(), group, Configuration.HelloRetryCookie.Span);
        CloseMessage(writer, mark);
        _requestedGroup = group;
        State = ServerHandshakeState.WaitSecondClientHello;
    }

    private TransportError? SendFlight(scoped in ClientHelloView hello, KeyShareEntry clientShare, ReadOnlySpan<byte> transportParameters)
    {
        Span<byte> publicKey = stackalloc byte[KeyShare.MaxPublicKeyLength];
        Span<byte> secret = stackalloc byte[KeyShare.MaxSecretLength];
        if (!KeyShares.TryRespond(clientShare.Group, clientShare.PublicKey, publicKey, secret, out KeyShareResponse response))
        {
            return Alert(TlsAlert.IllegalParameter, "the client's key share is not valid");
        }

        NegotiatedGroup = clientShare.Group;
        SendServerHello(new KeyShareEntry(clientShare.Group, publicKey[..response.PublicKeyLength]));
        StartedSecrets.DeriveHandshake(secret[..response.SecretLength], hello.Random);
        CryptographicOperations.ZeroMemory(secret);
        ReceiveLevel = EncryptionLevel.Handshake;

        HandshakeWriter writer = OpenMessage(HandshakeType.EncryptedExtensions, out int mark);
        ServerFlightWriter.WriteEncryptedExtensions(writer, ApplicationProtocol.Span, transportParameters, hello.Present);
        CloseMessage(writer, mark);
        if (Configuration.ClientCertificateMode != ClientCertificateMode.None)
        {
            writer = OpenMessage(HandshakeType.CertificateRequest, out mark);
            ServerFlightWriter.WriteCertificateRequest(writer, Configuration.SignatureSchemes, Configuration.CertificateAuthorities);
            CloseMessage(writer, mark);
        }

        _transportParameters = [];
        State = ServerHandshakeState.WaitSignature;
        SendCertificate(Configuration.Credential, _signatureScheme);
        return null;
    }

    private void SendServerHello(KeyShareEntry share)
    {
        Span<byte> random = stackalloc byte[RandomLength];
        Random.Fill(random);
        HandshakeWriter writer = OpenMessage(HandshakeType.ServerHello, out int mark);
        ServerFlightWriter.WriteServerHello(writer, random, NegotiatedSuite.GetValueOrDefault(), share);
        CloseMessage(writer, mark);
    }

    // RFC 8446 §4.4.2.4: a client may have nothing to show, and then proves nothing.
    private TransportError? OnCertificate(ReadOnlySpan<byte> message)
    {
        if (AcceptCertificate(message, out bool isEmpty) is { } error)
        {
            return error;
        }

        if (isEmpty && Configuration.ClientCertificateMode == ClientCertificateMode.Require)
        {
            return Alert(TlsAlert.CertificateRequired, "the client showed no certificate");
        }

        if (isEmpty)
        {
            State = ServerHandshakeState.WaitVerdict;
            AskAboutNobody();
        }
        else
        {
            State = ServerHandshakeState.WaitCertificateVerify;
        }

        return null;
    }

    private TransportError? OnCertificateVerify(ReadOnlySpan<byte> message)
    {
        State = ServerHandshakeState.WaitVerdict;
        return AcceptCertificateVerify(message, Configuration.SignatureSchemes.AsSpan());
    }

    private TransportError? OnFinished(ReadOnlySpan<byte> message)
    {
        if (AcceptFinished(message) is { } error)
        {
            return error;
        }

        Complete();
        State = ServerHandshakeState.Connected;
        return null;
    }
}
