using System.Diagnostics;

namespace HotQuic.Tools;

/// <summary>How a build of this program is started.</summary>
/// <param name="FileName">The program to start.</param>
/// <param name="Arguments">What comes before the command line that is meant for the build.</param>
internal sealed record ToolCommand(string FileName, IReadOnlyList<string> Arguments)
{
    private const string DotNet = "dotnet";
    private const string Library = "HotQuic.Tools.dll";

    /// <summary>Where a build is within a directory: installed, published or built, or in the work tree that it was built from.</summary>
    private static readonly string[] Places =
    [
        "hotquic",
        "hotquic.exe",
        Library,
        Path.Combine("tools", "hotquic", "bin", "Release", "net10.0", Library),
    ];

    /// <summary>This build.</summary>
    /// <exception cref="CommandException">The path of this program is not known.</exception>
    public static ToolCommand OfThisProcess()
    {
        string executable = Environment.ProcessPath ?? throw new CommandException("The path of this program is not known.");

        // Run as "dotnet HotQuic.Tools.dll", the process is dotnet, and has to be told which assembly is meant.
        return Path.GetFileNameWithoutExtension(executable).Equals(DotNet, StringComparison.OrdinalIgnoreCase)
            ? new(executable, [typeof(ToolCommand).Assembly.Location])
            : new(executable, []);
    }

    /// <summary>The build that a path names: a program, a library, or a directory with one of them; null where there is none.</summary>
    public static ToolCommand? At(string path)
    {
        if (Directory.Exists(path))
        {
            path = Array.Find([.. Places.Select(place => Path.Combine(path, place))], File.Exists) ?? string.Empty;
        }

        return !File.Exists(path) ? null
            : Path.GetExtension(path).Equals(".dll", StringComparison.OrdinalIgnoreCase) ? new(DotNet, [Path.GetFullPath(path)])
            : new(Path.GetFullPath(path), []);
    }

    /// <summary>A process of the build, whose input and output are in the hands of the caller.</summary>
    /// <param name="arguments">The build's command line.</param>
    /// <param name="environment">Environment variables beside those of this process.</param>
    public ProcessStartInfo StartInfo(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        ProcessStartInfo info = new(FileName) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in Arguments.Concat(arguments))
        {
            info.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }
}
