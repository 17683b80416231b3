using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tls;

/// <summary>
/// One side of a TLS 1.3 handshake for QUIC (RFC 8446, RFC 9001 §4): handshake bytes in, handshake bytes, secrets and
/// questions out. It owns no key, clock, socket or thread, and never calls out. Drive it so, from one thread:
/// <list type="number">
/// <item>client: <see cref="TlsClientHandshake.Start"/>; server: nothing;</item>
/// <item><see cref="Receive"/> with the bytes of CRYPTO frames, in order, as they become available;</item>
/// <item>after each call: <see cref="TryTakeSecret"/> until it answers false, then <see cref="TryTakeOutput"/> likewise;</item>
/// <item>answer <see cref="Question"/>, now or later, by its Provide… method, then take secrets and output again;</item>
/// <item>an error from any of these ends the connection with it; every later call returns the same one;</item>
/// <item>keep it after <see cref="IsComplete"/>, for what the peer still sends at 1-RTT; at last <see cref="Dispose"/>, after which the
/// role's Begin starts another handshake.</item>
/// </list>
/// </summary>
internal abstract partial class TlsHandshake : IDisposable
{
    /// <summary>Behind an open question no more than a Finished message can honestly wait.</summary>
    private const int MaxBytesBehindQuestion = 1024;

    /// <summary>Room for the peer's transport parameters that is kept from one handshake to the next, in bytes.</summary>
    private const int RetainedParameters = 512;

    private readonly HandshakeInput _input = new();
    private readonly HandshakeOutput _output = new();
    private readonly HandshakeSecrets _secrets;
    private readonly byte[] _signedContent = new byte[CertificateVerifyMessage.MaxContentLength];
    private byte[] _peerParameters = [];
    private int _peerParametersLength;
    private bool _areSecretsStarted;
    private EncryptionLevel _inputLevel;
    private TransportError? _failure;
    private SignatureRequest _signatureRequest;
    private CertificateVerdictRequest? _verdictRequest;
    private ReadOnlyMemory<byte>[] _peerChain = [];
    private bool _disposed;

    private protected TlsHandshake(EndpointRole role, KeyShareFactory keyShares, RandomSource random, HandshakePool? pool)
    {
        ArgumentNullException.ThrowIfNull(keyShares);
        ArgumentNullException.ThrowIfNull(random);
        Role = role;
        KeyShares = keyShares;
        Random = random;
        Pool = pool ?? new HandshakePool();
        _secrets = new HandshakeSecrets(role, Pool);
    }

    public EndpointRole Role { get; }

    /// <summary>The level whose bytes <see cref="Receive"/> expects. It rises when the peer has said all it may before.</summary>
    public EncryptionLevel ReceiveLevel { get; private protected set; }

    /// <summary>Finished sent, and the peer's verified (RFC 9001 §4.1.1).</summary>
    public bool IsComplete { get; private set; }

    public CipherSuite? NegotiatedSuite { get; private protected set; }

    public NamedGroup? NegotiatedGroup { get; private protected set; }

    /// <summary>The server asked for a second ClientHello (RFC 8446 §4.1.4).</summary>
    public bool UsedHelloRetryRequest { get; private protected set; }

    /// <summary>The protocol agreed on by ALPN; empty until it is known. Authenticated when complete.</summary>
    public ReadOnlyMemory<byte> ApplicationProtocol { get; private protected set; }

    /// <summary>On a client the name it was configured with, on a server the one the client sent.</summary>
    public string? ServerName { get; private protected set; }

    /// <summary>The body of the peer's quic_transport_parameters, as soon as it is read; authenticated when complete (RFC 9001 §8.2).</summary>
    public ReadOnlyMemory<byte> PeerTransportParameters => _peerParameters.AsMemory(0, _peerParametersLength);

    /// <summary>The peer's extension has come; it may be empty.</summary>
    public bool HasPeerTransportParameters { get; private set; }

    /// <summary>What the handshake waits for, if anything.</summary>
    public HandshakeQuestion Question { get; private protected set; }

    /// <summary>What to sign while the question is <see cref="HandshakeQuestion.Signature"/>.</summary>
    public SignatureRequest SignatureRequest =>
        Question == HandshakeQuestion.Signature ? _signatureRequest : throw NotAsked(HandshakeQuestion.Signature);

    /// <summary>What to judge while the question is <see cref="HandshakeQuestion.CertificateVerdict"/>.</summary>
    public CertificateVerdictRequest VerdictRequest =>
        Question == HandshakeQuestion.CertificateVerdict ? _verdictRequest! : throw NotAsked(HandshakeQuestion.CertificateVerdict);

