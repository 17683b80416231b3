using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;

namespace HotQuic.Architecture.Tests;

/// <summary>A new user begins with the programs that the readmes print: they compile as they stand, and do what is said of them.</summary>
public sealed class ReadmeTests : IDisposable
{
    private const string Root = "README.md";
    private const string Package = "src/HotQuic/README.md";

    /// <summary>Long enough that only a hang reaches it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hotquic-readme-");

    [Theory]
    [InlineData(Root, 2)]
    [InlineData(Package, 4)]
    [InlineData("src/HotQuic.Http3/README.md", 2)]
    [InlineData(ReadmeProgram.Web, 1)]
    public async Task EveryProgramCompiles(string readme, int programs)
    {
        IReadOnlyList<ReadmeProgram> all = ReadmeProgram.AllOf(readme);
        Assert.Equal(programs, all.Count);
        foreach (ReadmeProgram program in all)
        {
            Assert.Equal("", await program.CompileAsync(_directory.FullName));
        }
    }

    /// <summary>The clients of either readme with its servers: awaited server and client come first, then those of event handlers.</summary>
    [Theory]
    [InlineData(Root, 0, 1)]
    [InlineData(Package, 0, 1)]
    [InlineData(Package, 2, 1)]
    [InlineData(Package, 2, 3)]
    public async Task TheClientGetsItsHelloBack(string readme, int server, int client)
    {
        WriteCertificate();
        int port = FreePort();
        IReadOnlyList<ReadmeProgram> all = ReadmeProgram.AllOf(readme);
        (ReadmeProgram serving, ReadmeProgram asking) = (all[server].OnPort(port), all[client].OnPort(port));
        Assert.Equal("", await serving.CompileAsync(_directory.FullName));
        Assert.Equal("", await asking.CompileAsync(_directory.FullName));
        using Process process = serving.Start(_directory.FullName);
        try
        {
            Assert.Equal("hello", await AskAsync(asking, process));

            // Event handlers serve until a line is entered, the others one stream.
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(("", 0), (await process.StandardError.ReadToEndAsync(), process.ExitCode));
        }
        finally
        {
            process.Kill();
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Asks again for as long as the server has not come up.</summary>
    private async Task<string> AskAsync(ReadmeProgram client, Process server)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            using Process process = client.Start(_directory.FullName);
            Task<string> complaints = process.StandardError.ReadToEndAsync();
            string answer = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await process.WaitForExitAsync();
            if (process.ExitCode == 0)
            {
                return answer;
            }

            Assert.False(server.HasExited, "The server has ended.");
            Assert.True(waited.Elapsed < Patience, await complaints);
        }
    }

    private void WriteCertificate()
    {
        using X509Certificate2 certificate = DevelopmentCertificate.Create();
        File.WriteAllText(Path.Combine(_directory.FullName, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory.FullName, "cert.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }
}
