using System.Globalization;

namespace HotQuic.Load.Harness.Model;

/// <summary>Which of NBomber's simulations a <see cref="LoadSimulation"/> is.</summary>
public enum LoadSimulationKind
{
    /// <summary>Closed model: so many copies, each beginning its next iteration when its last has ended.</summary>
    KeepConstant,

    /// <summary>Closed model: the number of copies goes in a straight line from that of the simulation before to this one.</summary>
    RampingConstant,

    /// <summary>Open model: so many iterations begin in each interval, evenly spread, however long the earlier ones take.</summary>
    Inject,

    /// <summary>Open model: the rate goes in a straight line from that of the simulation before to this one.</summary>
    RampingInject,

    /// <summary>Nothing begins.</summary>
    Pause,
}

/// <summary>
/// One stretch of a scenario's load, in NBomber's words: made by the methods, which say at once what is wrong with it; run one after the
/// other in a scenario. A ramp begins with what the simulation before it ended with where that is of the same model, otherwise with 0.
/// </summary>
public sealed record LoadSimulation
{
    /// <summary>The most copies of a scenario.</summary>
    public const int MostCopies = 1_000_000;

    /// <summary>The highest rate, in iterations a second.</summary>
    public const double HighestRate = 10_000_000;

    /// <summary>The longest stretch.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private LoadSimulation(LoadSimulationKind kind, double level, TimeSpan during)
    {
        if (during <= TimeSpan.Zero || during > Longest)
        {
            throw new ArgumentOutOfRangeException(nameof(during), during, "Expected a duration above 0, up to 7 days.");
        }

        Kind = kind;
        Level = level;
        During = during;
    }

    /// <summary>Which one.</summary>
    public LoadSimulationKind Kind { get; }

    /// <summary>Copies (closed model) or iterations a second (open model) at its end; 0 in a pause.</summary>
    public double Level { get; }

    /// <summary>How long it lasts.</summary>
    public TimeSpan During { get; }

    /// <summary>Whether iterations begin by the clock.</summary>
    public bool IsOpen => Kind is LoadSimulationKind.Inject or LoadSimulationKind.RampingInject;

    /// <summary>Whether copies loop.</summary>
    public bool IsClosed => Kind is LoadSimulationKind.KeepConstant or LoadSimulationKind.RampingConstant;

    /// <summary>Keeps a number of copies at work.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static LoadSimulation KeepConstant(int copies, TimeSpan during) =>
        new(LoadSimulationKind.KeepConstant, CheckedCopies(copies), during);

    /// <summary>Goes to a number of copies.</summary>
    /// <inheritdoc cref="KeepConstant" path="/exception"/>
    public static LoadSimulation RampingConstant(int copies, TimeSpan during) =>
        new(LoadSimulationKind.RampingConstant, CheckedCopies(copies), during);

    /// <summary>Begins so many iterations each interval.</summary>
    /// <inheritdoc cref="KeepConstant" path="/exception"/>
    public static LoadSimulation Inject(double rate, TimeSpan interval, TimeSpan during) =>
        new(LoadSimulationKind.Inject, PerSecond(rate, interval), during);

    /// <summary>Goes to a rate.</summary>
    /// <inheritdoc cref="KeepConstant" path="/exception"/>
    public static LoadSimulation RampingInject(double rate, TimeSpan interval, TimeSpan during) =>
        new(LoadSimulationKind.RampingInject, PerSecond(rate, interval), during);

    /// <summary>Waits.</summary>
    /// <inheritdoc cref="KeepConstant" path="/exception"/>
    public static LoadSimulation Pause(TimeSpan during) => new(LoadSimulationKind.Pause, 0, during);

    /// <inheritdoc/>
    public override string ToString()
    {
        string during = During.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        string level = Level.ToString("#,0.###", CultureInfo.InvariantCulture);
        return Kind switch
        {
            LoadSimulationKind.Pause => $"pause, {during} s",
            LoadSimulationKind.KeepConstant => $"keep constant, {level} copies, {during} s",
            LoadSimulationKind.RampingConstant => $"ramping constant, to {level} copies, {during} s",
            LoadSimulationKind.Inject => $"inject, {level} a second, {during} s",
            _ => $"ramping inject, to {level} a second, {during} s",
        };
    }

    private static int CheckedCopies(int copies) => copies is >= 0 and <= MostCopies
        ? copies
        : throw new ArgumentOutOfRangeException(nameof(copies), copies, $"Expected 0 to {MostCopies:N0} copies.");

    private static double PerSecond(double rate, TimeSpan interval)
    {
        if (interval <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "Expected an interval above 0.");
        }

        double perSecond = rate / interval.TotalSeconds;
        return perSecond is >= 0 and <= HighestRate
            ? perSecond
            : throw new ArgumentOutOfRangeException(nameof(rate), rate, $"Expected 0 to {HighestRate:N0} iterations a second.");
    }
}