    /// <summary>What is known so far of what the two sides agree on.</summary>
    public HandshakeFacts Facts => new(NegotiatedSuite, NegotiatedGroup, UsedHelloRetryRequest, ApplicationProtocol, ServerName);

    /// <summary>A server's answer to any handshake message when the handshake is over.</summary>
    public static TransportError NothingMoreExpected { get; } = Unexpected();

    private protected KeyShareFactory KeyShares { get; }

    private protected RandomSource Random { get; }

    private protected HandshakePool Pool { get; }

    /// <summary>Null on a server until it has its configuration.</summary>
    private protected HandshakeSecrets? Secrets => _areSecretsStarted ? _secrets : null;

    private protected HandshakeSecrets StartedSecrets => Secrets ?? throw new InvalidOperationException("The handshake has not started.");

    private protected abstract int CertificateLimit { get; }

    /// <summary>Takes the next bytes of a level's CRYPTO stream, split anywhere.</summary>
    /// <returns>Null, or why the connection has to end.</returns>
    public TransportError? Receive(EncryptionLevel level, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is not null || data.IsEmpty)
        {
            return _failure;
        }

        // RFC 9001 §4.1.3: new bytes at a level that is over, or at one that has no keys yet.
        if (level != ReceiveLevel)
        {
            return Fail(HandshakeErrors.Violation("handshake data at an encryption level that does not expect any"));
        }

