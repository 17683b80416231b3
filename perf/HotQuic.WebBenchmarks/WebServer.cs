using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HotQuic.WebBenchmarks;

/// <summary>
/// The application: <see cref="TextPath"/> answers 13 bytes, <see cref="UsagePath"/> what the process has used. It says its port on a line of
/// its own, and ends with its standard input.
/// </summary>
internal static class WebServer
{
    public const string TextPath = "/text";
    public const string UsagePath = "/usage";

    private static readonly byte[] Text = "Hello, World!"u8.ToArray();

    /// <summary>Those that run here.</summary>
    [SuppressMessage("Interoperability", "CA1416", Justification = "It is asked whether it is supported.")]
    public static WebVariant[] Variants =>
        [.. Enum.GetValues<WebVariant>().Where(variant => variant != WebVariant.SystemNetQuic || System.Net.Quic.QuicListener.IsSupported)];

    public static async Task RunAsync(WebVariant variant, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        switch (variant)
        {
            case WebVariant.HotQuic or WebVariant.HotQuicInline:
                builder.WebHost.UseHotQuic(options => options.UnsafePreferInlineScheduling = variant == WebVariant.HotQuicInline);
                break;
            case WebVariant.SystemNetQuic:
                builder.WebHost.UseQuic();
                break;
        }

        using X509Certificate2 certificate = MakeCertificate();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = variant == WebVariant.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http3;
            listen.UseHttps(certificate);
        }));

        await using WebApplication application = builder.Build();
        application.Run(AnswerAsync);
        await application.StartAsync(cancellation);
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine(WebEndpoint.Line(new Uri(address).Port, certificate));
        while (await Console.In.ReadLineAsync(cancellation) is not null)
        {
        }

        await application.StopAsync(CancellationToken.None);
    }

    private static Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == UsagePath)
        {
            return context.Response.WriteAsJsonAsync(ServerUsage.Read(), ServerUsageJson.Default.ServerUsage);
        }

        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = Text.Length;
        return context.Response.Body.WriteAsync(Text).AsTask();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
