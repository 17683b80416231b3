using HotQuic.Tools.Output;

namespace HotQuic.Tools.Tests;

/// <summary>A command line run in this process, and what it said.</summary>
internal sealed record Invocation(int ExitCode, string Output, string Error)
{
    public static Task<Invocation> RunAsync(params string[] arguments) => RunAsync(arguments, CancellationToken.None);

    public static async Task<Invocation> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Terminal terminal = Terminal.Plain(TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        int exitCode = await CommandLine.RunAsync(arguments, terminal, cancellation);
        return new(exitCode, output.ToString(), error.ToString());
    }
}