        _output.Release();
        return Fail(_input.IsEmpty ? ReceiveDirectly(data) : ReceiveBehindPending(data));
    }

    /// <summary>The next bytes for a level's CRYPTO stream. They stay valid until the next call of any other method.</summary>
    public bool TryTakeOutput(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes) => _output.TryTake(out level, out bytes);

    /// <summary>The next secret, in the order in which they may be installed. Its bytes are then the caller's to wipe.</summary>
    public bool TryTakeSecret(out TrafficSecret secret)
    {
        secret = default;
        return Secrets is not null && Secrets.TryTake(out secret);
    }

    /// <summary>Answers <see cref="HandshakeQuestion.Signature"/>; ECDSA signatures are in DER.</summary>
    public TransportError? ProvideSignature(ReadOnlySpan<byte> signature)
    {
        if (signature.Length is 0 or > ushort.MaxValue)
        {
            throw new ArgumentException("Expected a signature of 1 to 65,535 bytes.", nameof(signature));
        }

        if (!TryAnswer(HandshakeQuestion.Signature))
        {
            return _failure;
        }

        HandshakeWriter writer = OpenMessage(HandshakeType.CertificateVerify, out int mark);
        writer.WriteUInt16((ushort)_signatureRequest.Scheme);
        writer.WriteVector16(signature);
        CloseMessage(writer, mark);
        _signatureRequest = default;
        OnSigned();
        return Fail(ProcessPending());
    }

    /// <summary>Answers <see cref="HandshakeQuestion.CertificateVerdict"/>.</summary>
    public TransportError? ProvideCertificateVerdict(CertificateVerdict verdict)
    {
        if (!TryAnswer(HandshakeQuestion.CertificateVerdict))
        {
            return _failure;
        }

        _verdictRequest = null;
        if (!verdict.IsAccepted)
        {
            return Fail(verdict.Rejection);
        }

        OnPeerAuthenticated();
        return Fail(ProcessPending());
    }

    /// <summary>Keying material for an application (RFC 8446 §7.5), once the handshake is complete.</summary>
    /// <param name="label">An ASCII label of at most 249 bytes.</param>
    /// <param name="context">Any bytes; none is the same as empty.</param>
    /// <param name="output">Filled; at most 255 times the suite's hash.</param>
    public void Export(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!IsComplete || _failure is not null)
        {
            throw new InvalidOperationException("Keying material can be exported when the handshake is complete, and not before.");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(label.Length, HkdfLabel.MaxLabelLength, nameof(label));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(output.Length, 255 * StartedSecrets.HashLength, nameof(output));
        StartedSecrets.Export(label, context, output);
    }

    /// <summary>Keeps a copy of the peer's parameters.</summary>
    private protected void SetPeerTransportParameters(ReadOnlySpan<byte> parameters)
    {
        if (_peerParameters.Length < parameters.Length)
        {
            _peerParameters = new byte[parameters.Length];
        }

        parameters.CopyTo(_peerParameters);
        _peerParametersLength = parameters.Length;
        HasPeerTransportParameters = true;
    }

    /// <summary>Null where a message of this type may come now.</summary>
    private protected abstract TransportError? CheckExpected(HandshakeType type);

    /// <summary>Handles a whole message, header included, of a type that <see cref="CheckExpected"/> let pass.</summary>
    private protected abstract TransportError? OnMessage(HandshakeType type, ReadOnlySpan<byte> message);

    /// <summary>Wipes what a role keeps beside.</summary>
    private protected abstract void OnDispose();

    /// <summary>Our CertificateVerify is written.</summary>
    private protected abstract void OnSigned();

    /// <summary>The peer's certificate and signature are good.</summary>
    private protected abstract void OnPeerAuthenticated();

    private protected static TransportError Alert(TlsAlert alert, string reason) => TransportError.FromAlert(alert, reason);

    private protected static TransportError Unexpected() => Alert(TlsAlert.UnexpectedMessage, "a handshake message that has no place here");

    /// <summary>Begins an answer: true where the question is open and all is well.</summary>
    private protected bool TryAnswer(HandshakeQuestion question)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is not null)
        {
            return false;
        }

        if (Question != question)
        {
            throw NotAsked(question);
        }

        Question = HandshakeQuestion.None;
        _output.Release();
        return true;
    }

    /// <summary>The first error stays; secrets of an ended handshake are of no use to anyone.</summary>
    private protected TransportError? Fail(TransportError? error)
    {
        if (error is not null && _failure is null)
        {
            _failure = error;
            Question = HandshakeQuestion.None;
            _input.Dispose();
            Secrets?.WipeSchedule();
        }

        return _failure;
    }

    private protected TransportError? Failure => _failure;

    /// <summary>Goes on with bytes that waited behind a question.</summary>
    private protected TransportError? ProcessPending()
    {
        TransportError? error = Process(_input.Pending, _inputLevel, out int consumed);
        _input.Consume(consumed);
        return error;
    }

    private protected HandshakeWriter OpenMessage(HandshakeType type, out int mark)
    {
        bool isInitial = type is HandshakeType.ClientHello or HandshakeType.ServerHello;
        HandshakeWriter writer = _output.At(isInitial ? EncryptionLevel.Initial : EncryptionLevel.Handshake);
        mark = writer.OpenMessage(type);
        return writer;
    }

    /// <summary>The message is whole: it goes out, and into the transcript.</summary>
    private protected void CloseMessage(HandshakeWriter writer, int mark) => StartedSecrets.Append(writer.CloseMessage(mark));

    /// <summary>Writes Certificate, of a credential or empty, and asks for the signature that has to follow the first kind.</summary>
    private protected void SendCertificate(TlsCredential? credential, SignatureScheme scheme)
    {
        HandshakeWriter writer = OpenMessage(HandshakeType.Certificate, out int mark);
        writer.WriteVector8([]); // certificate_request_context
        writer.WriteBytes(credential is null ? [0, 0, 0] : credential.EncodedCertificateList.Span);
        CloseMessage(writer, mark);
        if (credential is not null)
        {
            Span<byte> hash = stackalloc byte[HashFunctions.MaxLength];
            int length = CertificateVerifyMessage.WriteSignedContent(Role, StartedSecrets.CopyTranscriptHash(hash), _signedContent);
            _signatureRequest = new SignatureRequest(scheme, _signedContent.AsMemory(0, length), credential);
            Question = HandshakeQuestion.Signature;
        }
    }

    private protected void SendFinished()
    {
        Span<byte> buffer = stackalloc byte[HashFunctions.MaxLength];
        ReadOnlySpan<byte> verifyData = StartedSecrets.FinishedVerifyData(Role, buffer);
        HandshakeWriter writer = OpenMessage(HandshakeType.Finished, out int mark);
        writer.WriteBytes(verifyData);
        CloseMessage(writer, mark);
    }

    /// <summary>Reads the peer's chain, which <see cref="AcceptCertificateVerify"/> puts into its question.</summary>
    private protected TransportError? AcceptCertificate(ReadOnlySpan<byte> message, out bool isEmpty)
    {
        // A copy, since whoever judges the chain may do so when this handshake is long gone.
        TransportError? error = CertificateMessage.Read(message.ToArray(), out _peerChain);
        isEmpty = _peerChain.Length == 0;
        StartedSecrets.Append(message);
        return error;
    }

    /// <summary>Reads CertificateVerify and asks for the verdict on it and on the chain.</summary>
    private protected TransportError? AcceptCertificateVerify(ReadOnlySpan<byte> message, ReadOnlySpan<SignatureScheme> offered)
    {
        if (CertificateVerifyMessage.Read(message, out SignatureScheme scheme, out ReadOnlySpan<byte> signature) is { } error)
        {
            return error;
        }

        // RFC 8446 §4.4.3
        if (!scheme.IsForHandshakeMessages() || !offered.Contains(scheme))
        {
            return Alert(TlsAlert.IllegalParameter, "a CertificateVerify by a scheme that was not offered, or is not for it");
        }

        // Copies, as that of the chain.
        Span<byte> hash = stackalloc byte[HashFunctions.MaxLength];
        byte[] content = new byte[CertificateVerifyMessage.MaxContentLength];
        int length = CertificateVerifyMessage.WriteSignedContent(Role.Peer(), StartedSecrets.CopyTranscriptHash(hash), content);
        _verdictRequest = new CertificateVerdictRequest
        {
            Chain = _peerChain,
            Scheme = scheme,
            Signature = signature.ToArray(),
            SignedContent = content.AsMemory(0, length),
            ServerName = ServerName,
            PeerRole = Role.Peer(),
        };
        _peerChain = [];
        StartedSecrets.Append(message);
        Question = HandshakeQuestion.CertificateVerdict;
        return null;
    }

    /// <summary>Asks for the verdict on a peer that has shown no certificate: nothing of it is done before it is let in.</summary>
    private protected void AskAboutNobody()
    {
        _verdictRequest = new CertificateVerdictRequest
        {
            Chain = [],
            Scheme = default,
            Signature = default,
            SignedContent = default,
            ServerName = ServerName,
            PeerRole = Role.Peer(),
        };
        Question = HandshakeQuestion.CertificateVerdict;
    }

    /// <summary>Verifies the peer's Finished, in constant time (RFC 8446 §4.4.4).</summary>
    private protected TransportError? AcceptFinished(ReadOnlySpan<byte> message)
    {
        Span<byte> buffer = stackalloc byte[HashFunctions.MaxLength];
        ReadOnlySpan<byte> expected = StartedSecrets.FinishedVerifyData(Role.Peer(), buffer);
        if (!CryptographicOperations.FixedTimeEquals(expected, message[HandshakeMessageLimits.HeaderLength..]))
        {
            return Alert(TlsAlert.DecryptError, "the Finished message does not verify");
        }

        StartedSecrets.Append(message);
        return null;
    }

    private protected void Complete()
    {
        StartedSecrets.Complete();
        ReceiveLevel = EncryptionLevel.OneRtt;
        IsComplete = true;
    }

    private TransportError? ReceiveDirectly(ReadOnlySpan<byte> data)
    {
        _inputLevel = ReceiveLevel;
        if (Process(data, _inputLevel, out int consumed) is { } error)
        {
            return error;
        }

        _input.Append(data[consumed..]);
        return CheckPending();
    }

    private TransportError? ReceiveBehindPending(ReadOnlySpan<byte> data)
    {
        _input.Append(data);
        return ProcessPending() ?? CheckPending();
    }

    // A message's own length was checked when its header came, so only what waits behind a question can be too much.
    private TransportError? CheckPending() => Question != HandshakeQuestion.None && _input.Pending.Length > MaxBytesBehindQuestion
        ? HandshakeErrors.TooLong("more handshake data than can follow before an answer")
        : null;

    private TransportError? Process(ReadOnlySpan<byte> data, EncryptionLevel level, out int consumed)
    {
        consumed = 0;
        while (consumed < data.Length)
        {
            // RFC 9001 §4.1.3: data of a level must not outlast it. Nothing can follow a ClientHello before its answer either.
            if (level != ReceiveLevel || Question == HandshakeQuestion.Configuration)
            {
                return HandshakeErrors.Violation("handshake data is left over at the end of its encryption level");
            }

            if (Question != HandshakeQuestion.None)
            {
                return null;
            }

            if (CheckHeader(data[consumed..], out int length) is { } error)
            {
                return error;
            }

            if (data.Length - consumed < length)
            {
                return null;
            }

            ReadOnlySpan<byte> message = data.Slice(consumed, length);
            consumed += length;
            if (OnMessage((HandshakeType)message[0], message) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    // The type is judged by the first byte, the length by the fourth: nothing is kept that could not be used.
    private TransportError? CheckHeader(ReadOnlySpan<byte> start, out int length)
    {
        length = int.MaxValue;
        var type = (HandshakeType)start[0];
        if (CheckExpected(type) is { } unexpected)
        {
            return unexpected;
        }

        if (start.Length < HandshakeMessageLimits.HeaderLength)
        {
            return null;
        }

        int body = (start[1] << 16) | (start[2] << 8) | start[3];
        if (type == HandshakeType.Finished && body != StartedSecrets.HashLength)
        {
            return Alert(TlsAlert.DecodeError, "a Finished message of the wrong length");
        }

        if (body > HandshakeMessageLimits.For(type, CertificateLimit))
        {
            return HandshakeErrors.TooLong(type == HandshakeType.Certificate
                ? "the Certificate message is longer than the configured limit"
                : "a handshake message is longer than its limit");
        }

        length = HandshakeMessageLimits.HeaderLength + body;
        return null;
    }

    private static InvalidOperationException NotAsked(HandshakeQuestion question) =>
        new($"The handshake's open question is not {question}.");
}
