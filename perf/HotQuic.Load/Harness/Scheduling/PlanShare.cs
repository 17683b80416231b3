namespace HotQuic.Load.Harness.Scheduling;

/// <summary>
/// Every so-manieth arrival and copy of a plan: how a load is divided among machines and connections, so that all together do exactly what
/// the plan says.
/// </summary>
/// <param name="First">The first one, from 0.</param>
/// <param name="Stride">From one to the next, from 1.</param>
internal readonly record struct PlanShare(int First, int Stride)
{
    /// <summary>Everything.</summary>
    public static PlanShare Whole { get; } = new(0, 1);

    /// <summary>A part of this share.</summary>
    /// <param name="index">Which of the parts.</param>
    /// <param name="parts">How many parts there are.</param>
    public PlanShare Part(int index, int parts) => new(First + (Stride * index), Stride * parts);

    /// <summary>How many of the first so many are in the share.</summary>
    public long Of(long count) => count <= First ? 0 : ((count - First - 1) / Stride) + 1;
}
