using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.WebBenchmarks;

/// <summary>Where the server listens, and the one certificate that is its: the line that it says when it is ready.</summary>
/// <param name="Port">A port of 127.0.0.1.</param>
/// <param name="CertificateHash">SHA-256, hexadecimal.</param>
internal sealed record WebEndpoint(int Port, string CertificateHash)
{
    public static WebEndpoint Parse(string? line) => line?.Split(' ') is [var port, var hash]
        ? new(int.Parse(port, CultureInfo.InvariantCulture), hash)
        : throw new InvalidOperationException("The server's process ended before it was ready.");

    public Uri At(string path) => new($"https://127.0.0.1:{Port}{path}");

    public SslClientAuthenticationOptions Trust() => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == CertificateHash,
    };

    public static string Line(int port, X509Certificate2 certificate) =>
        string.Create(CultureInfo.InvariantCulture, $"{port} {certificate.GetCertHashString(HashAlgorithmName.SHA256)}");
}
