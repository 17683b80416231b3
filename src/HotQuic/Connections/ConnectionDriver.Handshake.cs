using System.Net;
using System.Net.Security;
using HotQuic.Certificates;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Tls;
using HotQuic.Errors;
using HotQuic.Handshakes;
using HotQuic.Ports;
using HotQuic.Shards;

namespace HotQuic.Connections;

/// <summary>
/// The handshake's questions, and its end. What is cheap is answered here, on the shard; callbacks, chains and slow signatures go to the
/// thread pool (<see cref="HandshakeWork"/>) and come back as messages.
/// </summary>
internal sealed partial class ConnectionDriver
{
    private const int MaxSignatureLength = 1024;

    private readonly ServerSide? _handshake;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WeakReference<QuicConnection>? _handle;
    private CertificateVerifier? _verifier;
    private PeerCertificate? _remoteCertificate;
    private Exception? _cause;
    private long _closeErrorCode;
    private bool _isPeerJudged;
    private bool _isDelivered;
    private CapacityReports? _capacity;

    /// <summary>Completes with a client's handshake. From any thread.</summary>
    public Task Connected => _connected.Task;

    /// <summary>What the handshake agreed on; null before. From any thread.</summary>
    public ConnectionFacts? Facts { get; private set; }

    /// <summary>Starts a client's connection.</summary>
    /// <param name="handle">The connection's handle.</param>
    /// <param name="attempt">What to connect with.</param>
    /// <param name="remote">Where to.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There is no socket to send from.</exception>
    public void StartClient(QuicConnection handle, ClientAttempt attempt, IPEndPoint remote)
    {
        ShardSocket socket = attempt.OpenSocket(Shard, remote);
        _handle = new WeakReference<QuicConnection>(handle);
        _verifier = attempt.Verifier;
        UseOptions(attempt.Options);
        Connection core = Shard.Endpoint.Connect(
            new ClientStart
            {
                Settings = attempt.Settings,
                At = Shard.Now,
                Remote = PathAddress.From(remote),
                Local = default,
                Version = attempt.Options.FirstVersion == 0 ? QuicVersion.Version1 : (QuicVersion)attempt.Options.FirstVersion,
            },
            attempt.Configuration);
        Attach(core, socket);
        Shard.AddConnection(this);
        Touch();
    }

    private void UseOptions(QuicConnectionOptions options)
    {
        DefaultStreamErrorCode = options.DefaultStreamErrorCode;
        _closeErrorCode = options.DefaultCloseErrorCode;
        CanAcceptStreams = options.MaxInboundBidirectionalStreams + options.MaxInboundUnidirectionalStreams > 0;
        _capacity = options.StreamCapacityCallback is { } callback ? new CapacityReports(callback) : null;
    }

