namespace HotQuic.Load.Harness.Model;

/// <summary>
/// A load and what it is made of, in NBomber's words: <see cref="Create"/> with a target and steps, then the <c>With…</c> methods, each of
/// which returns a new scenario and says at once what is wrong. It never changes.
/// <code>
/// LoadScenario.Create("checkout", LoadTarget.Parse("quic://127.0.0.1:4433"), LoadStep.Request("ask", 64))
///     .WithWarmUpDuration(TimeSpan.FromSeconds(2))
///     .WithLoadSimulations(LoadSimulation.Inject(1000, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)))
///     .WithThresholds("p99 &lt; 5ms", "failed &lt; 0.1%")
/// </code>
/// </summary>
public sealed record LoadScenario
{
    /// <summary>The most connections that a scenario's iterations share.</summary>
    public const int MostConnections = 100_000;

    /// <summary>The most iterations that may be under way at once.</summary>
    public const int MostOutstanding = 1_000_000;

    private const int LongestName = 60;
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    private LoadScenario(string name, LoadTarget target, IReadOnlyList<LoadStep> steps)
    {
        Name = name;
        Target = target;
        Steps = steps;
    }

    /// <summary>Its name in reports.</summary>
    public string Name { get; }

    /// <summary>Where it goes.</summary>
    public LoadTarget Target { get; private init; }

    /// <summary>What an iteration does, one after the other. An iteration ends with the first step that fails.</summary>
    public IReadOnlyList<LoadStep> Steps { get; }

    /// <summary>
    /// How long the load of the first simulation that is no pause (a ramp: at half of its end) runs before anything counts. Default: 1 s.
    /// </summary>
    public TimeSpan WarmUp { get; private init; } = TimeSpan.FromSeconds(1);

    /// <summary>The load over time. Default: one copy for 10 s.</summary>
    public IReadOnlyList<LoadSimulation> Simulations { get; private init; } = [LoadSimulation.KeepConstant(1, TimeSpan.FromSeconds(10))];

    /// <summary>What must hold for the run to succeed.</summary>
    public IReadOnlyList<LoadThreshold> Thresholds { get; private init; } = [];

    /// <summary>Connections that the iterations share, evenly; without effect where each makes its own. Default: 1.</summary>
    public int Connections { get; private init; } = 1;

    /// <summary>
    /// The most iterations under way at once: beyond it, in the open model, iterations begin late, which their latency includes. Default: 10,000.
    /// </summary>
    public int Outstanding { get; private init; } = 10_000;

