using System.Globalization;
using HotQuic.Load.Harness;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Load;

/// <summary>
/// Shows scenarios while they run: a progress bar for each with the figures of the last second for a person who watches, and a line now and
/// then for everyone else. <see cref="ShowAsync"/> once.
/// </summary>
internal sealed class LoadDisplay(Terminal terminal, IReadOnlyList<LoadScenario> scenarios)
{
    private const int LineEverySeconds = 10;
    private const int RefreshMilliseconds = 250;

    /// <summary>Runs what is to be shown.</summary>
    public async Task<LoadReport> ShowAsync(Func<ILoadObserver, Task<LoadReport>> run)
    {
        if (!terminal.IsInteractive)
        {
            return await run(new Lines(terminal));
        }

        return await terminal.Console
            .Progress()
            .AutoRefresh(false)
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                Bars bars = new(terminal, scenarios.ToDictionary(
                    scenario => scenario.Name,
                    scenario => context.AddTask(Markup.Escape($"{scenario.Name} connecting"), maxValue: scenario.Duration.TotalSeconds)));
                Task<LoadReport> running = run(bars);
                while (!running.IsCompleted)
                {
                    context.Refresh();
                    await Task.WhenAny(running, Task.Delay(RefreshMilliseconds));
                }

                return await running;
            });
    }

    private static string Figures(IntervalReport interval)
    {
        LatencyFigures latency = interval.Iterations.LatencyMicroseconds;
        string failed = interval.Iterations.Failed > 0 ? $", {Output.Figures.Number(interval.Iterations.Failed)} failed" : string.Empty;
        return $"{Output.Figures.Number(interval.Iterations.PerSecond)}/s, p50 {Output.Figures.Brief(latency.P50)} us, "
            + $"p99 {Output.Figures.Brief(latency.P99)} us, {Output.Figures.Number(interval.Iterations.MegabitPerSecond)} Mbit/s, "
            + $"CPU {Output.Figures.Number(interval.Harness.CpuPercent)} %{failed}";
    }

    /// <summary>For a screen.</summary>
    private sealed class Bars(Terminal terminal, Dictionary<string, ProgressTask> bars) : ILoadObserver
    {
        public void OnPreparing(LoadScenario scenario) => Describe(scenario, "connecting and warming up");

        public void OnInterval(LoadScenario scenario, IntervalReport interval)
        {
            bars[scenario.Name].Value = Math.Min(interval.EndSeconds, scenario.Duration.TotalSeconds);
            Describe(scenario, Figures(interval));
        }

        public void OnAgentLost(LoadScenario scenario, string agent, Exception reason) =>
            terminal.WriteError($"{scenario.Name}: the agent {agent} was lost: {reason.Message}");

        private void Describe(LoadScenario scenario, string state) => bars[scenario.Name].Description = Markup.Escape($"{scenario.Name} {state}");
    }

    /// <summary>For a file or a pipe.</summary>
    private sealed class Lines(Terminal terminal) : ILoadObserver
    {
        public void OnPreparing(LoadScenario scenario) => terminal.Output.WriteLine($"{scenario.Name}: connecting and warming up");

        public void OnInterval(LoadScenario scenario, IntervalReport interval)
        {
            if ((int)(interval.EndSeconds / LineEverySeconds) > (int)((interval.EndSeconds - interval.Seconds) / LineEverySeconds))
            {
                string seconds = interval.EndSeconds.ToString("0", CultureInfo.InvariantCulture);
                terminal.Output.WriteLine($"{scenario.Name}: {seconds} s, {Figures(interval)}");
            }
        }

        public void OnAgentLost(LoadScenario scenario, string agent, Exception reason) =>
            terminal.WriteError($"{scenario.Name}: the agent {agent} was lost: {reason.Message}");
    }
}
