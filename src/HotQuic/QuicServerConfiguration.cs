using System.Collections.Immutable;
using System.Net.Security;
using HotQuic.Certificates;
using HotQuic.Core.Connections;
using HotQuic.Core.Tls;
using HotQuic.Options;

namespace HotQuic;

/// <summary>
/// What a server is for its connections: certificate, protocols, limits, timeouts. <see cref="Create"/> checks and prepares the options
/// once; the result never changes and serves any number of connections, on any thread.
/// </summary>
public sealed class QuicServerConfiguration
{
    private readonly TlsServerConfiguration _tls;
    private readonly bool _takesListenersProtocols;
    private TlsServerConfiguration? _forListener;

    private QuicServerConfiguration(QuicServerConnectionOptions options, TlsServerConfiguration tls, bool takesListenersProtocols)
    {
        _tls = tls;
        _takesListenersProtocols = takesListenersProtocols;
        Settings = ConnectionSettingsMapping.ToSettings(options);
        Verifier = TlsConfigurations.VerifierForServer(options.ServerAuthenticationOptions, nameof(options));
        DefaultStreamErrorCode = options.DefaultStreamErrorCode;
        DefaultCloseErrorCode = options.DefaultCloseErrorCode;
    }

    internal ConnectionSettings Settings { get; }

    /// <summary>Who judges clients' certificates; null where none is asked for.</summary>
    internal CertificateVerifier? Verifier { get; }

    internal long DefaultStreamErrorCode { get; }

    internal long DefaultCloseErrorCode { get; }

    /// <summary>Checks the options and prepares what is dear, such as the certificate's chain. Later changes of the options have no effect.</summary>
    /// <param name="options">
    /// The options. Application protocols that they name narrow those of the listener (RFC 7301); without any, the listener's are used.
    /// <see cref="QuicConnectionOptions.StreamCapacityCallback"/> is not used: <see cref="QuicConnectionHandler.OnStreamsAvailable"/> tells; nor
    /// is <see cref="QuicConnectionOptions.HoldsEmptyStreamsBack"/>: a handler is told of every stream.
    /// </param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException">
    /// No certificate is given, or one that cannot serve, or a selection callback in its place: choose among configurations instead.
    /// </exception>
    public static QuicServerConfiguration Create(QuicServerConnectionOptions options)
    {
        OptionChecks.Check(options, nameof(options));
        SslServerAuthenticationOptions tls = options.ServerAuthenticationOptions;
        if (tls.ServerCertificateContext is null && tls.ServerCertificate is null)
        {
            throw new ArgumentException(
                "Expected ServerCertificateContext or ServerCertificate: a configuration is one certificate, and serves any name.", nameof(options));
        }

        bool hasProtocols = tls.ApplicationProtocols is { Count: > 0 };
        return new QuicServerConfiguration(
            options,
            TlsConfigurations.ForServer(
                options,
                hasProtocols ? tls.ApplicationProtocols! : AnyProtocol,
                TlsConfigurations.ServerCredentialFor(tls, serverName: "", nameof(options))),
            !hasProtocols);
    }

    /// <summary>Prepares checked options for connections of one listener; see <see cref="ServerConfigurations"/>.</summary>
    internal static QuicServerConfiguration ForClientHello(
        QuicServerConnectionOptions options, List<SslApplicationProtocol> protocols, TlsCredential credential) =>
        new(options, TlsConfigurations.ForServer(options, protocols, credential), takesListenersProtocols: false);

    /// <summary>The handshake's side, for connections of a listener.</summary>
    /// <param name="listenerProtocols">The listener's protocols, the preferred first: the same array each time costs nothing.</param>
    internal TlsServerConfiguration TlsFor(ImmutableArray<ReadOnlyMemory<byte>> listenerProtocols)
    {
        if (!_takesListenersProtocols)
        {
            return _tls;
        }

        TlsServerConfiguration? prepared = Volatile.Read(ref _forListener);
        if (prepared is null || prepared.ApplicationProtocols != listenerProtocols)
        {
            prepared = _tls with { ApplicationProtocols = listenerProtocols };
            Volatile.Write(ref _forListener, prepared);
        }

        return prepared;
    }

    /// <summary>Stands in for the protocols until the listener is known.</summary>
    private static List<SslApplicationProtocol> AnyProtocol { get; } = [new SslApplicationProtocol("any")];
}
