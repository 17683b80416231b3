using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace HotQuic.Interop.Tests.Peers;

/// <summary>
/// One peer's operating system process. Start it, wait for a line of its output or for its end, and dispose it: that kills it with its
/// children, whatever state it is in. It runs under coreutils' <c>timeout</c>, which ends it should the test host die first.
/// </summary>
internal sealed partial class PeerProcess : IAsyncDisposable
{
    private const int LongestLifeSeconds = 180;
    private const int MostLinesKept = 200_000;
    private const int TerminateSignal = 15;
    private static readonly TimeSpan PatienceWhenTerminating = TimeSpan.FromSeconds(3);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PeerProcess(Process process)
    {
        _process = process;
        Task output = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        _reading = output.ContinueWith(_ => Signal(), TaskScheduler.Default);
    }

    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public bool HasEnded => _reading.IsCompleted;

    public static PeerProcess Start(PeerCommand command)
    {
        ProcessStartInfo start = new("timeout")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = TestFiles.CertificatesDirectory,
        };
        foreach (string argument in (string[])["--signal=KILL", $"{LongestLifeSeconds}", command.Program, .. command.Arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return new PeerProcess(process);
    }

    /// <summary>The rest of the first line that starts with the prefix; throws, with all output, when the process ends or time is up.</summary>
    public async Task<string> WaitForLineAsync(string prefix, CancellationToken cancellationToken)
    {
        int next = 0;
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                for (; next < _lines.Count; next++)
                {
                    if (_lines[next].StartsWith(prefix, StringComparison.Ordinal))
                    {
                        return _lines[next][prefix.Length..].Trim();
                    }
                }

                changed = _changed.Task;
            }

            if (HasEnded)
            {
                throw new InvalidOperationException($"The peer ended without saying '{prefix}':\n{Output}");
            }

            await WaitAsync(changed, prefix, cancellationToken);
        }
    }

    /// <summary>Waits for the end of the process and of its output.</summary>
    public async Task WaitForExitAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(_reading, "the end of the process", cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // timeout passes SIGTERM on and reaps the peer, where SIGKILL would leave the peer behind, as a zombie at best.
        if (!_process.HasExited && SendSignal(_process.Id, TerminateSignal) == 0)
        {
            using CancellationTokenSource patience = new(PatienceWhenTerminating);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    private async Task WaitAsync(Task task, string awaited, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited in vain for {awaited} of the peer:\n{Output}");
        }
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                if (_lines.Count < MostLinesKept)
                {
                    _lines.Add(line);
                }
            }

            Signal();
        }
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}

/// <summary>A program to start: its path, its arguments and what it needs in its environment.</summary>
internal sealed record PeerCommand(string Program, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public override string ToString()
    {
        return new StringBuilder(Program).Append(' ').AppendJoin(' ', Arguments).ToString();
    }
}
