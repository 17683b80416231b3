using System.Diagnostics;

namespace HotQuic.Kestrel.Tests.Peers;

/// <summary>Runs a peer's program to its end; one that hangs is killed.</summary>
internal static class PeerProgram
{
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().OrFail();
            return await output.OrFail() + await errors.OrFail();
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
