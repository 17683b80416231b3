namespace HotQuic.Load.Scenarios;

/// <summary>What a running scenario is doing at this moment.</summary>
/// <param name="Done">How much of warm-up and measuring is over, 0 to 1.</param>
/// <param name="IsWarmingUp">Whether nothing counts yet.</param>
/// <param name="OperationsPerSecond">Since the figures before; those of the client.</param>
/// <param name="GbitPerSecond">Since the figures before; those of the client.</param>
public readonly record struct LiveFigures(double Done, bool IsWarmingUp, double OperationsPerSecond, double GbitPerSecond);
