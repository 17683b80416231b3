using System.Net;
using System.Net.Security;
using HotQuic.Kestrel.Connections;
using HotQuic.Kestrel.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel.Listening;

/// <summary>
/// One endpoint: <see cref="StartAsync"/>, then <see cref="AcceptAsync"/> until it gives null, which it does after
/// <see cref="UnbindAsync"/> or <see cref="DisposeAsync"/>. Accepted connections live on. From any thread.
/// </summary>
internal sealed class HotQuicConnectionListener(TransportServices services, TlsConnectionCallbackOptions tls) : IMultiplexedConnectionListener
{
    private QuicListener? _listener;

    public EndPoint EndPoint { get; private set; } = null!;

    public async ValueTask StartAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var options = new QuicListenerOptions
        {
            ListenEndPoint = endPoint,
            ApplicationProtocols = tls.ApplicationProtocols!,
            ListenBacklog = services.Options.Backlog,
            RetryMode = services.Options.RetryMode,
            SharesPort = services.Options.SharesPort,
            IoMode = services.Options.IoMode,
            StatelessResetKey = services.Options.StatelessResetKey,
            ConnectionOptionsCallback = GetConnectionOptionsAsync,
        };
        _listener = await QuicListener.ListenAsync(options, cancellationToken).ConfigureAwait(false);
        EndPoint = _listener.LocalEndPoint;
        services.Log.Listening(EndPoint);
    }

    public async ValueTask<MultiplexedConnectionContext?> AcceptAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                QuicConnection connection = await _listener!.AcceptConnectionAsync(cancellationToken).ConfigureAwait(false);
                var context = (QuicConnectionContext)connection.State!;
                context.Begin();
                return context;
            }
            catch (ObjectDisposedException)
            {
                services.Log.ListenerStopped(EndPoint);
                return null;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (ArgumentException exception)
            {
                // The client has no part in that, and the next is not likely to fare better.
                services.Log.OptionsUnusable(exception);
            }
            catch (Exception exception)
            {
                // One handshake has failed, which says nothing about the next.
                services.Log.AcceptFailed(exception);
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => DisposeAsync();

    public ValueTask DisposeAsync() => _listener?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<QuicServerConnectionOptions> GetConnectionOptionsAsync(
        QuicConnection connection, SslClientHelloInfo hello, CancellationToken cancellationToken)
    {
        var context = new QuicConnectionContext(connection, services);
        connection.State = context;
        var question = new TlsConnectionCallbackContext { ClientHelloInfo = hello, State = tls.OnConnectionState, Connection = context };
        SslServerAuthenticationOptions answer = await tls.OnConnection(question, cancellationToken).ConfigureAwait(false);
        if (answer is { ServerCertificate: null, ServerCertificateContext: null, ServerCertificateSelectionCallback: null })
        {
            services.Log.CertificateMissing(hello.ServerName);
            throw new InvalidOperationException($"No certificate for the server name '{hello.ServerName}'.");
        }

        return services.Options.ToConnectionOptions(IsForTcp(answer) ? TlsOptions.WithProtocols(answer, tls.ApplicationProtocols!) : answer);
    }

    /// <summary>
    /// Where the configuration has certificates for names, Kestrel gives the options that it made for TCP, with the protocols of that. None of
    /// the endpoint's is among them, so that nobody could connect.
    /// </summary>
    private bool IsForTcp(SslServerAuthenticationOptions answer) =>
        answer.ApplicationProtocols is { Count: > 0 } named && !named.Exists(tls.ApplicationProtocols!.Contains);
}
