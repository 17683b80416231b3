using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Certificates;

/// <summary>
/// A self-signed certificate for localhost, for trying things out: <see cref="Create"/> makes one in memory, and a client
/// that shall trust it compares <see cref="Fingerprint"/>. Nothing is installed or written anywhere.
/// </summary>
internal static class DevelopmentCertificate
{
    /// <summary>Under the 14 days up to which browsers accept a certificate by its hash alone.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(13);

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    /// <summary>Makes an ECDSA P-256 certificate for localhost, 127.0.0.1, ::1 and the extra names, valid from an hour ago.</summary>
    /// <param name="extraNames">Host names and IP addresses.</param>
    /// <param name="lifetime">How long it is valid from now; <see cref="DefaultLifetime"/> where not given.</param>
    /// <exception cref="ArgumentException">An extra name is neither a host name nor an IP address.</exception>
    public static X509Certificate2 Create(IEnumerable<string>? extraNames = null, TimeSpan? lifetime = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(KeyPurpose.ServerAuthentication), new Oid(KeyPurpose.ClientAuthentication)], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(AlternativeNames(extraNames));

        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now - ClockTolerance, now + (lifetime ?? DefaultLifetime));
    }

    /// <summary>The SHA-256 hash of a certificate's DER, as pairs of hexadecimal digits with colons between them.</summary>
    public static string Fingerprint(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return string.Join(':', SHA256.HashData(certificate.RawDataMemory.Span).Select(value => value.ToString("X2", null)));
    }

    private static X509Extension AlternativeNames(IEnumerable<string>? extraNames)
    {
        SubjectAlternativeNameBuilder builder = new();
        IEnumerable<string> names = ["localhost", "127.0.0.1", "::1", .. extraNames ?? []];
        foreach (string name in names.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else if (Uri.CheckHostName(name) == UriHostNameType.Dns || IsWildcard(name))
            {
                builder.AddDnsName(name);
            }
            else
            {
                throw new ArgumentException($"'{name}' is neither a host name nor an IP address.", nameof(extraNames));
            }
        }

        return builder.Build();
    }

    private static bool IsWildcard(string name) =>
        name.StartsWith("*.", StringComparison.Ordinal) && Uri.CheckHostName(name[2..]) == UriHostNameType.Dns;
}
