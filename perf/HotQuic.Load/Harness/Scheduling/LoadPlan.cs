using HotQuic.Load.Harness.Model;

namespace HotQuic.Load.Harness.Scheduling;

/// <summary>
/// What simulations mean at each moment: when each iteration of the open model is to begin (<see cref="ArrivalSeconds"/>), and how many copies
/// of the closed model work (<see cref="CopiesAt"/>). A pure function of the time since the start, in seconds, for any number of threads.
/// </summary>
/// <remarks>
/// The rate's integral over time counts arrivals, and arrival n comes when it reaches n: the first at once, ten a second 0.1 s apart. A
/// fraction is carried over to the next simulation, so that the total is right whatever the pieces.
/// </remarks>
internal sealed class LoadPlan
{
    /// <summary>What floating point may add to a whole number of arrivals.</summary>
    private const double Rounding = 1e-9;

    private readonly Segment[] _segments;

    public LoadPlan(IReadOnlyList<LoadSimulation> simulations)
    {
        _segments = new Segment[simulations.Count];
        double start = 0;
        double arrivals = 0;
        LoadSimulation? before = null;
        for (int index = 0; index < _segments.Length; index++)
        {
            LoadSimulation simulation = simulations[index];
            _segments[index] = new(simulation, before, start, arrivals);
            start = _segments[index].End;
            arrivals = _segments[index].ArrivalsAtEnd;
            before = simulation;
        }

        Seconds = start;
        Arrivals = WholeNumber(arrivals);
    }

    /// <summary>How long it lasts.</summary>
    public double Seconds { get; }

    /// <summary>Iterations of the open model in all.</summary>
    public long Arrivals { get; }

    /// <summary>The plan that warms up for another: the load of its first simulation that has any, a ramp at half of its end.</summary>
    public static LoadPlan WarmUpOf(LoadScenario scenario)
    {
        LoadSimulation first = scenario.Simulations.First(simulation => simulation.Level > 0);
        LoadSimulation steady = first.Kind switch
        {
            LoadSimulationKind.KeepConstant => LoadSimulation.KeepConstant((int)first.Level, scenario.WarmUp),
            LoadSimulationKind.RampingConstant => LoadSimulation.KeepConstant((int)Math.Ceiling(first.Level / 2), scenario.WarmUp),
            LoadSimulationKind.Inject => LoadSimulation.Inject(first.Level, TimeSpan.FromSeconds(1), scenario.WarmUp),
            _ => LoadSimulation.Inject(first.Level / 2, TimeSpan.FromSeconds(1), scenario.WarmUp),
        };
        return new([steady]);
    }

    /// <summary>How many arrivals come before this moment.</summary>
    public long ArrivalsBefore(double seconds)
    {
        Segment segment = _segments[SegmentAt(seconds)];
        return seconds <= 0 ? 0 : WholeNumber(segment.ArrivalsBefore + segment.ArrivalsIn(Math.Min(seconds, segment.End) - segment.Start));
    }

    /// <summary>When an arrival comes, counted from 0; infinity where there are not so many.</summary>
    public double ArrivalSeconds(long arrival)
    {
        if (arrival >= Arrivals)
        {
            return double.PositiveInfinity;
        }

        int low = 0;
        int high = _segments.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (WholeNumber(_segments[middle].ArrivalsAtEnd) > arrival)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return _segments[low].Start + _segments[low].SecondsTo(arrival - _segments[low].ArrivalsBefore);
    }

    /// <summary>How many copies of the closed model work at this moment.</summary>
    public int CopiesAt(double seconds) => seconds < 0 || seconds >= Seconds ? 0 : _segments[SegmentAt(seconds)].CopiesAt(seconds);

    /// <summary>Iterations a second that are to begin at this moment.</summary>
    public double RateAt(double seconds) => seconds < 0 || seconds >= Seconds ? 0 : _segments[SegmentAt(seconds)].RateAt(seconds);

    private static long WholeNumber(double arrivals) => (long)Math.Ceiling(arrivals - (Rounding * Math.Max(1, arrivals)));

    private int SegmentAt(double seconds)
    {
        int index = 0;
        while (index < _segments.Length - 1 && seconds >= _segments[index].End)
        {
            index++;
        }

        return index;
    }

    private sealed class Segment(LoadSimulation simulation, LoadSimulation? before, double start, double arrivalsBefore)
    {
        private readonly double _from = simulation.Kind switch
        {
            LoadSimulationKind.RampingConstant => before is { IsClosed: true } ? before.Level : 0,
            LoadSimulationKind.RampingInject => before is { IsOpen: true } ? before.Level : 0,
            _ => simulation.Level,
        };

        public double Start => start;

        public double End => start + simulation.During.TotalSeconds;

        public double ArrivalsBefore => arrivalsBefore;

        public double ArrivalsAtEnd => arrivalsBefore + ArrivalsIn(simulation.During.TotalSeconds);

        /// <summary>The slope of the level, a second.</summary>
        private double Slope => (simulation.Level - _from) / simulation.During.TotalSeconds;

        public double ArrivalsIn(double seconds) => simulation.IsOpen ? (_from * seconds) + (Slope * seconds * seconds / 2) : 0;

        /// <summary>The moment at which so many have arrived: the root of the quadratic above, in the form that loses no digits.</summary>
        public double SecondsTo(double arrivals) => arrivals <= 0
            ? 0
            : Math.Min(simulation.During.TotalSeconds, 2 * arrivals / (_from + Math.Sqrt(Math.Max(0, (_from * _from) + (2 * Slope * arrivals)))));

        public int CopiesAt(double seconds) => simulation.IsClosed ? (int)Math.Round(LevelAt(seconds)) : 0;

        public double RateAt(double seconds) => simulation.IsOpen ? LevelAt(seconds) : 0;

        private double LevelAt(double seconds) => _from + (Slope * (seconds - start));
    }
}
