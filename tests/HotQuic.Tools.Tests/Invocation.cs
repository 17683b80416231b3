using HotQuic.Tools.Output;

namespace HotQuic.Tools.Tests;

/// <summary>A command line run in this process, and what it said.</summary>
internal sealed record Invocation(int ExitCode, string Output, string Error)
{
    public static async Task<Invocation> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = await CommandLine.RunAsync(arguments, Terminal.Plain(output, error), CancellationToken.None);
        return new(exitCode, output.ToString(), error.ToString());
    }
}
