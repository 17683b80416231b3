using System.Diagnostics;
using System.Text.Json;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>Runs <c>perf</c> of any build in a process of its own, which starts its server itself.</summary>
internal static class PerfProcess
{
    /// <summary>Measures one scenario; returns its part of the report.</summary>
    /// <exception cref="CommandException">The process failed, or printed no such report.</exception>
    public static async Task<JsonElement> RunAsync(ComparedSide side, string scenario, CancellationToken cancellation)
    {
        ProcessStartInfo info = side.Command.StartInfo(["perf", scenario, .. side.Options, "--json", "-"], side.Environment);
        info.RedirectStandardError = true;
        using Process process = Start(info);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        return process.ExitCode == ExitCode.Success
            ? Parse(await output, scenario)
            : throw new CommandException(LastLine(await errors) ?? $"its process ended with exit code {process.ExitCode}");
    }

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info) ?? throw new CommandException($"{info.FileName} cannot be started");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CommandException($"{info.FileName} cannot be started: {e.Message}", e);
        }
    }

    private static JsonElement Parse(string output, string scenario)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            if (document.RootElement.TryGetProperty("scenarios", out JsonElement scenarios)
                && scenarios.ValueKind == JsonValueKind.Array
                && scenarios.GetArrayLength() == 1
                && scenarios[0].TryGetProperty("scenario", out JsonElement name)
                && name.ValueEquals(scenario))
            {
                return scenarios[0].Clone();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CommandException("it printed no report of 'hotquic perf --json -'", e);
        }

        throw new CommandException($"its report is not that of {scenario} alone");
    }

    private static string? LastLine(string errors) =>
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
}
