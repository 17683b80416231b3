using System.Diagnostics;
using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Hq;

/// <summary>
/// Shows files being fetched: a line for each that is there or failed, and, for a person who watches, a progress bar of files with the
/// bytes and the rate. HTTP/0.9 does not tell sizes, so files are what can be counted.
/// </summary>
internal sealed class FetchDisplay : IHqObserver
{
    private readonly Lock _gate = new();
    private readonly Terminal _terminal;
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _bytes;
    private int _ended;

    private FetchDisplay(Terminal terminal) => _terminal = terminal;

    /// <summary>Runs a fetch of so many files with its display; the number that failed.</summary>
    public static async Task<int> ShowAsync(Terminal terminal, int files, Func<IHqObserver, Task<int>> fetch)
    {
        FetchDisplay display = new(terminal);
        int failed = terminal.IsInteractive ? await display.ShowProgressAsync(files, fetch) : await fetch(display);
        terminal.Output.WriteLine($"{files - failed} of {files} files, {display.Amount()}");
        return failed;
    }

    /// <inheritdoc/>
    public void OnBytes(int count) => Interlocked.Add(ref _bytes, count);

    /// <inheritdoc/>
    public void OnFetched(HqUrl url) => End(() => _terminal.Console.WriteLine(url.FileName));

    /// <inheritdoc/>
    public void OnFailed(HqUrl url, string reason) => End(() => _terminal.WriteError($"{url.Text}: {reason}"));

    private async Task<int> ShowProgressAsync(int files, Func<IHqObserver, Task<int>> fetch) => await _terminal.Console
        .Progress()
        .AutoRefresh(true)
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("fetching", maxValue: files);
            Task<int> fetching = fetch(this);
            while (!fetching.IsCompleted)
            {
                bar.Value = Volatile.Read(ref _ended);
                bar.Description = Markup.Escape(Amount());
                await Task.WhenAny(fetching, Task.Delay(TimeSpan.FromMilliseconds(200)));
            }

            return await fetching;
        });

    private string Amount()
    {
        double seconds = Math.Max(1e-3, Stopwatch.GetElapsedTime(_start).TotalSeconds);
        long bytes = Interlocked.Read(ref _bytes);
        return $"{Figures.Bytes(bytes)} in {Figures.Brief(seconds)} s, {Figures.Bytes(bytes / seconds)}/s";
    }

    private void End(Action write)
    {
        lock (_gate)
        {
            _ended++;
            write();
        }
    }
}
