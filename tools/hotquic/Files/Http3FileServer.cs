using System.Net;
using HotQuic.Tools.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HotQuic.Tools.Files;

/// <summary>
/// Serves a directory over HTTP/3 through Kestrel, and over HTTP/1.1 and HTTP/2 on the same port number, which tell browsers of it: set up,
/// <see cref="StartAsync"/>, <see cref="EndPoint"/>, dispose.
/// </summary>
internal sealed class Http3FileServer : IAsyncDisposable
{
    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    private readonly ServedDirectory _directory;
    private readonly IPEndPoint _endPoint;
    private readonly WebApplication _application;

    /// <summary>Port 0 is one of the system's choice, for HTTP/3 alone: Kestrel does not find one that is free for both transports.</summary>
    public Http3FileServer(ServedDirectory directory, IPEndPoint endPoint, ServerIdentity identity, Http3ServingOptions options)
    {
        _directory = directory;
        _endPoint = endPoint;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // that it cannot start is the command's error to tell
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseHotQuic(transport =>
        {
            transport.RetryMode = options.RetryMode;
            transport.Transport.KeyLogFile = options.KeyLogFile;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = endPoint.Port == 0 ? HttpProtocols.Http3 : HttpProtocols.Http1AndHttp2AndHttp3;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = identity.Certificate;
                    https.ServerCertificateChain = identity.Intermediates;
                });
            });
        });
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>Where it listens, once started.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <exception cref="CommandException">The address is in use, is none of this machine, or is not for this user.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _application.StartAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or AddressInUseException or System.Net.Sockets.SocketException)
        {
            throw new CommandException($"cannot listen on {_endPoint}: {(e.InnerException as AddressInUseException ?? e).Message}", e);
        }

        Uri address = new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        EndPoint = new(IPAddress.Parse(address.Host.Trim('[', ']')), address.Port);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        string path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        await using Stream? content = _directory.TryOpen(path);
        await (content is null
            ? TypedResults.NotFound().ExecuteAsync(context)
            : TypedResults.Stream(content, ContentTypeOf(path), enableRangeProcessing: true).ExecuteAsync(context));
    }

    private static string ContentTypeOf(string path)
    {
        string name = path.Split('?')[0];
        return ContentTypes.TryGetContentType(name.EndsWith('/') ? "index.html" : name, out string? type) ? type : "application/octet-stream";
    }
}
