using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Interop.Tests.Sides;

/// <summary>Puts <see cref="IHotQuicSide"/> on HotQuic's API, with options as an application would set them.</summary>
internal sealed class HotQuicSide : IHotQuicSide
{
    private const int MostStreams = 200;
    private const long NoError = 0;
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    public static HotQuicSide Instance { get; } = new();

    public async Task<IHotQuicServer> ListenAsync(SideOptions options, CancellationToken cancellationToken)
    {
        QuicServerConnectionOptions connectionOptions = new()
        {
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(options.Alpn)],
                ServerCertificate = TestFiles.Server,
                CipherSuitesPolicy = Policy(options),
            },
        };
        Configure(connectionOptions, options);
        QuicListener listener = await QuicListener.ListenAsync(
            new QuicListenerOptions
            {
                ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                ApplicationProtocols = [new SslApplicationProtocol(options.Alpn)],
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(connectionOptions),
                RetryMode = options.AlwaysRetry ? QuicRetryMode.Always : QuicRetryMode.Automatic,
            },
            cancellationToken);
        return new Server(listener);
    }

    public async Task<IHotQuicConnection> ConnectAsync(int port, SideOptions options, CancellationToken cancellationToken)
    {
        QuicClientConnectionOptions connectionOptions = new()
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, port),
            FirstVersion = options.FirstVersion ?? 0,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(options.Alpn)],
                TargetHost = "localhost",
                CipherSuitesPolicy = Policy(options),
                CertificateChainPolicy = options.TrustedRoot is { } root ? TrustOnly(root) : null,
            },
        };
        Configure(connectionOptions, options);
        try
        {
            return new Connection(await QuicConnection.ConnectAsync(connectionOptions, cancellationToken));
        }
        catch (QuicException exception)
        {
            throw new ConnectFailedException(exception.Message, exception)
            {
                TransportErrorCode = exception.TransportErrorCode,
                NoCommonVersion = exception.QuicError == QuicError.VersionNegotiationError,
            };
        }
        catch (AuthenticationException exception)
        {
            throw new ConnectFailedException(exception.Message, exception)
            {
                TransportErrorCode = (exception.InnerException as QuicException)?.TransportErrorCode,
                CertificateRefused = true,
            };
        }
    }

    private static void Configure(QuicConnectionOptions connectionOptions, SideOptions options)
    {
        connectionOptions.DefaultCloseErrorCode = NoError;
        connectionOptions.DefaultStreamErrorCode = NoError;
        connectionOptions.HandshakeTimeout = HandshakeTimeout;
        connectionOptions.MaxInboundBidirectionalStreams = MostStreams;
        connectionOptions.MaxInboundUnidirectionalStreams = MostStreams;
        connectionOptions.Transport.PacketsPerKey = options.PacketsPerKey;
        if (options.RequireSecp384R1)
        {
            connectionOptions.Transport.KeyExchangeGroups = [QuicKeyExchangeGroup.Secp384r1];
        }
    }

    private static CipherSuitesPolicy? Policy(SideOptions options)
    {
        return options.CipherSuite is { } cipherSuite && !OperatingSystem.IsWindows() ? new CipherSuitesPolicy([cipherSuite]) : null;
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2 root)
    {
        return new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { root },
            RevocationMode = X509RevocationMode.NoCheck,
        };
    }

    private sealed class Server(QuicListener listener) : IHotQuicServer
    {
        public int Port => listener.LocalEndPoint.Port;

        public async Task<IHotQuicConnection> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                try
                {
                    return new Connection(await listener.AcceptConnectionAsync(cancellationToken));
                }
                catch (AuthenticationException)
                {
                    // That handshake failed; the next one may not.
                }
                catch (QuicException exception) when (exception.QuicError != QuicError.OperationAborted)
                {
                    // So did this one.
                }
            }
        }

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }

    private sealed class Connection(QuicConnection connection) : IHotQuicConnection
    {
        public ConnectionFacts Facts
        {
            get
            {
                QuicConnectionStatistics statistics = connection.GetStatistics();
                return new ConnectionFacts
                {
                    Alpn = connection.NegotiatedApplicationProtocol.ToString(),
                    CipherSuite = connection.NegotiatedCipherSuite,
                    Retried = statistics.UsedRetry,
                    UsedSecp384R1 = statistics.KeyExchangeGroup == QuicKeyExchangeGroup.Secp384r1,
                    KeyUpdatesStartedHere = statistics.KeyUpdatesInitiated,
                    KeyUpdatesStartedByPeer = statistics.KeyUpdatesReceived,
                };
            }
        }

        public async Task<SideStream> OpenStreamAsync(StreamKind kind, CancellationToken cancellationToken)
        {
            QuicStreamType type = kind == StreamKind.Bidirectional ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional;
            return Wrap(await connection.OpenOutboundStreamAsync(type, cancellationToken));
        }

        public async Task<SideStream?> AcceptStreamAsync(CancellationToken cancellationToken)
        {
            try
            {
                return Wrap(await connection.AcceptInboundStreamAsync(cancellationToken));
            }
            catch (QuicException exception) when (IsEndByPeer(exception))
            {
                return null;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await connection.CloseAsync(NoError);
            await connection.DisposeAsync();
        }

        /// <summary>The peer closed, went silent, or answered with a stateless reset, which carries no code, since it has closed.</summary>
        private static bool IsEndByPeer(QuicException exception)
        {
            return exception.QuicError is QuicError.ConnectionAborted or QuicError.ConnectionIdle
                || exception is { QuicError: QuicError.TransportError, TransportErrorCode: null };
        }

        private static SideStream Wrap(QuicStream stream)
        {
            StreamKind kind = stream.Type == QuicStreamType.Bidirectional ? StreamKind.Bidirectional : StreamKind.Unidirectional;
            return new SideStream(stream, kind, stream.CompleteWrites);
        }
    }
}
