using HotQuic.Kestrel;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Makes HotQuic the transport of Kestrel's HTTP/3 endpoints.</summary>
public static class HotQuicWebHostBuilderExtensions
{
    /// <summary>
    /// Gives the server HTTP/3 over HotQuic, on every endpoint whose protocols include it. It works whether or not
    /// <c>System.Net.Quic</c> is supported, and in its place where it is.
    /// <code>
    /// builder.WebHost.UseHotQuic();
    /// builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(443, listen =>
    /// {
    ///     listen.Protocols = HttpProtocols.Http1AndHttp2AndHttp3;
    ///     listen.UseHttps();
    /// }));
    /// </code>
    /// </summary>
    /// <param name="builder">The builder of the web host.</param>
    /// <param name="configure">Sets options, after they were read from the section "HotQuic" of the configuration; null for none.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">There is no builder.</exception>
    public static IWebHostBuilder UseHotQuic(this IWebHostBuilder builder, Action<HotQuicTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.AddHotQuic(configure));
    }
}
