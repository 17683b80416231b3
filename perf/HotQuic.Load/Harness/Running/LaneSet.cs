using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// All lanes of a scenario and the thread that wakes them: <see cref="CreateAsync"/> makes the connections, <see cref="Begin"/> each phase,
/// then dispose.
/// </summary>
internal sealed class LaneSet : IAsyncDisposable
{
    private const int ConnectsAtOnce = 32;
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(3);

    private readonly LoadScenario _scenario;
    private readonly PlanShare _share;
    private readonly ILoadLane[] _lanes;
    private readonly Pacer _pacer;

    private LaneSet(LoadScenario scenario, PlanShare share, ILoadLane[] lanes, Pacer pacer, TransportLedger ledger)
    {
        _scenario = scenario;
        _share = share;
        _lanes = lanes;
        _pacer = pacer;
        Transport = ledger;
    }

    /// <summary>What the connections tell of themselves.</summary>
    public TransportLedger Transport { get; }

    /// <summary>Makes the lanes and their connections.</summary>
    /// <param name="scenario">What to do.</param>
    /// <param name="share">This machine's part of it.</param>
    /// <param name="onStamp">For tests; see <see cref="RawContext.OnStamp"/>.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static async Task<LaneSet> CreateAsync(
        LoadScenario scenario, PlanShare share, Action<long>? onStamp, CancellationToken cancellation)
    {
        LaneSet set = await MakeAsync(scenario, share, onStamp, cancellation);
        try
        {
            using SemaphoreSlim slots = new(ConnectsAtOnce);
            await Task.WhenAll(set._lanes.Select(lane => ConnectAsync(lane, slots, cancellation)));
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins a phase on all lanes.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="start">When it begins, as a timestamp.</param>
    public LoadPhase Begin(LoadPlan plan, long start)
    {
        LoadPhase phase = new(plan, new(_scenario.Steps.Count, _lanes.Length), start, _scenario.Timeout, _lanes.Length);
        for (int lane = 0; lane < _lanes.Length; lane++)
        {
            int outstanding = Math.Max(1, (int)new PlanShare(lane, _lanes.Length).Of(_scenario.Outstanding));
            _lanes[lane].Begin(new(phase, _share.Part(lane, _lanes.Length), outstanding, lane));
        }

        return phase;
    }

    /// <summary>Stops the thread and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _pacer.Dispose();
        await Task.WhenAny(Task.WhenAll(_lanes.Select(lane => lane.CloseAsync())), Task.Delay(ClosingPatience));
    }

    private static async Task<LaneSet> MakeAsync(
        LoadScenario scenario, PlanShare share, Action<long>? onStamp, CancellationToken cancellation)
    {
        if (scenario.Target.Protocol == LoadProtocol.Http3)
        {
            HttpContext http = await HttpContext.CreateAsync(scenario, cancellation);
            int count = scenario.ConnectsEachIteration ? 1 : scenario.Connections;
            HttpLane[] httpLanes = [.. Enumerable.Range(0, count).Select(_ => new HttpLane(http))];
            return new(scenario, share, httpLanes, new Pacer(httpLanes), http.Ledger);
        }

        RawContext context = await RawContext.CreateAsync(scenario, cancellation) with { OnStamp = onStamp };
        if (scenario.ConnectsEachIteration)
        {
            SessionLane session = new(context);
            return new(scenario, share, [session], new Pacer([session]), context.Ledger);
        }

        ShardGroups groups = new();
        ILoadLane[] lanes = [.. Enumerable.Range(0, scenario.Connections).Select(_ => new SharedLane(context, groups))];
        return new(scenario, share, lanes, new Pacer([groups]), context.Ledger);
    }

    private static async Task ConnectAsync(ILoadLane lane, SemaphoreSlim slots, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation);
        try
        {
            await lane.ConnectAsync(cancellation);
        }
        finally
        {
            slots.Release();
        }
    }
}
