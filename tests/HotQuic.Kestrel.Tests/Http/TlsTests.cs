using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>Certificates, of either side, set through Kestrel.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task TheNameThatTheClientAsksForSelectsTheCertificate()
    {
        using X509Certificate2 other = TestCertificates.Create("other.test");
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Https = https => https.ServerCertificateSelector = (_, name) => name == "other.test" ? other : TestCertificates.Localhost,
        });
        foreach (string name in (string[])["localhost", "other.test"])
        {
            await using Http3TestClient client = await application.ConnectAsync(name);
            Assert.Equal($"CN={name}", client.Connection.RemoteCertificate!.Subject);
            Assert.Equal(200, (await client.GetAsync("/json")).Status);
        }
    }

    /// <summary>Kestrel's callback for each handshake, which is asynchronous and is told the name and the state that was given with it.</summary>
    [Fact]
    public async Task AHandshakeCallbackDecidesByName()
    {
        using X509Certificate2 other = TestCertificates.Create("other.test");
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Handshake = new TlsHandshakeCallbackOptions
            {
                OnConnectionState = other,
                OnConnection = async question =>
                {
                    await Task.Yield();
                    return new SslServerAuthenticationOptions
                    {
                        ServerCertificate = question.ClientHelloInfo.ServerName == "other.test" ? (X509Certificate2)question.State! : TestCertificates.Localhost,
                    };
                },
            },
        });
        foreach (string name in (string[])["localhost", "other.test"])
        {
            await using Http3TestClient client = await application.ConnectAsync(name);
            Assert.Equal($"CN={name}", client.Connection.RemoteCertificate!.Subject);
            Assert.Equal(200, (await client.GetAsync("/json")).Status);
        }
    }

    /// <summary>A certificate that is replaced serves new connections; those there are stay.</summary>
    [Fact]
    public async Task ACertificateIsReloadedWithoutARestart()
    {
        using X509Certificate2 renewed = TestCertificates.Create("localhost");
        X509Certificate2 current = TestCertificates.Localhost;
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Https = https => https.ServerCertificateSelector = (_, _) => current,
        });
        await using Http3TestClient before = await application.ConnectAsync();
        Assert.Equal(TestCertificates.Localhost.Thumbprint, Thumbprint(before));
        current = renewed;
        await using Http3TestClient after = await application.ConnectAsync();
        Assert.Equal(renewed.Thumbprint, Thumbprint(after));
        Assert.Equal(200, (await before.GetAsync("/json")).Status);
    }

    [Fact]
    public async Task ARequiredClientCertificateIsSeenByTheApplication()
    {
        using X509Certificate2 own = TestCertificates.Create("a client");
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Https = https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (certificate, _, _) => certificate.Subject == "CN=a client";
            },
            Map = MapSubject,
        });
        await using Http3TestClient client = await application.ConnectAsync(certificate: own);
        Assert.Equal("CN=a client", (await client.GetAsync("/subject")).Text);
    }

    [Fact]
    public async Task WithoutTheRequiredCertificateThereIsNoConnection()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Https = https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            },
        });

        // With TLS 1.3 the client is done before the server has judged: it learns with its first request.
        Exception? exception = await Record.ExceptionAsync(async () =>
        {
            await using Http3TestClient client = await application.ConnectAsync();
            await client.GetAsync("/json");
        });
        Assert.True(exception is AuthenticationException or QuicException, $"{exception}");
        Assert.Equal(0, application.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAllowedClientCertificateMayBeMissing(bool shows)
    {
        using X509Certificate2 own = TestCertificates.Create("a client");
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Https = https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            },
            Map = MapSubject,
        });
        await using Http3TestClient client = await application.ConnectAsync(certificate: shows ? own : null);
        Assert.Equal(shows ? "CN=a client" : "none", (await client.GetAsync("/subject")).Text);
    }

    /// <summary>A certificate cannot be asked for after the handshake (RFC 9001 §4.4): an application that wants it then gets none.</summary>
    [Fact]
    public async Task ADelayedClientCertificateNeverComes()
    {
        using X509Certificate2 own = TestCertificates.Create("a client");
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Https = https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.DelayCertificate;
                https.AllowAnyClientCertificate();
            },
            Map = MapSubject,
        });
        await using Http3TestClient client = await application.ConnectAsync(certificate: own);
        Assert.Equal("none", (await client.GetAsync("/subject")).Text);
    }

    private static string Thumbprint(Http3TestClient client) => ((X509Certificate2)client.Connection.RemoteCertificate!).Thumbprint;

    private static void MapSubject(WebApplication application) =>
        application.MapGet("/subject", async (HttpContext context) => (await context.Connection.GetClientCertificateAsync())?.Subject ?? "none");
}
