using HotQuic.Load.Harness.Model;

namespace HotQuic.Load.Harness.Statistics;

/// <summary>
/// Makes a report of intervals: <see cref="Add"/> each with its number, from each of the machines, in any order and from any thread; an
/// interval that all machines have told becomes figures, which is told; <see cref="Leave"/> for a machine that tells no more. Then
/// <see cref="ToReport"/>.
/// </summary>
internal sealed class Timeline
{
    /// <summary>A report of more intervals is one that browsers choke on, so that those of a run longer than an hour are longer than a second.</summary>
    private const int MostIntervals = 3600;

    private readonly Lock _gate = new();
    private readonly LoadScenario _scenario;
    private readonly int _machines;
    private readonly Action<IntervalReport> _onInterval;
    private readonly SortedDictionary<int, (IntervalCounts Counts, int Told)> _pending = [];
    private readonly List<IntervalReport> _intervals = [];
    private readonly List<int> _left = [];
    private readonly IntervalCounts _total;
    private readonly double _keptSeconds;

    /// <summary>What the interval has so far that comes into the report next.</summary>
    private IntervalCounts? _kept;

    /// <param name="scenario">What runs.</param>
    /// <param name="machines">How many tell each interval.</param>
    /// <param name="onInterval">Is told each interval's figures.</param>
    public Timeline(LoadScenario scenario, int machines, Action<IntervalReport> onInterval)
    {
        _scenario = scenario;
        _machines = machines;
        _onInterval = onInterval;
        _total = new(scenario.Steps.Count);
        _keptSeconds = Math.Ceiling(scenario.Duration.TotalSeconds / MostIntervals);
    }

    /// <summary>Adds what a machine tells of an interval.</summary>
    public void Add(int number, IntervalCounts counts)
    {
        lock (_gate)
        {
            if (_pending.TryGetValue(number, out (IntervalCounts Counts, int Told) known))
            {
                known.Counts.AddBeside(counts);
                _pending[number] = (known.Counts, known.Told + 1);
            }
            else
            {
                _pending.Add(number, (counts, 1));
            }

            FinishIfTold(number);
        }
    }

    /// <summary>A machine has ended, or is gone, after it has told so many intervals: nobody waits for what it would tell.</summary>
    public void Leave(int told)
    {
        lock (_gate)
        {
            _left.Add(told);
            foreach (int number in _pending.Keys.ToArray())
            {
                FinishIfTold(number);
            }
        }
    }

    /// <summary>The report of all intervals, those included that only some of the machines told.</summary>
    /// <param name="interrupted">Whether the run was broken off.</param>
    public ScenarioReport ToReport(bool interrupted)
    {
        lock (_gate)
        {
            foreach (int number in _pending.Keys.ToArray())
            {
                Finish(number);
            }

            Keep();
            double seconds = Math.Min(_total.Seconds, _scenario.Duration.TotalSeconds);
            return new()
            {
                Name = _scenario.Name,
                Target = _scenario.Target.Address,
                Simulations = [.. _scenario.Simulations.Select(simulation => simulation.ToString())],
                Connections = _scenario.ConnectsEachIteration ? 0 : _scenario.Connections * _machines,
                Agents = _machines,
                WarmUpSeconds = _scenario.WarmUp.TotalSeconds,
                MeasuredSeconds = seconds,
                Interrupted = interrupted,
                Due = _total.Due,
                Started = _total.Started,
                LagMicroseconds = LatencyFigures.Of(_total.Lag),
                Harness = HarnessFigures.Of(_total),
                Transport = TransportFigures.Of(_total.Transport),
                Iterations = Account(_total, 0, seconds),
                Steps = Steps(_total, seconds),
                Thresholds = [.. _scenario.Thresholds.Select(threshold => Judge(threshold, seconds))],
                Intervals = [.. _intervals],
            };
        }
    }

    private void FinishIfTold(int number)
    {
        if (_pending[number].Told >= _machines - _left.Count(told => told <= number))
        {
            Finish(number);
        }
    }

    private void Finish(int number)
    {
        IntervalCounts counts = _pending[number].Counts;
        _pending.Remove(number);
        _total.AddAfter(counts);
        (_kept ??= new(_scenario.Steps.Count)).AddAfter(counts);
        if (_kept.Seconds >= _keptSeconds - (counts.Seconds / 2))
        {
            Keep();
        }

        _onInterval(Figures(counts));
    }

    /// <summary>Each machine tells its intervals in their order, so that they are whole in their order too.</summary>
    private void Keep()
    {
        if (_kept is not null)
        {
            _intervals.Add(Figures(_kept));
            _kept = null;
        }
    }

    private IntervalReport Figures(IntervalCounts counts) => new(
        counts.EndSeconds,
        counts.Seconds,
        counts.Seconds > 0 ? counts.Due / counts.Seconds : 0,
        counts.Seconds > 0 ? counts.Started / counts.Seconds : 0,
        counts.Copies,
        LatencyFigures.Of(counts.Lag),
        HarnessFigures.Of(counts),
        TransportFigures.Of(counts.Transport),
        Account(counts, 0, counts.Seconds),
        Steps(counts, counts.Seconds));

    private StepReport[] Steps(IntervalCounts counts, double seconds) =>
        [.. Enumerable.Range(1, _scenario.Steps.Count).Select(account => Account(counts, account, seconds))];

    private StepReport Account(IntervalCounts counts, int account, double seconds) =>
        StepReport.Of(account == 0 ? _scenario.Name : _scenario.Steps[account - 1].Name, counts.Accounts[account], seconds);

    private ThresholdReport Judge(LoadThreshold threshold, double seconds)
    {
        int account = 0;
        while (threshold.Step is { } name && _scenario.Steps[account].Name != name)
        {
            account++;
        }

        StepReport step = Account(_total, threshold.Step is null ? 0 : account + 1, seconds);
        double value = threshold.Metric switch
        {
            LoadMetric.Rate => step.PerSecond,
            LoadMetric.FailedPercent => step.FailedPercent,
            LoadMetric.MegabitPerSecond => step.MegabitPerSecond,
            LoadMetric.P50 => step.LatencyMicroseconds.P50,
            LoadMetric.P75 => step.LatencyMicroseconds.P75,
            LoadMetric.P95 => step.LatencyMicroseconds.P95,
            LoadMetric.P99 => step.LatencyMicroseconds.P99,
            LoadMetric.P999 => step.LatencyMicroseconds.P999,
            _ => step.LatencyMicroseconds.Max,
        };

        // A latency of nothing is none: where no operation went well, no condition on latency holds.
        bool holds = threshold.Holds(value) && !(threshold.IsLatency && step.Succeeded == 0);
        return new(threshold.ToString(), value, threshold.Unit, holds);
    }
}
