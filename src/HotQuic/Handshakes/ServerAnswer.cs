using System.Net.Security;
using HotQuic.Connections;
using HotQuic.Errors;
using HotQuic.Options;
using HotQuic.Ports;

namespace HotQuic.Handshakes;

/// <summary>What a server answers a ClientHello with, or why it does not.</summary>
internal sealed record ServerAnswer
{
    public Failure? Failure { get; init; }

    public QuicServerConnectionOptions? Options { get; init; }

    public QuicServerConfiguration? Configuration { get; init; }
}

/// <summary>
/// Asks the application's callback for the options of one connection, on the thread pool. <see cref="Start"/>; the answer comes back as
/// <see cref="ConnectionMessageKind.Configure"/>. <see cref="Cancel"/> when the handshake is over without it, <see cref="Dispose"/> when it is over with it.
/// </summary>
internal sealed class ServerAnswerWork : IThreadPoolWorkItem, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly AwaitedConnection _application;
    private readonly QuicConnection _handle;
    private readonly AcceptQueueEntry _listener;
    private readonly string _serverName;

    public ServerAnswerWork(AwaitedConnection application, QuicConnection handle, AcceptQueueEntry listener, string serverName)
    {
        _application = application;
        _handle = handle;
        _listener = listener;
        _serverName = serverName;
    }

    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Tells the callback that nobody waits for it. It may run anything, so not on the caller's thread.</summary>
    public void Cancel() => ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), _cancellation, preferLocal: false);

    public void Dispose() => _cancellation.Dispose();

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        ServerAnswer answer;
        try
        {
            var hello = new SslClientHelloInfo(_serverName, System.Security.Authentication.SslProtocols.Tls13);
            QuicServerConnectionOptions options;
            try
            {
                options = await _listener.Options.ConnectionOptionsCallback(_handle, hello, _cancellation.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Post(new ServerAnswer { Failure = Failure.Callback(exception) });
                return;
            }

            OptionChecks.Check(options, nameof(options));
            answer = new ServerAnswer
            {
                Options = options,
                Configuration = QuicServerConfiguration.ForClientHello(options, _listener.Options.ApplicationProtocols, _serverName),
            };
        }
        catch (Exception exception) when (exception is ArgumentException or PlatformNotSupportedException)
        {
            answer = new ServerAnswer { Failure = Failure.Unusable(exception) };
        }
        catch (Exception exception)
        {
            answer = new ServerAnswer { Failure = Failure.Callback(exception) };
        }

        Post(answer);
    }

    private void Post(ServerAnswer answer) => _application.Post(ConnectionMessageKind.Configure, answer);
}
