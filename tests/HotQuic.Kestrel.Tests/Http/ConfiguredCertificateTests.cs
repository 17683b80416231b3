using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>Endpoints and certificates that Kestrel takes from its configuration, and takes anew when that changes.</summary>
public sealed class ConfiguredCertificateTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hotquic-kestrel-");
    private readonly int _port = FreePort.Find();
    private readonly ChangingConfiguration _configuration;

    public ConfiguredCertificateTests()
    {
        _configuration = new ChangingConfiguration(_port);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACertificateComesFromAFile(bool isPkcs12)
    {
        using X509Certificate2 certificate = TestCertificates.Create("localhost");
        if (isPkcs12)
        {
            string path = Path.Combine(_directory.FullName, "certificate.pfx");
            await File.WriteAllBytesAsync(path, certificate.Export(X509ContentType.Pfx, "secret"));
            _configuration["Endpoints:Https:Certificate:Path"] = path;
            _configuration["Endpoints:Https:Certificate:Password"] = "secret";
        }
        else
        {
            UsePemFiles(certificate);
        }

        await using TestApplication application = await StartAsync();
        Assert.Equal(certificate.Thumbprint, await ThumbprintAsync(application));
    }

    /// <summary>The user's store is that of the machine that runs the tests: what is put there for a moment has a name of its own.</summary>
    [Fact]
    public async Task ACertificateComesFromAStore()
    {
        string name = $"hotquic-{Guid.NewGuid():N}.test";
        using X509Certificate2 created = TestCertificates.Create(name);
        using X509Certificate2 stored = X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.PersistKeySet);
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser, OpenFlags.ReadWrite);
        store.Add(stored);
        try
        {
            _configuration["Endpoints:Https:Certificate:Subject"] = name;
            _configuration["Endpoints:Https:Certificate:Store"] = "My";
            _configuration["Endpoints:Https:Certificate:AllowInvalid"] = "true";
            await using TestApplication application = await StartAsync();
            Assert.Equal(stored.Thumbprint, await ThumbprintAsync(application));
        }
        finally
        {
            store.Remove(stored);
        }
    }

    /// <summary>The name that a client asks for selects among the certificates of the configuration.</summary>
    [Fact]
    public async Task NamesHaveCertificatesOfTheirOwn()
    {
        using X509Certificate2 other = TestCertificates.Create("other.test");
        UsePemFiles(TestCertificates.Localhost, "Endpoints:Https:Sni:*");
        UsePemFiles(other, "Endpoints:Https:Sni:other.test");
        await using TestApplication application = await StartAsync();
        Assert.Equal(TestCertificates.Localhost.Thumbprint, await ThumbprintAsync(application));
        Assert.Equal(other.Thumbprint, await ThumbprintAsync(application, "other.test"));
    }

    /// <summary>Kestrel ends the endpoint and begins it anew on the same port, TCP and UDP.</summary>
    [Fact]
    public async Task AChangedConfigurationServesItsCertificateOnTheSamePort()
    {
        using X509Certificate2 renewed = TestCertificates.Create("localhost");
        UsePemFiles(TestCertificates.Localhost);
        await using TestApplication application = await StartAsync();
        Assert.Equal(TestCertificates.Localhost.Thumbprint, await ThumbprintAsync(application));
        UsePemFiles(renewed);
        _configuration.Change();
        await UntilServedAsync(application, renewed);
    }

    /// <summary>The files stay the same, and what is in them changes, as where a certificate is renewed.</summary>
    [Fact]
    public async Task AChangedFileServesItsCertificate()
    {
        using X509Certificate2 renewed = TestCertificates.Create("localhost");
        UsePemFiles(TestCertificates.Localhost, name: "renewed");
        await using TestApplication application = await StartAsync();
        Assert.Equal(TestCertificates.Localhost.Thumbprint, await ThumbprintAsync(application));
        UsePemFiles(renewed, name: "renewed");
        await UntilServedAsync(application, renewed);
    }

    /// <summary>An endpoint that the configuration names no more is gone, and one that is new is there.</summary>
    [Fact]
    public async Task AnEndpointMovesToAnotherPort()
    {
        UsePemFiles(TestCertificates.Localhost);
        await using TestApplication application = await StartAsync();
        await using Http3TestClient before = await application.ConnectAsync();
        Assert.Equal(200, (await before.GetAsync("/json")).Status);
        int port = FreePort.Find();
        _configuration["Endpoints:Https:Url"] = $"https://127.0.0.1:{port}";
        _configuration.Change();
        var moved = new IPEndPoint(IPAddress.Loopback, port);
        await UntilAsync(async () =>
        {
            await using Http3TestClient after = await Http3TestClient.ConnectAsync(moved);
            return (await after.GetAsync("/json")).Status == 200;
        });
        Exception? refusal = await Record.ExceptionAsync(() => Http3TestClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port)));
        Assert.NotNull(refusal);
    }

    /// <summary>Whoever asked before an endpoint moved is answered where he asked, others beside him notwithstanding.</summary>
    [Fact]
    public async Task ARequestUnderWayIsAnsweredWhileItsEndpointMovesUnderLoad()
    {
        UsePemFiles(TestCertificates.Localhost);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Port = _port,
            Configuration = _configuration,
            Map = routes => routes.MapGet("/slow", async () =>
            {
                arrived.SetResult();
                await go.Task;
                return Results.Bytes(TestApplication.Pattern(1_000_000));
            }),
        });
        await using Http3TestClient client = await application.ConnectAsync();
        Task<Http3Answer> answering = client.GetAsync("/slow");
        await arrived.Task.OrFail();
        int port = FreePort.Find();
        using var stop = new CancellationTokenSource();
        Task[] loads = [.. Enumerable.Range(0, 4).Select(_ => LoadAsync([_port, port], stop.Token))];
        _configuration["Endpoints:Https:Url"] = $"https://127.0.0.1:{port}";
        _configuration.Change();
        await client.GoAway.Task.OrFail();
        go.SetResult();
        Assert.Equal(TestApplication.Pattern(1_000_000), (await answering).Body);
        await UntilAsync(async () =>
        {
            await using Http3TestClient after = await Http3TestClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            return (await after.GetAsync("/json")).Status == 200;
        });
        await stop.CancelAsync();
        await Task.WhenAll(loads).OrFail();
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task<string> ThumbprintAsync(TestApplication application, string host = "localhost")
    {
        await using Http3TestClient client = await application.ConnectAsync(host);
        Assert.Equal(200, (await client.GetAsync("/json")).Status);
        return ((X509Certificate2)client.Connection.RemoteCertificate!).Thumbprint;
    }

    private static Task UntilServedAsync(TestApplication application, X509Certificate2 certificate) =>
        UntilAsync(async () => await ThumbprintAsync(application) == certificate.Thumbprint);

    /// <summary>Nothing tells when Kestrel is done: until then the endpoint is as it was, or nobody listens.</summary>
    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        long start = Environment.TickCount64;
        while (Environment.TickCount64 - start < TestTime.Patience.TotalMilliseconds)
        {
            try
            {
                if (await isSo())
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is QuicException or SocketException or AuthenticationException)
            {
                // Nobody is there just now.
            }

            await Task.Delay(50);
        }

        Assert.Fail("What was configured did not come.");
    }

    /// <summary>Connects and asks, now here, now there, whoever listens.</summary>
    private static async Task LoadAsync(int[] ports, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                await using Http3TestClient client = await Http3TestClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, ports[i % ports.Length]));
                Assert.Equal(200, (await client.GetAsync("/json")).Status);
            }
            catch (Exception exception) when (exception is QuicException or SocketException or AuthenticationException)
            {
                // Nobody is there just now, or goes away.
            }
        }
    }

    private void UsePemFiles(X509Certificate2 certificate, string section = "Endpoints:Https", string? name = null)
    {
        string path = Path.Combine(_directory.FullName, $"{name ?? certificate.Thumbprint}.pem");
        string keyPath = Path.ChangeExtension(path, ".key");
        File.WriteAllText(keyPath, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(path, certificate.ExportCertificatePem());
        _configuration[$"{section}:Certificate:Path"] = path;
        _configuration[$"{section}:Certificate:KeyPath"] = keyPath;
    }

    private Task<TestApplication> StartAsync() => TestApplication.StartAsync(new TestApplicationSettings { Port = _port, Configuration = _configuration });
}
