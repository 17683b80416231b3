using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>
/// Shows on the error stream how far a comparison is: a bar with the time left for a person who watches, a line for each run for everyone else.
/// </summary>
internal sealed class ComparisonDisplay(Terminal terminal, int runs)
{
    private readonly Terminal _errors = terminal.OnErrorStream();
    private int _done;
    private ProgressTask? _bar;

    /// <summary>Shows what the work does by <see cref="ShowAsync"/>.</summary>
    public async Task WhileAsync(Func<Task> work)
    {
        if (!_errors.IsInteractive)
        {
            await work();
            return;
        }

        await _errors.Console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                _bar = context.AddTask("starting", maxValue: runs);
                await work();
            });
    }

    /// <summary>Shows one run.</summary>
    public async Task<T> ShowAsync<T>(string name, Func<Task<T>> run)
    {
        _done++;
        if (_bar is null)
        {
            await _errors.Output.WriteLineAsync($"{_done}/{runs} {name} ...");
        }
        else
        {
            _bar.Description = Markup.Escape(name);
        }

        T result = await run();
        _bar?.Value = _done;
        return result;
    }

    /// <summary>So many runs will not take place.</summary>
    public void Skip(int skipped)
    {
        _done += skipped;
        _bar?.Value = _done;
    }
}
