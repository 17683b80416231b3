using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using HotQuic.Tools.Commands;
using HotQuic.Tools.Output;

namespace HotQuic.Tools;

/// <summary>
/// The command line as a whole: <see cref="RunAsync"/> parses, runs the command, and turns whatever goes wrong into one plain
/// sentence on the error stream and an <see cref="ExitCode"/>.
/// </summary>
internal static class CommandLine
{
    private const string Name = "hotquic";

    /// <summary>Runs one command line; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation)
    {
        ParseResult parsed = CreateRoot(terminal).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return ReportUsage(parsed, terminal);
        }

        InvocationConfiguration configuration = new()
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (OperationCanceledException)
        {
            terminal.WriteError("interrupted");
            return ExitCode.Failure;
        }
        catch (Exception e)
        {
            terminal.WriteError(Failures.Describe(e));
            return ExitCode.Failure;
        }
    }

    /// <summary>The tree of commands.</summary>
    public static Command CreateRoot(Terminal terminal) => new(Name, "QUIC for .NET: measure it, load servers with it, serve files over it, fetch files over it.")
    {
        PerfCommand.Create(terminal),
        PerfServerCommand.Create(terminal),
        LoadCommand.Create(terminal),
        LoadAgentCommand.Create(terminal),
        ServeCommand.Create(terminal),
        GetCommand.Create(terminal),
        new HelpOption(),
        new VersionOption(),
    };

    private static int ReportUsage(ParseResult parsed, Terminal terminal)
    {
        foreach (ParseError error in parsed.Errors)
        {
            terminal.WriteError(error.Message);
        }

        string command = parsed.CommandResult.Command.Name == Name ? Name : $"{Name} {parsed.CommandResult.Command.Name}";
        terminal.Error.WriteLine($"Try '{command} --help'.");
        return ExitCode.Usage;
    }
}
