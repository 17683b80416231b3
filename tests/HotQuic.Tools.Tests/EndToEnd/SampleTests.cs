using System.Security.Cryptography.X509Certificates;
using HotQuic.Tools.Certificates;

namespace HotQuic.Tools.Tests.EndToEnd;

/// <summary>The programs under tools/samples do what they are examples of.</summary>
[Collection(nameof(EndToEnd))]
public sealed class SampleTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly string _certificate;
    private readonly string _key;

    public SampleTests()
    {
        using ServerIdentity identity = ServerIdentity.From(chain: null, key: null);
        _certificate = _temporary.Write("localhost.pem", identity.Certificate.ExportCertificatePem());
        _key = _temporary.Write("localhost.key", identity.Certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public async Task TheEchoServiceSendsBackEachTextAndEndsWhenAskedTo()
    {
        string large = new('x', 100_000);
        using ToolProcess server = ToolProcess.StartSample("EchoService", "server", "127.0.0.1:0", _certificate, _key);
        string port = await PortOfAsync(server);
        using ToolProcess client = ToolProcess.StartSample("EchoService", "client", "127.0.0.1", port, _certificate, "one", large, "three");

        Assert.Equal($"one\n{large}\nthree\n", await client.ReadOutputAsync());
        Assert.Equal(0, await client.WaitForExitAsync());
        await StopAsync(server);
        Assert.Equal("Stopped", (await server.ReadOutputAsync()).TrimEnd());
        Assert.Empty(await server.ReadErrorAsync());
    }

    [SkippableFact]
    public async Task TheEchoServiceSaysWhatIsWrongAndGoesOn()
    {
        using ServerIdentity other = ServerIdentity.From(chain: null, key: null);
        string untrusting = _temporary.Write("other.pem", other.Certificate.ExportCertificatePem());
        using ToolProcess server = ToolProcess.StartSample("EchoService", "server", "127.0.0.1:0", _certificate, _key);
        string port = await PortOfAsync(server);

        using (ToolProcess client = ToolProcess.StartSample("EchoService", "client", "127.0.0.1", port, untrusting, "text"))
        {
            Assert.Equal(1, await client.WaitForExitAsync());
            Assert.Contains("TLS alert", await client.ReadErrorAsync(), StringComparison.Ordinal);
        }

        using (ToolProcess client = ToolProcess.StartSample("EchoService", "client", "127.0.0.1", port, _certificate, "text"))
        {
            Assert.Equal("text", (await client.ReadOutputAsync()).TrimEnd());
        }

        await StopAsync(server);
        Assert.StartsWith("Handshake: ", await server.ReadErrorAsync(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task TheRequestServiceCountsWithoutAllocatingForARequest()
    {
        using ToolProcess server = ToolProcess.StartSample("RequestService", "server", "127.0.0.1:0", _temporary.Root);
        string endPoint = "127.0.0.1:" + await PortOfAsync(server);

        using (ToolProcess client = StartCounting(endPoint, "localhost", requests: "100000"))
        {
            Assert.StartsWith(
                "Counter 7 is 300000 after 100000 requests: 0 bytes allocated for each, ", await client.ReadOutputAsync(), StringComparison.Ordinal);
            Assert.Equal(0, await client.WaitForExitAsync());
        }

        using (ToolProcess client = StartCounting(endPoint, "localhost", requests: "1"))
        {
            Assert.StartsWith("Counter 7 is 300003 after 1 requests: ", await client.ReadOutputAsync(), StringComparison.Ordinal);
        }

        await StopAsync(server);
        Assert.Contains(
            "Stopped: 2 connections accepted, 0 rejected, 0 handshakes failed", await server.ReadOutputAsync(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task TheRequestServiceRejectsHostsThatItHasNoCertificateOf()
    {
        using ToolProcess server = ToolProcess.StartSample("RequestService", "server", "127.0.0.1:0", _temporary.Root);
        string endPoint = "127.0.0.1:" + await PortOfAsync(server);

        using (ToolProcess client = StartCounting(endPoint, "unknown.test", requests: "1"))
        {
            Assert.Equal(1, await client.WaitForExitAsync());
            Assert.Equal("The server refused the connection.", (await client.ReadErrorAsync()).TrimEnd());
        }

        await StopAsync(server);
        Assert.Contains("0 connections accepted, 1 rejected", await server.ReadOutputAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EchoService")]
    [InlineData("RequestService")]
    public async Task WithoutArgumentsASampleSaysHowItIsUsed(string name)
    {
        using ToolProcess sample = ToolProcess.StartSample(name);

        Assert.Equal(2, await sample.WaitForExitAsync());
        Assert.StartsWith($"{name} server ", await sample.ReadErrorAsync(), StringComparison.Ordinal);
    }

    private ToolProcess StartCounting(string endPoint, string host, string requests) =>
        ToolProcess.StartSample("RequestService", "client", endPoint, host, _certificate, "7", "3", requests);

    private static async Task<string> PortOfAsync(ToolProcess server)
    {
        string line = await server.ReadLineAsync();
        Assert.StartsWith("Listening on 127.0.0.1:", line, StringComparison.Ordinal);
        return line[(line.LastIndexOf(':') + 1)..];
    }

    /// <summary>As Ctrl-C does.</summary>
    private static async Task StopAsync(ToolProcess server)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals");
        server.Signal("INT");
        Assert.Equal(0, await server.WaitForExitAsync());
    }
}
