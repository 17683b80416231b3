using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Tools.Certificates;

/// <summary>Reads certificates and keys from PEM files; whatever is wrong with one is said with its name.</summary>
internal static class PemFiles
{
    /// <summary>All certificates of a file, at least one.</summary>
    /// <exception cref="CommandException">The file cannot be read, or has no certificate.</exception>
    public static X509Certificate2Collection ReadCertificates(string path) => Read(path, () =>
    {
        X509Certificate2Collection certificates = [];
        certificates.ImportFromPemFile(path);
        return certificates.Count > 0 ? certificates : throw new CommandException($"'{path}' has no certificate in PEM.");
    });

    /// <summary>A file's first certificate with the key of another file.</summary>
    /// <exception cref="CommandException">A file cannot be read, or they do not belong together.</exception>
    public static X509Certificate2 ReadWithKey(string chainPath, string keyPath) =>
        Read(keyPath, () => X509Certificate2.CreateFromPemFile(chainPath, keyPath));

    private static T Read<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{path}' cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CommandException($"'{path}' is not the PEM that was expected: {e.Message}", e);
        }
    }
}
