using System.Net;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Load.Harness;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HotQuic.Load.Tests.EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class HttpTests
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RequestsOfSeveralKindsAreMadeAndCounted()
    {
        await using WebServer server = await WebServer.StartAsync();
        LoadScenario scenario = LoadScenario
            .Create("pages", server.Target, LoadStep.Http("get", "GET", "/bytes/1000"), LoadStep.Pause("think", TimeSpan.FromMilliseconds(1)), LoadStep.Http("post", "POST", "/length", 500))
            .WithConnections(2)
            .WithWarmUpDuration(TimeSpan.FromMilliseconds(200))
            .WithLoadSimulations(LoadSimulation.Inject(100, OneSecond, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Empty(report.Iterations.Failures);
        Assert.Equal((100, 100, 100), (report.Iterations.Succeeded, report.Steps[0].Succeeded, report.Steps[2].Succeeded));
        Assert.Equal((100 * 1000, 100 * 503), (report.Steps[0].Bytes, report.Steps[2].Bytes));
        Assert.True(report.Transport.PacketsSent > 0);
    }

    [Fact]
    public async Task AStatusThatSaysSoIsAFailureOfItsKind()
    {
        await using WebServer server = await WebServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("missing", server.Target, LoadStep.Http("get", "GET", "/missing"))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithLoadSimulations(LoadSimulation.Inject(20, OneSecond, OneSecond));

        Assert.Equal(20, (await RunAsync(scenario)).Iterations.Failures["HTTP 404"]);
    }

    [Fact]
    public async Task AnAnswerThatDoesNotComeIsATimeout()
    {
        await using WebServer server = await WebServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("never", server.Target, LoadStep.Http("get", "GET", "/never"))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithTimeout(TimeSpan.FromMilliseconds(300))
            .WithLoadSimulations(LoadSimulation.KeepConstant(2, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Equal(0, report.Iterations.Succeeded);
        Assert.True(report.Iterations.Failures[FailureKinds.Timeout] >= 2);
        Assert.Equal(report.Started, report.Iterations.Failed);
    }

    [Fact]
    public async Task AnIterationMayMakeItsOwnConnection()
    {
        await using WebServer server = await WebServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("visits", server.Target, LoadStep.Connect("connect"), LoadStep.Http("get", "GET", "/bytes/10"))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithLoadSimulations(LoadSimulation.Inject(10, OneSecond, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Empty(report.Iterations.Failures);
        Assert.Equal((10, 10, 10), (report.Iterations.Succeeded, report.Steps[0].Succeeded, report.Steps[1].Succeeded));
    }

    private static async Task<ScenarioReport> RunAsync(LoadScenario scenario) =>
        Assert.Single((await new LoadRunner().RunAsync([scenario]).WaitAsync(Patience)).Scenarios);

    /// <summary>Kestrel over HotQuic.</summary>
    private sealed class WebServer : IAsyncDisposable
    {
        private readonly WebApplication _application;
        private readonly X509Certificate2 _certificate;

        private WebServer(WebApplication application, X509Certificate2 certificate)
        {
            _application = application;
            _certificate = certificate;
        }

        public LoadTarget Target
        {
            get
            {
                string address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
                return LoadTarget.Parse(address).WithTrust(ServerTrust.Authorities([_certificate]));
            }
        }

        public static async Task<WebServer> StartAsync()
        {
            X509Certificate2 certificate = TestServers.Certificate();
            WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Logging.ClearProviders();
            builder.WebHost.UseHotQuic();
            builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http3;
                listen.UseHttps(certificate);
            }));
            WebApplication application = builder.Build();
            application.MapGet("/bytes/{count:int}", (int count) => Results.Bytes(new byte[count]));
            application.MapGet("/never", async (HttpContext context) => await Task.Delay(Timeout.Infinite, context.RequestAborted));
            application.MapPost("/length", async (HttpRequest request) =>
            {
                using MemoryStream body = new();
                await request.Body.CopyToAsync(body);
                return Results.Text($"{body.Length}");
            });
            await application.StartAsync();
            return new(application, certificate);
        }

        public async ValueTask DisposeAsync()
        {
            await _application.DisposeAsync();
            _certificate.Dispose();
        }
    }
}
