using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>
/// A web application on the transport, on 127.0.0.1: HTTP/1.1, 2 and 3 on one port number. It answers /, /json, /bytes/N (N bytes of a
/// pattern), /upload (the SHA-256 of the body), /address; a test adds what else it needs.
/// </summary>
internal sealed class TestApplication : IAsyncDisposable
{
    private const int MostAttempts = 5;

    private readonly WebApplication _application;
    private readonly MeterListener _meters = new();
    private long _connections;
    private long _streams;
    private long _contexts;

    private TestApplication(WebApplication application, LogRecord log)
    {
        _application = application;
        Log = log;
        _meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "HotQuic.Kestrel")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        IMeterFactory factory = application.Services.GetRequiredService<IMeterFactory>();
        _meters.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (!ReferenceEquals(instrument.Meter.Scope, factory))
            {
                return;
            }

            switch (instrument.Name)
            {
                case "hotquic.kestrel.connections.active": Interlocked.Add(ref _connections, value); break;
                case "hotquic.kestrel.streams.active": Interlocked.Add(ref _streams, value); break;
                default: Interlocked.Add(ref _contexts, value); break;
            }
        });
        _meters.Start();
    }

    public LogRecord Log { get; }

    /// <summary>Where it listens first: while Kestrel takes another configuration it names no address.</summary>
    public IPEndPoint EndPoint => field ??= IPEndPoint.Parse(new Uri(_application.Urls.First()).Authority);

    /// <summary>Connections that Kestrel holds.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Streams that Kestrel holds.</summary>
    public long Streams => Interlocked.Read(ref _streams);

    /// <summary>Stream contexts that were made.</summary>
    public long StreamContexts => Interlocked.Read(ref _contexts);

    /// <summary>Starts it on a port that is free for TCP and UDP; somebody may be faster, so more than once where needed.</summary>
    public static async Task<TestApplication> StartAsync(TestApplicationSettings? settings = null)
    {
        settings ??= new TestApplicationSettings();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await StartOnAsync(settings.Port ?? FreePort.Find(), settings);
            }
            catch (IOException) when (settings.Port is null && attempt < MostAttempts)
            {
                continue;
            }
        }
    }

    public Task<Http3TestClient> ConnectAsync(string host = "localhost", X509Certificate2? certificate = null) =>
        Http3TestClient.ConnectAsync(EndPoint, host, certificate);

    public Task StopAsync(CancellationToken cancellationToken = default) => _application.StopAsync(cancellationToken);

    /// <summary>Waits until a number is what it should come to.</summary>
    public static async Task EventuallyAsync(long expected, Func<long> actual)
    {
        long start = Environment.TickCount64;
        while (actual() != expected && Environment.TickCount64 - start < TestTime.Patience.TotalMilliseconds)
        {
            await Task.Delay(10);
        }

        Assert.Equal(expected, actual());
    }

    public static byte[] Pattern(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)((31 * i) + 7 + (13 * (i >> 8)) + (5 * (i >> 16)));
        }

        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
        _meters.Dispose();
    }

    private static async Task<TestApplication> StartOnAsync(int port, TestApplicationSettings settings)
    {
        var log = new LogRecord();
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        if (settings.Configuration is not null)
        {
            builder.Configuration.Sources.Add(settings.Configuration);
        }

        builder.WebHost.UseHotQuic(settings.Transport);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            settings.Kestrel?.Invoke(kestrel);
            if (settings.IsWithoutWebTransport)
            {
                typeof(KestrelServerOptions).GetProperty("EnableWebTransportAndH3Datagrams", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(kestrel, false);
            }

            if (settings.Configuration is null)
            {
                kestrel.Listen(IPAddress.Loopback, port, listen => Listen(listen, settings));
            }
        });
        WebApplication application = builder.Build();
        Map(application);
        settings.Map?.Invoke(application);
        var started = new TestApplication(application, log);
        await application.StartAsync().OrFail();
        return started;
    }

    private static void Listen(ListenOptions listen, TestApplicationSettings settings)
    {
        listen.Protocols = settings.Protocols;
        if (settings.Handshake is { } handshake)
        {
            listen.UseHttps(handshake);
            return;
        }

        listen.UseHttps(https =>
        {
            https.ServerCertificate = TestCertificates.Localhost;
            settings.Https?.Invoke(https);
        });
    }

    private static void Map(WebApplication application)
    {
        application.MapGet("/", () => Results.Content("<!doctype html><title>HotQuic</title>", "text/html"));
        application.MapGet("/json", (HttpContext context) => new { Protocol = context.Request.Protocol, IsHttps = context.Request.IsHttps });
        application.MapGet("/bytes/{count:int}", (int count) => Results.Bytes(Pattern(count)));
        application.MapPost("/upload", async (HttpContext context) =>
        {
            byte[] digest = await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted);
            return Convert.ToHexStringLower(digest);
        });
        application.MapGet("/address", (HttpContext context) => $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}");
    }
}

/// <summary>What a test wants otherwise than usual.</summary>
internal sealed record TestApplicationSettings
{
    /// <summary>Null for one that is free for TCP and UDP.</summary>
    public int? Port { get; init; }

    public HttpProtocols Protocols { get; init; } = HttpProtocols.Http1AndHttp2AndHttp3;

    public Action<HotQuicTransportOptions>? Transport { get; init; }

    public Action<KestrelServerOptions>? Kestrel { get; init; }

    public Action<HttpsConnectionAdapterOptions>? Https { get; init; }

    /// <summary>Decides about each handshake, in place of <see cref="Https"/>.</summary>
    public TlsHandshakeCallbackOptions? Handshake { get; init; }

    /// <summary>Names the endpoints and their certificates, in place of code.</summary>
    public IConfigurationSource? Configuration { get; init; }

    public Action<WebApplication>? Map { get; init; }

    /// <summary>
    /// Leaves Kestrel's experimental switch for WebTransport off, which the other tests have on: with it, Kestrel reads the type of every stream before
    /// it accepts the next, and takes a stream that is given up just then for the end of the connection.
    /// </summary>
    public bool IsWithoutWebTransport { get; init; }
}
