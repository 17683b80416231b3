using System.Diagnostics;
using HotQuic.Http3;
using HotQuic.Load.Harness.Scheduling;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// A lane whose iterations are awaited: over one connection of HTTP/3 that they share, or one each. The pacer's thread begins them, or
/// the thread that drives the connection where an earlier one has ended.
/// </summary>
internal sealed class HttpLane(HttpContext context) : PulsedLane
{
    private const int MostAtOnce = 128;
    private const string NotConnected = "not connected";
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>The lane that this thread begins iterations of, which goes on with the next when one has ended at once.</summary>
    [ThreadStatic]
    private static HttpLane? _beginning;

    private readonly Lock _gate = new();
    private readonly List<HttpIteration> _active = [];
    private readonly Stack<HttpIteration> _spare = [];
    private volatile Http3Connection? _connection;
    private volatile bool _isClosing;
    private QuicConnectionStatistics _statistics;

    public override async Task ConnectAsync(CancellationToken cancellation)
    {
        if (!context.Scenario.ConnectsEachIteration)
        {
            await MakeConnectionAsync(cancellation);
        }
    }

    public override async Task CloseAsync()
    {
        _isClosing = true;
        Array.ForEach(Active(), iteration => iteration.Cancel());
        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>An iteration has ended.</summary>
    public void OnEnded(HttpIteration iteration)
    {
        LaneSchedule schedule = iteration.Schedule;
        IterationStart start = iteration.Start;
        lock (_gate)
        {
            HttpIteration last = _active[^1];
            _active[iteration.ActiveIndex] = last;
            last.ActiveIndex = iteration.ActiveIndex;
            _active.RemoveAt(_active.Count - 1);
            _spare.Push(iteration);
        }

        schedule.OnEnded(start);
        BeginDue(schedule, Stopwatch.GetTimestamp());
    }

    protected override void BeginDue(LaneSchedule schedule, long now)
    {
        if (_beginning == this)
        {
            return;
        }

        Http3Connection? shared = _connection;
        if (!context.Scenario.ConnectsEachIteration && shared is not { IsAcceptingRequests: true })
        {
            schedule.FailDue(now, NotConnected);
            return;
        }

        HttpLane? before = _beginning;
        _beginning = this;
        int left = MostAtOnce;
        while (left-- > 0
            && (shared is null || shared.AvailableRequests > 0 || now >= schedule.Phase.LastStart)
            && schedule.TryTake(now, out IterationStart start))
        {
            _ = Take().RunAsync(schedule, start, shared);
        }

        _beginning = before;
    }

    protected override void Check(long now)
    {
        Array.ForEach(Active(), iteration => iteration.CancelIfLate(now));
        ReadStatistics();
    }

    private void ReadStatistics()
    {
        try
        {
            if (_connection is { } connection)
            {
                context.Ledger.Read(connection.Transport.GetStatistics(), ref _statistics);
            }
        }
        catch (ObjectDisposedException)
        {
            // The connection has just ended, which this thread cannot know before.
        }
    }

    private HttpIteration Take()
    {
        lock (_gate)
        {
            HttpIteration iteration = _spare.TryPop(out HttpIteration? spare) ? spare : new(context, this);
            iteration.ActiveIndex = _active.Count;
            _active.Add(iteration);
            return iteration;
        }
    }

    private HttpIteration[] Active()
    {
        lock (_gate)
        {
            return [.. _active];
        }
    }

    private async Task MakeConnectionAsync(CancellationToken cancellation)
    {
        Http3Connection connection = await context.ConnectAsync(cancellation);
        _statistics = default;
        _connection = connection;
        _ = MakeAgainWhenClosedAsync(connection);
    }

    private async Task MakeAgainWhenClosedAsync(Http3Connection connection)
    {
        await connection.Closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        _connection = null;
        await connection.DisposeAsync();
        while (!_isClosing && _connection is null)
        {
            try
            {
                await Task.Delay(ReconnectDelay);
                await MakeConnectionAsync(CancellationToken.None);
            }
            catch (Exception e) when (PeerFailures.IsOne(e) || e is IOException or System.Net.Sockets.SocketException)
            {
                // What is due fails meanwhile, which is where it is seen.
            }
        }
    }
}
