using System.Net;
using System.Net.Security;
using HotQuic.Certificates;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Paths;
using HotQuic.Core.Tls;
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
    private const int IPv4Length = 4;

    private static readonly PathAddress AnyIPv4 = PathAddress.From(new IPEndPoint(IPAddress.Any, 0));

    private CertificateVerifier? _verifier;
    private PeerCertificate? _remoteCertificate;
    private Exception? _cause;
    private bool _isHandshakeOver;
    private ListenerEntry? _listener;

    /// <summary>Starts a client's connection.</summary>
    /// <param name="attempt">What to connect with.</param>
    /// <param name="remote">Where to.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There is no socket to send from.</exception>
    public void StartClient(ClientAttempt attempt, IPEndPoint remote)
    {
        ShardSocket socket = attempt.OpenSocket(Shard, remote);
        _verifier = attempt.Verifier;
        DefaultStreamErrorCode = attempt.DefaultStreamErrorCode;
        DefaultCloseErrorCode = attempt.DefaultCloseErrorCode;
        Attach(Connect(attempt, remote, socket), socket);
        Shard.AddConnection(this);
        Touch();
    }

    /// <summary>The answer to the ClientHello: what the server is for this connection.</summary>
    public void ProvideConfiguration(QuicServerConfiguration configuration)
    {
        DefaultStreamErrorCode = configuration.DefaultStreamErrorCode;
        DefaultCloseErrorCode = configuration.DefaultCloseErrorCode;
        _verifier = configuration.Verifier;
        Core.ProvideConfiguration(configuration.TlsFor(ListenerProtocols), Shard.Now, configuration.Settings);
    }

    /// <summary>Gives the handshake up: the peer is told user_canceled. Where a shard was to start it and found this one's mailbox full, it may not have begun.</summary>
    public void CancelHandshake() =>
        Core?.CloseByTransport(TransportError.FromAlert(TlsAlert.UserCanceled, "The handshake was given up."), Shard.Now);

    private Connection Connect(ClientAttempt attempt, IPEndPoint remote, ShardSocket socket)
    {
        try
        {
            return Shard.Endpoint.Connect(
                new ClientStart
                {
                    Settings = attempt.Settings,
                    At = Shard.Now,
                    Remote = PathAddress.From(remote),
                    Local = default,
                    Version = attempt.Version,
                },
                attempt.Configuration);
        }
        catch when (socket.IsOwned)
        {
            // It was opened for this connection, which does not come to be and so never leaves it.
            Shard.RemoveSocket(socket);
            throw;
        }
    }

    private void AskForConfiguration()
    {
        Socket.Port!.OnClientHello(this, ((TlsServerHandshake)Core.Handshake.Tls).ClientHello);
    }

    /// <summary>A listener was found for the ClientHello, and has a place for it.</summary>
    public void OnListenerChosen(ListenerEntry listener) => _listener = listener;

    /// <summary>No listener takes the connection.</summary>
    public void Refuse(TransportError error)
    {
        Shard.Endpoint.Statistics.ConnectionsRefused++;
        Core.CloseByTransport(error, Shard.Now);
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
        CertificateVerdictRequest request = Core.Handshake.Tls.VerdictRequest;
        var proof = new PeerCertificateProof
        {
            Chain = request.Chain,
            Scheme = request.Scheme,
            Signature = request.Signature,
            SignedContent = request.SignedContent,
            PeerRole = request.PeerRole,
            TargetHost = request.ServerName,
            Sender = Application?.Sender ?? this,
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
        Core.ProvideCertificateVerdict(
            verdict.Accepted ? CertificateVerdict.Accepted : CertificateVerdict.Rejected(verdict.Alert, verdict.Reason), Shard.Now);
    }

    /// <summary>The connection is the application's from now on.</summary>
    private void OnHandshakeCompleted()
    {
        OnHandshakeOver(isComplete: true);
        OfferToken();
        Application!.OnConnected();
    }

    private void OnHandshakeOver(bool isComplete)
    {
        if (!_isHandshakeOver)
        {
            _isHandshakeOver = true;
            Socket?.Port?.OnHandshakeOver();
            _listener?.OnHandshakeOver(this, isComplete);
        }
    }

    /// <summary>The client's address is proved: for its next connection it need not prove it again (RFC 9000 §8.1.3).</summary>
    private void OfferToken()
    {
        if (_listener is { Settings.OffersTokens: true })
        {
            Span<byte> token = stackalloc byte[TokenProtector.MaxLength];
            Core.OfferToken(token[..Shard.Endpoint.WriteNewToken(token, Core.Path.Remote, Shard.Now)]);
        }
    }

    /// <summary>What is known of the connection by now, and agreed on. Not once it is drained.</summary>
    public ConnectionFacts ReadFacts()
    {
        HandshakeFacts agreed = Core.Handshake.Facts;
        Agreement agreement = Shard.Agreements.Get(
            LocalAddress(), agreed.ApplicationProtocol.Span, (TlsCipherSuite)(ushort)(agreed.Suite ?? 0), agreed.ServerName ?? "");
        return new ConnectionFacts(agreement, Core.Path.Remote, _remoteCertificate);
    }

    /// <summary>The address that packets come to, with the port of the socket.</summary>
    private PathAddress LocalAddress()
    {
        var bound = PathAddress.From(Socket.Udp.LocalEndPoint);
        if (_local.Family == PathAddressFamily.None || _local.HasSameAddress(AnyIPv4))
        {
            return bound;
        }

        Span<byte> address = stackalloc byte[PathAddress.AddressLength];
        _local.WriteBytes(address);
        return _local.Family == PathAddressFamily.IPv4
            ? PathAddress.FromIPv4(address[^IPv4Length..], bound.Port)
            : PathAddress.FromIPv6(address, bound.Port, _local.ScopeId);
    }

    private void ForgetHandshake()
    {
        _verifier = null;
        _remoteCertificate = null;
        _cause = null;
        _isHandshakeOver = false;
        _listener = null;
    }
}
