using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic;

namespace RequestService;

/// <summary>The configuration for each host name, read from NAME.pem and NAME.key of a directory when a client first asks for it.</summary>
internal sealed class Certificates(string directory)
{
    private readonly ConcurrentDictionary<string, QuicServerConfiguration> _configurations = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads files: not for a shard.</summary>
    /// <returns>Null where there is no such host.</returns>
    public QuicServerConfiguration? Find(string host)
    {
        // The name comes from a stranger, and leads to a file.
        if (Uri.CheckHostName(host) != UriHostNameType.Dns)
        {
            return null;
        }

        if (_configurations.TryGetValue(host, out QuicServerConfiguration? known))
        {
            return known;
        }

        string path = Path.Combine(directory, host);
        if (!File.Exists(path + ".pem"))
        {
            return null;
        }

        try
        {
            // Two that come at once may both prepare one; the first is kept.
            return _configurations.GetOrAdd(host, Configure(X509Certificate2.CreateFromPemFile(path + ".pem", path + ".key")));
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{path}: {exception.Message}");
            return null;
        }
    }

    private static QuicServerConfiguration Configure(X509Certificate2 certificate) => QuicServerConfiguration.Create(new QuicServerConnectionOptions
    {
        DefaultStreamErrorCode = CounterProtocol.GivenUp,
        DefaultCloseErrorCode = CounterProtocol.GivenUp,
        MaxInboundUnidirectionalStreams = 0,
        ServerAuthenticationOptions = new() { ServerCertificate = certificate },
    });
}
