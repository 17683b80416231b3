using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace WebApp;

/// <summary>
/// The endpoint and its certificate: the one of the configuration (Kestrel:Certificates:Default) or of <c>dotnet dev-certs https</c>, else one
/// made for this run, which browsers warn of. Browsers speak HTTP/3 only where they trust the certificate without such a warning; Chromium, and
/// what is made from it, wants a public authority's besides, even where the user trusts a development certificate, except from hosts that
/// <c>--origin-to-force-quic-on=localhost:8443</c> names. Others go on with HTTP/2.
/// </summary>
internal static class Certificates
{
    public static void Listen(KestrelServerOptions kestrel, int port) => kestrel.ListenAnyIP(port, listen =>
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2AndHttp3;
        try
        {
            listen.UseHttps();
        }
        catch (InvalidOperationException)
        {
            // Kestrel has neither a configured nor a development certificate.
            listen.UseHttps(Create());
        }
    });

    private static X509Certificate2 Create()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(13));
    }
}