    /// <summary>How long a step, or the wait of an iteration for its beginning, may take before it has failed. Default: 10 s.</summary>
    public TimeSpan Timeout { get; private init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long all simulations last together.</summary>
    public TimeSpan Duration => new(Simulations.Sum(simulation => simulation.During.Ticks));

    /// <summary>Whether each iteration makes a connection of its own.</summary>
    public bool ConnectsEachIteration => Steps[0] is ConnectStep;

    /// <summary>A scenario with one copy that does the steps for 10 s.</summary>
    /// <exception cref="ArgumentException">Name, target and steps do not fit together; the message says why.</exception>
    public static LoadScenario Create(string name, LoadTarget target, params IReadOnlyList<LoadStep> steps)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(steps);
        if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl))
        {
            throw new ArgumentException($"Expected a name of 1 to {LongestName} printable characters, not '{name}'.", nameof(name));
        }

        return FaultOf(target, steps) is { } fault ? throw new ArgumentException(fault, nameof(steps)) : new(name, target, [.. steps]);
    }

    /// <summary>The same with another warm-up; zero for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or longer than an hour.</exception>
    public LoadScenario WithWarmUpDuration(TimeSpan warmUp) => warmUp >= TimeSpan.Zero && warmUp <= LongestWarmUp
        ? this with { WarmUp = warmUp }
        : throw new ArgumentOutOfRangeException(nameof(warmUp), warmUp, "Expected 0 to an hour.");

    /// <summary>The same with another load.</summary>
    /// <exception cref="ArgumentException">There is none, or nothing would ever begin.</exception>
    public LoadScenario WithLoadSimulations(params IReadOnlyList<LoadSimulation> simulations)
    {
        ArgumentNullException.ThrowIfNull(simulations);
        return simulations.Any(simulation => simulation.Level > 0)
            ? this with { Simulations = [.. simulations] }
            : throw new ArgumentException("Expected at least one simulation with copies or a rate above 0.", nameof(simulations));
    }

    /// <summary>The same with conditions, each as <see cref="LoadThreshold.Parse"/> takes it.</summary>
    /// <exception cref="FormatException">One is no condition.</exception>
    /// <exception cref="ArgumentException">One is about a step that there is not.</exception>
    public LoadScenario WithThresholds(params IReadOnlyList<string> thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        LoadThreshold[] parsed = [.. thresholds.Select(LoadThreshold.Parse)];
        LoadThreshold? unknown = Array.Find(parsed, threshold => threshold.Step is { } step && Steps.All(known => known.Name != step));
        return unknown is null
            ? this with { Thresholds = parsed }
            : throw new ArgumentException(
                $"Expected one of the steps {string.Join(", ", Steps.Select(step => $"'{step.Name}'"))} in '{unknown}'.", nameof(thresholds));
    }

    /// <summary>The same over so many connections.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are none or too many.</exception>
    public LoadScenario WithConnections(int connections) => connections is >= 1 and <= MostConnections
        ? this with { Connections = connections }
        : throw new ArgumentOutOfRangeException(nameof(connections), connections, $"Expected 1 to {MostConnections:N0} connections.");

    /// <summary>The same with another bound on what is under way at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public LoadScenario WithOutstanding(int outstanding) => outstanding is >= 1 and <= MostOutstanding
        ? this with { Outstanding = outstanding }
        : throw new ArgumentOutOfRangeException(nameof(outstanding), outstanding, $"Expected 1 to {MostOutstanding:N0} iterations.");

    /// <summary>The same with another patience for a step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0 or longer than an hour.</exception>
    public LoadScenario WithTimeout(TimeSpan timeout) => timeout > TimeSpan.Zero && timeout <= LongestTimeout
        ? this with { Timeout = timeout }
        : throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "Expected a duration above 0, up to an hour.");

    /// <summary>The same scenario against another target of the same protocol.</summary>
    /// <exception cref="ArgumentException">The steps cannot be done there.</exception>
    public LoadScenario WithTarget(LoadTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return FaultOf(target, Steps) is { } fault ? throw new ArgumentException(fault, nameof(target)) : this with { Target = target };
    }

    private static string? FaultOf(LoadTarget target, IReadOnlyList<LoadStep> steps)
    {
        if (steps.Count == 0)
        {
            return "Expected at least one step.";
        }

        if (steps.Select(step => step.Name).Distinct().Count() < steps.Count)
        {
            return "Expected each step to have a name of its own.";
        }

        if (steps.Skip(1).Any(step => step is ConnectStep))
        {
            return "Expected a connect step only as the first: an iteration has one connection.";
        }

        if (steps.All(step => step is PauseStep))
        {
            return "Expected a step that does something.";
        }

        LoadStep? foreign = steps.FirstOrDefault(step => !step.Protocols.HasFlag((LoadProtocols)(1 << (int)target.Protocol)));
        if (foreign is not null)
        {
            return $"The step '{foreign.Name}' cannot be done over {target.Address}: expected {SchemesOf(foreign.Protocols)}.";
        }

        RequestStep[] requests = [.. steps.OfType<RequestStep>()];
        return target.Protocol == LoadProtocol.Perf && requests.Select(step => step.ResponseBytes ?? 0).Distinct().Count() > 1
            ? "A perf-server answers all requests of a connection alike: expected the same response size in all steps."
            : null;
    }

    private static string SchemesOf(LoadProtocols protocols) => protocols == LoadProtocols.Http3 ? "https://" : "perf:// or quic://";
}
