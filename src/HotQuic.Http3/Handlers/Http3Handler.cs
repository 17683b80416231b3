using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using HotQuic.Http3.Handlers;

namespace HotQuic.Http3;

/// <summary>
/// Sends an <see cref="HttpClient"/>'s requests over HTTP/3 on HotQuic: <c>new HttpClient(new Http3Handler()) { DefaultRequestVersion =
/// HttpVersion.Version30 }</c>. It keeps connections to each authority, and sends a request again, once, where the server certainly did
/// nothing with it. All members may be called from any thread; settings are read with the first request, and then stay. Once it was disposed
/// of, it takes no more requests, and closes each connection, with GOAWAY, when the last response on it was read or disposed of.
/// </summary>
/// <remarks>
/// It speaks HTTP/3 only, to https URIs, with no proxy: a request that asks for another version is refused. Redirects, cookies, credentials and
/// decompression are not its business: a DelegatingHandler around it may do them.
/// </remarks>
public sealed class Http3Handler : HttpMessageHandler
{
    private readonly ConcurrentDictionary<Origin, ConnectionPool> _pools = new();
    private readonly Lock _gate = new();
    private ITimer? _sweeper;
    private volatile bool _isStarted;
    private volatile bool _isDisposed;

    /// <summary>
    /// The TLS side of all connections: how certificates are judged, client certificates. The name that a certificate has to prove is the request's
    /// host, unless TargetHost is set. Null for the defaults.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public SslClientAuthenticationOptions? SslOptions
    {
        get;
        set => field = Unstarted(value);
    }

    /// <summary>
    /// What else connections are made with: transport, windows, idle timeout, QPACK. Its RemoteEndPoint and ClientAuthenticationOptions are not
    /// looked at. Null for the defaults.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public Http3ConnectionOptions? ConnectionOptions
    {
        get;
        set => field = Unstarted(value);
    }

    /// <summary>
    /// Where to connect for a host and port, asked before each connection, on a thread of the pool. Null, the default, or where it gives null: there, by
    /// its addresses in turn.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public Func<DnsEndPoint, EndPoint>? EndPointCallback
    {
        get;
        set => field = Unstarted(value);
    }

    /// <summary>
    /// How many connections there may be to one authority: at least 1, the default. Another one is made only where the server lets no more requests
    /// run side by side on those there are (RFC 9000 §4.6); at the limit, requests wait.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public int MaxConnectionsPerServer
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = Unstarted(value);
        }
    }

        = 1;

    /// <summary>How long a connection is kept without a request: 0 or above, 1 minute by default, or infinite. The transport's idle timeout may end it earlier.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public TimeSpan PooledConnectionIdleTimeout
    {
        get;
        set => field = Unstarted(Checked(value));
    }

        = TimeSpan.FromMinutes(1);

    /// <summary>How long a connection is given new requests: 0 or above, or infinite, the default. Those that are under way end in peace.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public TimeSpan PooledConnectionLifetime
    {
        get;
        set => field = Unstarted(Checked(value));
    }

        = Timeout.InfiniteTimeSpan;

    /// <summary>How long a request with Expect: 100-continue waits for the server's word before it sends its content: 0 or above, 1 s by default, or infinite.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    /// <exception cref="InvalidOperationException">Set: a request was sent.</exception>
    public TimeSpan Expect100ContinueTimeout
    {
        get;
        set => field = Unstarted(Checked(value));
    }

        = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Origin origin = RequestTranslation.OriginOf(request);
        _isStarted = true;
        Http3Connection? avoided = null;
        while (true)
        {
            ConnectionPool pool = PoolOf(origin);
            RequestExchange exchange = new(request, Expect100ContinueTimeout);
            Http3Connection? connection = null;
            try
            {
                connection = await pool.RentAsync(avoided, cancellationToken).ConfigureAwait(false);
                if (connection is null)
                {
                    Forget(origin, pool);
                    continue;
                }

                return await exchange.SendAsync(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (Http3Exception e) when (e.IsRetrySafe && avoided is null && connection is not null && exchange.CanBeRepeated)
            {
                // RFC 9114 §4.1.1, §5.2: as if it had never been sent.
                avoided = connection;
                pool.Retire(connection);
            }
            catch (Exception e) when (HttpFailures.Translate(e) is { } translated)
            {
                throw translated;
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            lock (_gate)
            {
                _sweeper?.Dispose();
            }

            foreach (ConnectionPool pool in _pools.Values)
            {
                pool.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>Where the next connection goes.</summary>
    internal EndPoint EndPointOf(Origin origin) =>
        EndPointCallback?.Invoke(new DnsEndPoint(origin.Host, origin.Port))
        ?? (IPAddress.TryParse(origin.Host, out IPAddress? address) ? new IPEndPoint(address, origin.Port) : new DnsEndPoint(origin.Host, origin.Port));

    internal Http3ConnectionOptions OptionsFor(Origin origin, EndPoint remote)
    {
        Http3ConnectionOptions basis = ConnectionOptions ?? new Http3ConnectionOptions { RemoteEndPoint = remote };
        return basis.For(remote, SslOptions, origin.Host);
    }

    /// <summary>How many authorities it keeps connections to, or what was prepared to connect to them.</summary>
    internal int Authorities => _pools.Count;

    /// <summary>Lets go of connections that are not wanted any more, and of authorities that nobody asked for a long time.</summary>
    /// <param name="now">The time, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    internal void Sweep(long now)
    {
        foreach ((Origin origin, ConnectionPool pool) in _pools)
        {
            if (pool.Sweep(now))
            {
                Forget(origin, pool);
            }
        }
    }

    /// <summary>There will be a connection: from now on, somebody looks whether it is still wanted.</summary>
    internal void StartSweeping()
    {
        lock (_gate)
        {
            if (_sweeper is null && !_isDisposed)
            {
                TimeSpan shortest = Shorter(PooledConnectionIdleTimeout, PooledConnectionLifetime);
                if (shortest != Timeout.InfiniteTimeSpan)
                {
                    TimeSpan interval = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 100, 30_000));
                    _sweeper = TimeProvider.System.CreateTimer(Sweep, new WeakReference<Http3Handler>(this), interval, interval);
                }
            }
        }
    }

    /// <summary>A handler that nobody can reach any more is not kept by its timer.</summary>
    private static void Sweep(object? state)
    {
        if (((WeakReference<Http3Handler>)state!).TryGetTarget(out Http3Handler? handler))
        {
            handler.Sweep(Environment.TickCount64);
        }
    }

    private ConnectionPool PoolOf(Origin origin)
    {
        ConnectionPool pool = _pools.GetOrAdd(origin, static (origin, handler) => new ConnectionPool(handler, origin), this);
        if (_isDisposed)
        {
            pool.Dispose(); // The disposal that came between may not have seen it.
        }

        return pool;
    }

    private void Forget(Origin origin, ConnectionPool pool) => _pools.TryRemove(KeyValuePair.Create(origin, pool));

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan ? other : other == Timeout.InfiniteTimeSpan || one < other ? one : other;

    private static TimeSpan Checked(TimeSpan value) => value >= TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "Expected zero or more, or infinite.");

    private T Unstarted<T>(T value)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _isStarted ? throw new InvalidOperationException("Settings cannot be changed once a request was sent.") : value;
    }
}
