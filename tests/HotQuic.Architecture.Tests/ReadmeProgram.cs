using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace HotQuic.Architecture.Tests;

/// <summary>
/// A program that a readme prints: <see cref="CompileAsync"/> makes it what a new console project with a reference to HotQuic or HotQuic.Http3, or a new web
/// project with one to HotQuic.Kestrel, would make of it, <see cref="Start"/> runs that.
/// </summary>
internal sealed partial class ReadmeProgram
{
    /// <summary>What the project template's ImplicitUsings stand for.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The same of a web project's.</summary>
    private const string WebUsings = """
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private readonly string _source;
    private readonly string _name;
    private readonly string _usings;

    private ReadmeProgram(string source, string name, string usings)
    {
        _source = source;
        _name = name;
        _usings = usings;
    }

    /// <summary>The readme whose programs are web projects.</summary>
    public const string Web = "src/HotQuic.Kestrel/README.md";

    /// <summary>How the test starts dotnet.</summary>
    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The compiler of the SDK that built the tests.</summary>
    private static string Compiler => typeof(ReadmeProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(pair => pair.Key == nameof(Compiler)).Value!;

    /// <summary>The fenced blocks of C# of a readme, in their order: each is a whole program.</summary>
    public static IReadOnlyList<ReadmeProgram> AllOf(string readme) =>
        [.. Fence().Matches(File.ReadAllText(Checkout.PathOf(readme)).ReplaceLineEndings("\n")).Select((block, i) => new ReadmeProgram(block.Groups[1].Value, $"program{i}", readme == Web ? $"{ImplicitUsings}\n{WebUsings}" : ImplicitUsings))];

    /// <summary>The same program on another port than the one that is printed.</summary>
    public ReadmeProgram OnPort(int port)
    {
        const string printed = "4433";
        Assert.Contains(printed, _source, StringComparison.Ordinal);
        return new ReadmeProgram(_source.Replace(printed, $"{port}", StringComparison.Ordinal), _name, _usings);
    }

    /// <summary>Compiles it into a directory, with all that it needs to run there.</summary>
    /// <returns>What the compiler complained of; empty where it is content.</returns>
    public async Task<string> CompileAsync(string directory)
    {
        await File.WriteAllTextAsync(Path.Combine(directory, $"{_name}.cs"), _source);
        await File.WriteAllTextAsync(Path.Combine(directory, "usings.cs"), _usings);
        string own = Path.GetDirectoryName(typeof(ReadmeProgram).Assembly.Location)!;
        foreach (string library in Directory.EnumerateFiles(own, "*.dll"))
        {
            File.Copy(library, Path.Combine(directory, Path.GetFileName(library)), overwrite: true);
        }

        File.Copy(Path.ChangeExtension(typeof(ReadmeProgram).Assembly.Location, ".runtimeconfig.json"), Path.Combine(directory, $"{_name}.runtimeconfig.json"), overwrite: true);
        string[] frameworks =
            [.. new[] { typeof(object), typeof(Microsoft.AspNetCore.Builder.WebApplication) }.Select(type => Path.GetDirectoryName(type.Assembly.Location)!)];
        IEnumerable<string> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator).Where(path => frameworks.Contains(Path.GetDirectoryName(path)))
            .Concat(new[] { "HotQuic", "HotQuic.Http3", "HotQuic.Kestrel" }.Select(library => Path.Combine(own, $"{library}.dll")));
        string[] arguments =
        [
            "-noconfig", "-nostdlib", "-nologo", "-nullable:enable", "-langversion:14", "-warnaserror", "-preferreduilang:en", $"-out:{_name}.dll",
            .. references.Select(path => $"-reference:\"{path}\""), $"{_name}.cs", "usings.cs",
        ];
        await File.WriteAllLinesAsync(Path.Combine(directory, "csc.rsp"), arguments);
        using Process compiler = StartDotnet(directory, Compiler, "@csc.rsp");
        string complaints = await compiler.StandardOutput.ReadToEndAsync();
        await compiler.WaitForExitAsync();
        return compiler.ExitCode == 0 ? "" : complaints;
    }

    /// <summary>Runs what was compiled; its standard streams are the caller's.</summary>
    public Process Start(string directory) => StartDotnet(directory, "exec", $"{_name}.dll");

    private static Process StartDotnet(string directory, params string[] arguments) => Process.Start(new ProcessStartInfo(Dotnet, arguments)
    {
        WorkingDirectory = directory,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
