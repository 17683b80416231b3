using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;

namespace HotQuic.Tools.Certificates;

/// <summary>
/// The certificate that a server shows, with its key and what leads to its authority: from files, or made now. Dispose it after the
/// server.
/// </summary>
internal sealed class ServerIdentity : IDisposable
{
    private ServerIdentity(X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        Certificate = certificate;
        Intermediates = intermediates;
    }

    /// <summary>The server's own certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Certificates between it and its authority.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>The SHA-256 hash of the certificate, as people compare it.</summary>
    public string Fingerprint => DevelopmentCertificate.Fingerprint(Certificate);

    /// <summary>Loads the files, or, where neither is given, makes a certificate for localhost and the extra name.</summary>
    /// <exception cref="CommandException">A file cannot be read as what it should be.</exception>
    public static ServerIdentity From(FileInfo? chain, FileInfo? key, string? extraName = null) => (chain, key) switch
    {
        (not null, not null) => Load(chain.FullName, key.FullName),
        (null, null) => new(DevelopmentCertificate.Create(extraName is null ? null : [extraName]), []),
        _ => throw new CommandException("--cert and --key belong together."),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (X509Certificate2 certificate in Intermediates)
        {
            certificate.Dispose();
        }
    }

    private static ServerIdentity Load(string chainPath, string keyPath)
    {
        X509Certificate2Collection chain = PemFiles.ReadCertificates(chainPath);
        X509Certificate2 leaf = PemFiles.ReadWithKey(chainPath, keyPath);
        chain[0].Dispose();
        chain.RemoveAt(0);
        return new(leaf, chain);
    }
}
