using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace HotQuic.Http3.Handlers;

/// <summary>
/// The connections to one origin. <see cref="RentAsync"/> gives one that may take a request, with a place among the streams that its server allows
/// where there is one; <see cref="Sweep"/> closes what is not wanted any more.
/// </summary>
internal sealed class ConnectionPool(Http3Handler handler, Origin origin) : IDisposable
{
    /// <summary>Milliseconds after which a pool without connections that nobody asked is given up, with what was prepared to connect again.</summary>
    public const long Memory = 600_000;

    private readonly Lock _gate = new();
    private readonly List<Pooled> _connections = [];
    private readonly CancellationTokenSource _disposal = new();

    /// <summary>Kept for as long as the address stays the same, since it holds what connecting has prepared.</summary>
    private Http3ConnectionOptions? _options;
    private Task<Pooled>? _connecting;

    /// <summary>Ends when a connection may have a free place, for those who wait for a further one; null where nobody does.</summary>
    private TaskCompletionSource? _freed;
    private long _lastAsked = Environment.TickCount64;
    private bool _isForgotten;
    private bool _isDisposed;

    /// <summary>
    /// A connection that accepts requests, other than the one given; <see cref="Http3Connection.Credit"/> was taken. Null where the pool was
    /// forgotten: then another one is to be asked.
    /// </summary>
    public async ValueTask<Http3Connection?> RentAsync(Http3Connection? avoided, CancellationToken cancellationToken)
    {
        Pooled? made = null;
        while (true)
        {
            Task<Pooled> connecting;
            Task freed;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, handler);
                if (_isForgotten)
                {
                    return null;
                }

                _lastAsked = Environment.TickCount64;
                if (TryPick(avoided, made, mayConnect: true, out Http3Connection? picked))
                {
                    return picked;
                }

                connecting = _connecting ??= StartConnecting();
                freed = (_freed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            try
            {
                if (await Task.WhenAny(connecting, freed).WaitAsync(cancellationToken).ConfigureAwait(false) == freed)
                {
                    continue;
                }

                made = await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_disposal.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new ObjectDisposedException(typeof(Http3Handler).FullName);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (TryQueue(avoided, out Http3Connection? queued))
                {
                    return queued; // There can be no further connection, but there is one.
                }

                throw;
            }
        }
    }

    /// <summary>It gets no new requests; those that are under way end in peace.</summary>
    public void Retire(Http3Connection connection)
    {
        lock (_gate)
        {
            if (_connections.RemoveAll(pooled => pooled.Connection == connection) == 0)
            {
                return;
            }
        }

        _ = connection.CloseAsync().AsTask();
    }

    /// <summary>Lets go of what has ended, was idle for long enough, or is too old.</summary>
    /// <param name="now">The time, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    /// <returns>Whether the pool is forgotten from now on.</returns>
    public bool Sweep(long now)
    {
        List<Http3Connection> unwanted;
        lock (_gate)
        {
            unwanted = [.. _connections.Where(pooled => !IsWanted(pooled, now)).Select(pooled => pooled.Connection)];
        }

        unwanted.ForEach(Retire);
        lock (_gate)
        {
            _isForgotten = _connections.Count == 0 && _connecting is null && now - _lastAsked >= Memory;
            return _isForgotten;
        }
    }

    public void Dispose()
    {
        Pooled[] connections;
        lock (_gate)
        {
            _isDisposed = true;
            connections = [.. _connections];
            _connections.Clear();
        }

        _disposal.Cancel();
        foreach (Pooled pooled in connections)
        {
            _ = pooled.Connection.CloseAsync().AsTask();
        }
    }

    /// <summary>One that is there, whether it has a place or not.</summary>
    private bool TryQueue(Http3Connection? avoided, [NotNullWhen(true)] out Http3Connection? picked)
    {
        lock (_gate)
        {
            picked = null;
            return !_isDisposed && TryPick(avoided, made: null, mayConnect: false, out picked);
        }
    }

    /// <summary>
    /// The first with a free place. Where there is none: the one with the shortest queue, if there may be no more connections, and no other is
    /// being made. One that was made for this request serves it, however short connections live.
    /// </summary>
    private bool TryPick(Http3Connection? avoided, Pooled? made, bool mayConnect, [NotNullWhen(true)] out Http3Connection? picked)
    {
        _connections.RemoveAll(static pooled => !pooled.Connection.IsAcceptingRequests);
        Http3Connection? shortest = null;
        long now = Environment.TickCount64;
        foreach (Pooled pooled in _connections)
        {
            Http3Connection candidate = pooled.Connection;
            if (candidate == avoided || (pooled != made && (!candidate.IsFresh(now) || IsPast(pooled.Made, handler.PooledConnectionLifetime, now))))
            {
                continue;
            }

            if (candidate.Credit.TryTake())
            {
                picked = candidate;
                return true;
            }

            if (shortest is null || candidate.Credit.IsBetterThan(shortest.Credit))
            {
                shortest = candidate;
            }
        }

        // Who was not told yet how much he may send is not at his limit.
        mayConnect &= _connections.Count < handler.MaxConnectionsPerServer && shortest is not { Credit.IsTold: false };
        picked = mayConnect ? null : shortest;
        picked?.Credit.Take();
        return picked is not null;
    }

    private void OnFreed()
    {
        lock (_gate)
        {
            _freed?.TrySetResult();
            _freed = null;
        }
    }

    /// <summary>An attempt that all who wait for a connection share, and that goes on should each of them give up.</summary>
    private Task<Pooled> StartConnecting()
    {
        Task<Pooled> attempt = Task.Run(ConnectAsync, CancellationToken.None);
        attempt.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return attempt;
    }

    private async Task<Pooled> ConnectAsync()
    {
        try
        {
            handler.StartSweeping();
            EndPoint remote = handler.EndPointOf(origin);
            if (_options is null || !_options.RemoteEndPoint.Equals(remote))
            {
                _options = handler.OptionsFor(origin, remote);
            }

            Http3Connection connection = await Http3Connection.ConnectAsync(_options, _disposal.Token).ConfigureAwait(false);
            Pooled pooled = new(connection, Environment.TickCount64);
            if (handler.MaxConnectionsPerServer > 1)
            {
                connection.Credit.Freed = OnFreed;
            }

            bool isTooLate;
            lock (_gate)
            {
                _connecting = null;
                _freed = null;
                isTooLate = _isDisposed;
                if (!isTooLate)
                {
                    _connections.Add(pooled);
                }
            }

            if (isTooLate)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            return pooled;
        }
        catch
        {
            lock (_gate)
            {
                _connecting = null;
                _freed = null;
            }

            throw;
        }
    }

    private static bool IsPast(long since, TimeSpan limit, long now) => limit != Timeout.InfiniteTimeSpan && now - since >= limit.TotalMilliseconds;

    private bool IsWanted(Pooled pooled, long now)
    {
        Http3Connection connection = pooled.Connection;
        bool isIdle = connection.ActiveRequests == 0 && IsPast(connection.IdleSince, handler.PooledConnectionIdleTimeout, now);
        return connection.IsAcceptingRequests && connection.IsFresh(now) && !isIdle && !IsPast(pooled.Made, handler.PooledConnectionLifetime, now);
    }

    private sealed record Pooled(Http3Connection Connection, long Made);
}
