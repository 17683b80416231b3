using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Running;

/// <summary>A share of a scenario that is connected and warm, here or on another machine.</summary>
internal interface ILoadPart : IAsyncDisposable
{
    /// <summary>What it is called in messages.</summary>
    string Name { get; }

    /// <summary>Does the load; see <see cref="LoadRun.MeasureAsync"/>.</summary>
    Task<bool> MeasureAsync(Action<IntervalCounts> onInterval, CancellationToken cancellation);
}
