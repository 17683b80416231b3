using System.Diagnostics;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>
/// A program that was written for System.Net.Quic runs on HotQuic: tests/HotQuic.Ported, whose twin tests/HotQuic.Ported.SystemNetQuic compiles
/// the same files with the other using.
/// </summary>
public class PortedProgramTests
{
    /// <summary>What the program says, in the order of what it does; what its server says comes when it comes.</summary>
    private static readonly string[] Expected =
    [
        "listening on 127.0.0.1",
        "connected to localhost by echo over Tls13",
        "suite TLS_AES_128_GCM_SHA256, certificate CN=localhost",
        "from 127.0.0.1 to 127.0.0.1",
        "named True",
        "stream 0 echoes hello",
        "200000 bytes are equal, then 0",
        "blocking abcd",
        "begun and ended 1",
        "can read True, write True, seek False, time out True",
        "one way: can read False, write True",
        "the server got 1234 bytes, by a stream that is Unidirectional",
        "StreamAborted with 0x101",
        "cancelled by the caller's token: True",
        "another protocol: AuthenticationException",
        "another host: AuthenticationException",
        "no code: ArgumentOutOfRangeException",
        "the same protocol twice: AlpnInUse",
        "made by hand: InternalError, none, none",
        "done",
    ];

    private static readonly string[] ExpectedOfServer =
    [
        "server: CallbackError, NotSupportedException",
        "server: closed with 0x304 by a client whose certificate is known",
    ];

    [Fact]
    public async Task AProgramForSystemNetQuicDoesTheSameHere()
    {
        string[] lines = await RunAsync();
        Assert.Equal(Expected, lines.Where(line => !line.StartsWith("server: ", StringComparison.Ordinal)));
        Assert.Equal(ExpectedOfServer, lines.Where(line => line.StartsWith("server: ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static async Task<string[]> RunAsync()
    {
        // tests/HotQuic.Tests/bin/<configuration>/<framework>/ beside tests/HotQuic.Ported/bin/<configuration>/<framework>/
        string here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string framework = Path.GetFileName(here);
        string configuration = Path.GetFileName(Path.GetDirectoryName(here)!);
        string program = Path.GetFullPath(Path.Combine(here, "..", "..", "..", "..", "HotQuic.Ported", "bin", configuration, framework, "HotQuic.Ported.dll"));
        using Process process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Pair.Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            Assert.Fail($"The program does not end. It said:\n{await output}\n{await error}");
        }

        Assert.True(process.ExitCode == 0, $"It ended with {process.ExitCode}:\n{await output}\n{await error}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
