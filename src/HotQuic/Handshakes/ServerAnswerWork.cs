using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using HotQuic.Connections;
using HotQuic.Errors;
using HotQuic.Ports;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Handshakes;

/// <summary>
/// Asks the application's callback for the options of one connection, on the thread pool unless the listener completes inline, and carries what a server answers a ClientHello with.
/// On the shard: <see cref="Rent"/>, <see cref="Start"/>; <see cref="Cancel"/> where the handshake is over without the answer; and
/// <see cref="Return"/> when the answer has come (<see cref="ConnectionMessageKind.Configure"/>), which it always does unless the callback hangs.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source of the token has no timer, so nothing of it needs to be given back.")]
internal sealed class ServerAnswerWork : IThreadPoolWorkItem
{
    private const int MaxRetained = 1024;

    private static readonly DefaultObjectPool<ServerAnswerWork> Pool = new(new DefaultPooledObjectPolicy<ServerAnswerWork>(), MaxRetained);

    private CancellationTokenSource _cancellation = new();
    private CancellationToken _token;
    private QuicConnection? _handle;
    private AcceptQueueEntry? _listener;
    private string _serverName = "";

    /// <summary>Why there is no configuration; null where there is one.</summary>
    public Failure? Failure { get; private set; }

    /// <summary>What the callback gave.</summary>
    public QuicServerConnectionOptions? Options { get; private set; }

    /// <summary>What was made of it.</summary>
    public QuicServerConfiguration? Configuration { get; private set; }

    /// <summary>Takes one from the pool.</summary>
    /// <param name="handle">The connection that is asked about; kept alive while the callback runs.</param>
    /// <param name="listener">Whose callback is asked.</param>
    /// <param name="serverName">The name that the client asked for; empty where there is none.</param>
    public static ServerAnswerWork Rent(QuicConnection handle, AcceptQueueEntry listener, string serverName)
    {
        ServerAnswerWork work = Pool.Get();
        work._token = work._cancellation.Token;
        work._handle = handle;
        work._listener = listener;
        work._serverName = serverName;
        return work;
    }

    public void Start()
    {
        if (_listener!.CompletesInline)
        {
            _ = RunAsync(_token);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Tells the callback that nobody waits for it. It may run anything, so not on the caller's thread.</summary>
    public void Cancel()
    {
        CancellationTokenSource cancelled = _cancellation;

        // The next to be asked has a token of its own.
        _cancellation = new CancellationTokenSource();
        ThreadPool.UnsafeQueueUserWorkItem(CancelQuietly, cancelled, preferLocal: false);
    }

    /// <summary>The answer was taken. The token was the callback's while that ran: who registered with it since is forgotten.</summary>
    public void Return()
    {
        if (!_cancellation.TryReset())
        {
            _cancellation = new CancellationTokenSource();
        }

        _handle = null;
        _listener = null;
        _serverName = "";
        Failure = null;
        Options = null;
        Configuration = null;
        Pool.Return(this);
    }

    private static void CancelQuietly(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // What the application had the token call threw, when all was over: there is nobody to tell, and the process goes on.
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync(_token);

    private async Task RunAsync(CancellationToken token)
    {
        try
        {
            var hello = new SslClientHelloInfo(_serverName, SslProtocols.Tls13);
            try
            {
                Options = await _listener!.OptionsCallback(_handle!, hello, token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Failure = Failure.Callback(exception);
            }

            if (Failure is null)
            {
                Configuration = _listener!.Configurations.Get(Options!, _serverName);
            }
        }
        catch (Exception exception) when (exception is ArgumentException or PlatformNotSupportedException)
        {
            Failure = Failure.Unusable(exception);
        }
        catch (Exception exception)
        {
            Failure = Failure.Callback(exception);
        }

        _handle!.Post(ConnectionMessageKind.Configure, this);
    }
}