    private void OnHandshakeMessage(in ShardMessage message)
    {
        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.Configure:
                OnConfigured((ServerAnswer)message.Argument!);
                break;
            case ConnectionMessageKind.Sign:
                OnSigned((byte[]?)message.Argument);
                break;
            case ConnectionMessageKind.Verdict:
                OnVerdict((CertificateVerdictResult)message.Argument!);
                break;
        }
    }

    private void AskForConfiguration()
    {
        ServerSide side = _handshake!;
        ClientHelloInfo hello = ((TlsServerHandshake)Core.Handshake.Tls).ClientHello;
        ListenerEntry? listener = Socket.Port?.Select(hello.Read().ApplicationProtocols);
        if (listener is null)
        {
            // RFC 7301 §3.2
            Refuse(TransportError.FromAlert(TlsAlert.NoApplicationProtocol, "No listener takes any of the application protocols."));
        }
        else if (!listener.TryReserve(this))
        {
            Refuse(new TransportError(TransportErrorCode.ConnectionRefused, 0, "The listener has no place left."));
        }
        else
        {
            side.Listener = listener;
            side.Handle = new QuicConnection(this);
            _handle = new WeakReference<QuicConnection>(side.Handle);
            Facts = CurrentFacts();
            string name = System.Text.Encoding.ASCII.GetString(hello.Read().ServerName);
            side.Work = new ServerAnswerWork(this, side.Handle, listener, name);
            side.Work.Start();
        }
    }

    private void Refuse(TransportError error)
    {
        Shard.Endpoint.Statistics.ConnectionsRefused++;
        Core.CloseByTransport(error, Shard.Now);
    }

    private void OnConfigured(ServerAnswer answer)
    {
        if (answer.Failure is { } failure)
        {
            _handshake!.Failure = failure;
            CancelHandshake();
            return;
        }

        UseOptions(answer.Options!);
        _verifier = answer.Verifier;
        Core.ProvideConfiguration(answer.Configuration!, Shard.Now, answer.Settings);
    }

    private void AskForSignature()
    {
        SignatureRequest request = Core.Handshake.Tls.SignatureRequest;
        var credential = (ServerCredential)request.Credential.State!;
        if (!credential.IsCheapToSign)
        {
            HandshakeWork.Sign(this, credential, request);
            return;
        }

        Span<byte> signature = stackalloc byte[MaxSignatureLength];
        if (credential.TrySign(request.Scheme, request.Content.Span, signature, out int length))
        {
            Core.ProvideSignature(signature[..length], Shard.Now);
        }
        else
        {
            OnSigned(null);
        }
    }

    private void OnSigned(byte[]? signature)
    {
        if (signature is null)
        {
            Core.CloseByTransport(TransportError.FromAlert(TlsAlert.InternalError, "The certificate's key could not sign."), Shard.Now);
        }
        else
        {
            Core.ProvideSignature(signature, Shard.Now);
        }
    }

    private void AskForVerdict()
    {
        _isPeerJudged = true;
        CertificateVerdictRequest request = Core.Handshake.Tls.VerdictRequest;
        var proof = new PeerCertificateProof
        {
            Chain = request.Chain,
            Scheme = request.Scheme,
            Signature = request.Signature,
            SignedContent = request.SignedContent,
            PeerRole = request.PeerRole,
            TargetHost = request.ServerName,
            Sender = Handle ?? (object)this,
        };
        if (_verifier!.TryVerifyAgain(proof, out CertificateVerdictResult? verdict))
        {
            OnVerdict(verdict);
        }
        else
        {
            HandshakeWork.Judge(this, _verifier, proof);
        }
    }

    private void OnVerdict(CertificateVerdictResult verdict)
    {
        _cause ??= verdict.Exception;
        _remoteCertificate = verdict.Leaf;
        if (Core.Handshake.IsComplete)
        {
            // About a client that showed no certificate: only the application could judge that.
            if (verdict.Accepted)
            {
                Deliver();
            }
            else
            {
                Core.CloseByTransport(TransportError.FromAlert(TlsAlert.CertificateRequired, verdict.Reason), Shard.Now);
            }
        }
        else
        {
            Core.ProvideCertificateVerdict(
                verdict.Accepted ? CertificateVerdict.Accepted : CertificateVerdict.Rejected(verdict.Alert, verdict.Reason), Shard.Now);
        }
    }

    private void OnHandshakeCompleted()
    {
        if (Core.Role == EndpointRole.Server && _verifier is not null && !_isPeerJudged)
        {
            HandshakeWork.Judge(this, _verifier, new PeerCertificateProof
            {
                Chain = [],
                Scheme = default,
                Signature = default,
                SignedContent = default,
                PeerRole = EndpointRole.Client,
                Sender = Handle ?? (object)this,
            });
            return;
        }

        Deliver();
    }

    /// <summary>The connection is the application's from now on.</summary>
    private void Deliver()
    {
        Facts = CurrentFacts();
        _isDelivered = true;
        OnHandshakeOver();
        if (_handshake is { } side)
        {
            side.Work?.Dispose();
            side.Listener!.Deliver(this, side.Handle!);
            side.Handle = null;
        }

        _connected.TrySetResult();
    }

    private void OnHandshakeFailed(Failure failure)
    {
        if (_isDelivered)
        {
            return;
        }

        _isDelivered = true;
        OnHandshakeOver();
        if (_handshake is { Listener: { } listener } side)
        {
            side.Work?.Cancel();
            listener.Deliver(this, side.Failure ?? failure);
            side.Handle = null;
            _isHandleGone = true;
        }

        _connected.TrySetException(failure.ToException());
        _ = _connected.Task.Exception;
    }

    private void OnHandshakeOver()
    {
        if (_handshake is not null)
        {
            Socket.Port!.OnHandshakeOver();
        }
    }

    private void CancelHandshake() =>
        Core.CloseByTransport(TransportError.FromAlert(TlsAlert.UserCanceled, "The handshake was given up."), Shard.Now);

    private QuicConnection? Handle => _handle is not null && _handle.TryGetTarget(out QuicConnection? handle) ? handle : null;

    private ConnectionFacts CurrentFacts()
    {
        TlsHandshake tls = Core.Handshake.Tls;
        IPEndPoint bound = Socket.Udp.LocalEndPoint;
        return new ConnectionFacts
        {
            LocalEndPoint = _local.Family == PathAddressFamily.None || _local.ToIPEndPoint().Address.Equals(IPAddress.Any)
                ? bound
                : new IPEndPoint(_local.ToIPEndPoint().Address, bound.Port),
            RemoteEndPoint = Core.Path.Remote.ToIPEndPoint(),
            ApplicationProtocol = tls.ApplicationProtocol.IsEmpty ? default : new SslApplicationProtocol(tls.ApplicationProtocol.ToArray()),
            CipherSuite = (TlsCipherSuite)(ushort)(tls.NegotiatedSuite ?? 0),
            ServerName = tls.ServerName ?? "",
            RemoteCertificate = _remoteCertificate,
        };
    }

    private void ReportCapacity(StreamDirection direction, int increment)
    {
        if (increment > 0 && _capacity is { } reports && Handle is { } handle)
        {
            reports.Add(handle, direction == StreamDirection.Bidirectional
                ? new QuicStreamCapacityChangedArgs { BidirectionalIncrement = increment }
                : new QuicStreamCapacityChangedArgs { UnidirectionalIncrement = increment });
        }
    }

    /// <summary>What only a server's handshake needs.</summary>
    private sealed class ServerSide
    {
        public ListenerEntry? Listener { get; set; }

        /// <summary>Held until the listener has it.</summary>
        public QuicConnection? Handle { get; set; }

        public ServerAnswerWork? Work { get; set; }

        /// <summary>What the application is told in place of the termination.</summary>
        public Failure? Failure { get; set; }
    }
}
