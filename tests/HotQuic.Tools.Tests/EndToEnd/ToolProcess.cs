using System.Diagnostics;
using System.Globalization;

namespace HotQuic.Tools.Tests.EndToEnd;

/// <summary>The tool, or a sample, in a process of its own, killed when this is disposed.</summary>
internal sealed class ToolProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ToolProcess(Process process) => _process = process;

    public static ToolProcess Start(params string[] arguments) => StartAssembly(typeof(CommandLine).Assembly.Location, arguments);

    public static ToolProcess StartSample(string name, params string[] arguments) =>
        StartAssembly(Path.Combine(AppContext.BaseDirectory, name + ".dll"), arguments);

    private static ToolProcess StartAssembly(string path, string[] arguments)
    {
        ProcessStartInfo info = new("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        info.ArgumentList.Add(path);
        Array.ForEach(arguments, info.ArgumentList.Add);
        return new(Process.Start(info)!);
    }

    public async Task<string> ReadLineAsync()
    {
        using CancellationTokenSource timeout = new(Patience);
        return await _process.StandardOutput.ReadLineAsync(timeout.Token)
            ?? throw new InvalidOperationException($"The process ended: {await _process.StandardError.ReadToEndAsync(timeout.Token)}");
    }

    /// <summary>The next line that it says on the error stream.</summary>
    public async Task<string> ReadErrorLineAsync()
    {
        using CancellationTokenSource timeout = new(Patience);
        return await _process.StandardError.ReadLineAsync(timeout.Token) ?? throw new InvalidOperationException("The process ended.");
    }

    /// <summary>All that it still says until its end.</summary>
    public async Task<string> ReadOutputAsync()
    {
        using CancellationTokenSource timeout = new(Patience);
        return await _process.StandardOutput.ReadToEndAsync(timeout.Token);
    }

    /// <summary>All that it says on the error stream until its end.</summary>
    public async Task<string> ReadErrorAsync()
    {
        using CancellationTokenSource timeout = new(Patience);
        return await _process.StandardError.ReadToEndAsync(timeout.Token);
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Sends SIGTERM or SIGINT.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>The processes that it started, on Linux.</summary>
    public IEnumerable<int> Children() => Directory.GetDirectories($"/proc/{_process.Id}/task")
        .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(id => int.Parse(id, CultureInfo.InvariantCulture));

    public async Task<int> WaitForExitAsync()
    {
        using CancellationTokenSource timeout = new(Patience);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
