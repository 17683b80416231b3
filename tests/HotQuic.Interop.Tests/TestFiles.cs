using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Interop.Tests;

/// <summary>
/// The files that peers read, made once a test run in a temporary folder: a certificate authority, a P-256 leaf for localhost, 127.0.0.1
/// and ::1, and files of the test pattern for the peer that serves from disk. <see cref="PeersCollection"/> deletes the folder.
/// </summary>
internal static class TestFiles
{
    private static readonly Lazy<string> Folder = new(static () => Directory.CreateTempSubdirectory("hotquic-interop-").FullName);
    private static readonly Lazy<(X509Certificate2 Authority, X509Certificate2 Server)> Certificates = new(CreateCertificates);

    public static X509Certificate2 Authority => Certificates.Value.Authority;

    /// <summary>The leaf, with its private key.</summary>
    public static X509Certificate2 Server => Certificates.Value.Server;

    /// <summary>Has ca.pem, server.pem (leaf, then authority) and server.key.</summary>
    public static string CertificatesDirectory
    {
        get
        {
            _ = Certificates.Value;
            return Folder.Value;
        }
    }

    /// <summary>A new empty folder of its own.</summary>
    public static string CreateSubfolder(string purpose)
    {
        return Directory.CreateDirectory(Path.Combine(Folder.Value, $"{purpose}-{Guid.NewGuid():N}")).FullName;
    }

    /// <summary>A folder with one file of the pattern for each stream of the work, named by <see cref="DocumentName"/>.</summary>
    public static string DocumentsFor(Work work)
    {
        string directory = Path.Combine(Folder.Value, $"documents-{work.Streams}x{work.Bytes}");
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            byte[] content = Pattern.Create(work.Bytes);
            for (int stream = 0; stream < work.Streams; stream++)
            {
                File.WriteAllBytes(Path.Combine(directory, DocumentName(stream)), content);
            }
        }

        return directory;
    }

    public static string DocumentName(int stream) => $"stream-{stream}";

    /// <summary>Deletes them all; nothing here may be used afterwards.</summary>
    public static void Delete()
    {
        if (Folder.IsValueCreated)
        {
            Directory.Delete(Folder.Value, recursive: true);
        }
    }

    private static (X509Certificate2 Authority, X509Certificate2 Server) CreateCertificates()
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1);
        DateTimeOffset until = from.AddDays(2);
        X509Certificate2 authority = CreateAuthority(from, until);
        X509Certificate2 server = CreateLeaf(authority, from, until);
        File.WriteAllText(Path.Combine(Folder.Value, "ca.pem"), authority.ExportCertificatePem());
        string chain = $"{server.ExportCertificatePem()}\n{authority.ExportCertificatePem()}\n";
        File.WriteAllText(Path.Combine(Folder.Value, "server.pem"), chain);
        using ECDsa key = server.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(Folder.Value, "server.key"), key.ExportPkcs8PrivateKeyPem());
        return (authority, server);
    }

    private static X509Certificate2 CreateAuthority(DateTimeOffset from, DateTimeOffset until)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=HotQuic interop test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(from, until);
    }

    private static X509Certificate2 CreateLeaf(X509Certificate2 authority, DateTimeOffset from, DateTimeOffset until)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        using X509Certificate2 certificate = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }
}
