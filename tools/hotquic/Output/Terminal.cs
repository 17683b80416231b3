using Spectre.Console;

namespace HotQuic.Tools.Output;

/// <summary>
/// Where a command writes: plain lines to <see cref="Output"/> and <see cref="Error"/>, tables and live displays to
/// <see cref="Console"/>, which writes to the same stream as <see cref="Output"/>. Nothing but text is written, and nothing is drawn
/// twice, unless <see cref="IsInteractive"/>.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Wide enough for every table, where nobody's window sets a width.</summary>
    private const int PlainWidth = 200;

    private Terminal(TextWriter output, TextWriter error, bool isInteractive)
    {
        Output = output;
        Error = error;
        IsInteractive = isInteractive;
        Console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isInteractive ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!isInteractive)
        {
            Console.Profile.Width = PlainWidth;
        }
    }

    /// <summary>What a command says.</summary>
    public TextWriter Output { get; }

    /// <summary>What goes wrong.</summary>
    public TextWriter Error { get; }

    /// <summary>Tables and live displays.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether a person watches, on a screen that can be redrawn.</summary>
    public bool IsInteractive { get; }

    private static bool CanRedraw =>
        Environment.GetEnvironmentVariable("TERM") is { } terminal ? terminal != "dumb" : OperatingSystem.IsWindows();

    /// <summary>Standard output and error of this process.</summary>
    public static Terminal OfThisProcess() =>
        new(System.Console.Out, System.Console.Error, CanRedraw && !System.Console.IsOutputRedirected);

    /// <summary>Plain text to the given writers.</summary>
    public static Terminal Plain(TextWriter output, TextWriter error) => new(output, error, isInteractive: false);

    /// <summary>The same, with all that is said on the error stream, so that standard output is free for data.</summary>
    public Terminal OnErrorStream() => new(Error, Error, IsInteractive && !System.Console.IsErrorRedirected);

    /// <summary>Says on the error stream what went wrong.</summary>
    public void WriteError(string message) => Error.WriteLine($"hotquic: {message}");
}
