using HotQuic.Load.Harness.Scheduling;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// What does a share of a scenario's load: <see cref="ConnectAsync"/>, <see cref="Begin"/> for each phase, <see cref="CloseAsync"/>. A
/// <see cref="Pacer"/> wakes it.
/// </summary>
internal interface ILoadLane
{
    /// <summary>Makes the connection that its iterations share, if any.</summary>
    Task ConnectAsync(CancellationToken cancellation);

    /// <summary>Works by this schedule from now on.</summary>
    void Begin(LaneSchedule schedule);

    /// <summary>Closes what is open.</summary>
    Task CloseAsync();
}
