using HotQuic.Load.Harness.Agents;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Running;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness;

/// <summary>Is told what a <see cref="LoadRunner"/> does. Calls of several scenarios may come at the same time; they must not take long.</summary>
public interface ILoadObserver
{
    /// <summary>Connections are made, and the warm-up runs.</summary>
    void OnPreparing(LoadScenario scenario);

    /// <summary>What happened in an interval of a second or so.</summary>
    void OnInterval(LoadScenario scenario, IntervalReport interval);

    /// <summary>A machine of the farm was lost; the others go on, and the report counts as interrupted.</summary>
    void OnAgentLost(LoadScenario scenario, string agent, Exception reason);
}

/// <summary>
/// Runs scenarios, from this process or from a farm of agents: <see cref="RunAsync"/> prepares all of them, starts them together, and returns the
/// report. Each run has a runner of its own.
/// </summary>
public sealed class LoadRunner
{
    private readonly ILoadObserver? _observer;
    private readonly IReadOnlyList<LoadAgentAddress> _agents;

    /// <summary>Makes a runner.</summary>
    /// <param name="observer">Is told what happens; null: nobody is.</param>
    /// <param name="agents">The machines that make the load, each an equal share; none: this process does.</param>
    public LoadRunner(ILoadObserver? observer = null, IReadOnlyList<LoadAgentAddress>? agents = null)
    {
        _observer = observer;
        _agents = agents ?? [];
    }

    /// <summary>How long an agent at work may say nothing before it counts as lost.</summary>
    internal TimeSpan AgentPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For tests; see <see cref="RawContext.OnStamp"/>.</summary>
    internal Action<long>? OnStamp { get; init; }

    /// <summary>Runs scenarios, all at the same time. When cancelled, the report is of what ran.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before the load began.</exception>
    /// <exception cref="QuicException">A server or an agent cannot be reached.</exception>
    public async Task<LoadReport> RunAsync(IReadOnlyList<LoadScenario> scenarios, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(scenarios);
        if (scenarios.Count == 0)
        {
            throw new ArgumentException("Expected at least one scenario.", nameof(scenarios));
        }

        DateTimeOffset startedAt = DateTimeOffset.UtcNow;
        Task<Prepared>[] preparing = [.. scenarios.Select(scenario => PrepareAsync(scenario, cancellation))];
        try
        {
            Prepared[] prepared = await Task.WhenAll(preparing);
            ScenarioReport[] reports = await Task.WhenAll(prepared.Select(one => MeasureAsync(one, cancellation)));
            return new()
            {
                StartedAt = startedAt,
                Version = typeof(QuicConnection).Assembly.GetName().Version?.ToString(3) ?? string.Empty,
                Environment = PerfEnvironment.OfThisProcess(),
                Scenarios = reports,
            };
        }
        finally
        {
            foreach (Task<Prepared> one in preparing.Where(one => one.IsCompletedSuccessfully))
            {
                await Task.WhenAll((await one).Parts.Select(part => part.DisposeAsync().AsTask()));
            }
        }
    }

    private async Task<Prepared> PrepareAsync(LoadScenario scenario, CancellationToken cancellation)
    {
        _observer?.OnPreparing(scenario);
        if (_agents.Count == 0)
        {
            return new(scenario, [await LoadRun.PrepareAsync(scenario, PlanShare.Whole, OnStamp, cancellation)]);
        }

        Task<AgentRun>[] preparing =
            [.. _agents.Select((agent, index) => AgentRun.PrepareAsync(agent, scenario, new(index, _agents.Count), AgentPatience, cancellation))];
        try
        {
            return new(scenario, await Task.WhenAll(preparing));
        }
        catch
        {
            foreach (Task<AgentRun> ready in preparing.Where(one => one.IsCompletedSuccessfully))
            {
                await (await ready).DisposeAsync();
            }

            throw;
        }
    }

    private async Task<ScenarioReport> MeasureAsync(Prepared prepared, CancellationToken cancellation)
    {
        LoadScenario scenario = prepared.Scenario;
        Timeline timeline = new(scenario, prepared.Parts.Count, interval => _observer?.OnInterval(scenario, interval));
        bool[] ended = await Task.WhenAll(prepared.Parts.Select(part => MeasureAsync(part, scenario, timeline, cancellation)));
        return timeline.ToReport(interrupted: !ended.All(isWhole => isWhole));
    }

    private async Task<bool> MeasureAsync(ILoadPart part, LoadScenario scenario, Timeline timeline, CancellationToken cancellation)
    {
        int number = 0;
        try
        {
            return await part.MeasureAsync(counts => timeline.Add(number++, counts), cancellation);
        }
        catch (Exception e) when (part is AgentRun && (PeerFailures.IsOne(e) || e is InvalidDataException))
        {
            _observer?.OnAgentLost(scenario, part.Name, e);
            return false;
        }
        finally
        {
            timeline.Leave(number);
        }
    }

    private sealed record Prepared(LoadScenario Scenario, IReadOnlyList<ILoadPart> Parts);
}
