using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Kestrel.Tests;

namespace HotQuic.Browser.Tests;

/// <summary>
/// The sample tools/samples/WebApp as a process of its own, with the tests' certificate. Dispose of it to kill it, in the midst of whatever it
/// does and without a word to its clients.
/// </summary>
internal sealed class WebAppProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _certificates = Directory.CreateTempSubdirectory("hotquic-browser-");
    private readonly Process _process;

    private WebAppProcess(int port, byte[]? resetKey)
    {
        string certificate = Path.Combine(_certificates.FullName, "certificate.pem");
        string key = Path.Combine(_certificates.FullName, "key.pem");
        File.WriteAllText(certificate, TestCertificates.Localhost.ExportCertificatePem());
        File.WriteAllText(key, TestCertificates.Localhost.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "WebApp.dll"), $"--Port={port}"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["Kestrel__Certificates__Default__Path"] = certificate;
        start.Environment["Kestrel__Certificates__Default__KeyPath"] = key;
        if (resetKey is not null)
        {
            start.Environment["HotQuic__StatelessResetKey"] = Convert.ToBase64String(resetKey);
        }

        _process = Process.Start(start)!;
    }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="port">Where it listens, over TCP and UDP.</param>
    /// <param name="resetKey">What its stateless resets derive from; null for what it makes up.</param>
    public static async Task<WebAppProcess> StartAsync(int port, byte[]? resetKey = null)
    {
        var started = new WebAppProcess(port, resetKey);
        string output = string.Empty;
        while (await started._process.StandardOutput.ReadLineAsync().OrFail() is { } line)
        {
            output += line + '\n';
            if (line.Contains("Application started", StringComparison.Ordinal))
            {
                _ = started._process.StandardOutput.ReadToEndAsync();
                return started;
            }
        }

        await started.DisposeAsync();
        throw new InvalidOperationException($"The sample did not start:\n{output}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().OrFail();
        _process.Dispose();
        _certificates.Delete(recursive: true);
    }
}
