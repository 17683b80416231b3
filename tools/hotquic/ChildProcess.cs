using System.Diagnostics;

namespace HotQuic.Tools;

/// <summary>
/// This program in a second process, with another command, for as long as this object lives: <see cref="StartAsync"/>, then dispose. The command is
/// one that prints a line once it is ready, and ends when its standard input does, so that it does not outlive this process however that dies.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly Process _process;

    private ChildProcess(Process process, string firstLine)
    {
        _process = process;
        FirstLine = firstLine;
    }

    /// <summary>What it printed when it was ready.</summary>
    public string FirstLine { get; }

    /// <summary>Starts the process and waits until it is ready.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Environment variables that it gets beside those of this process.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <exception cref="CommandException">It did not get there.</exception>
    public static async Task<ChildProcess> StartAsync(
        string name, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        Process process = Process.Start(ToolCommand.OfThisProcess().StartInfo(arguments, environment)) ?? throw new CommandException($"The {name}'s process cannot be started.");
        try
        {
            using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(StartTimeout);
            string line = await process.StandardOutput.ReadLineAsync(timeout.Token)
                ?? throw new CommandException($"The {name}'s process ended before it was ready.");
            return new(process, line);
        }
        catch (Exception e)
        {
            await StopAsync(process);
            throw e is OperationCanceledException && !cancellation.IsCancellationRequested
                ? new CommandException($"The {name}'s process did not become ready in time.", e)
                : e;
        }
    }

    /// <summary>Reads and drops what else it prints, so that it never waits for a reader.</summary>
    public void IgnoreOutput() => _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);

    /// <summary>Ends the process.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_process);

    private static async Task StopAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            using CancellationTokenSource timeout = new(StopTimeout);
            try
            {
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }
    }
}
