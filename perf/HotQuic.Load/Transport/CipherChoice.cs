using System.Net.Security;

namespace HotQuic.Load.Transport;

/// <summary>The cipher suites of TLS 1.3 by their short names on the command line.</summary>
public static class CipherChoice
{
    private static readonly (string Name, TlsCipherSuite Suite)[] Suites =
    [
        ("aes128", TlsCipherSuite.TLS_AES_128_GCM_SHA256),
        ("aes256", TlsCipherSuite.TLS_AES_256_GCM_SHA384),
        ("chacha20", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256),
    ];

    /// <summary>All short names.</summary>
    public static string[] Names { get; } = [.. Suites.Select(entry => entry.Name)];

    /// <summary>A policy with this one suite; null, the engine's own choice, for no name.</summary>
    /// <exception cref="ArgumentException">There is no suite of this name.</exception>
    /// <exception cref="PlatformNotSupportedException">.NET has no such policies on this system.</exception>
    public static CipherSuitesPolicy? Policy(string? name)
    {
        if (name is null)
        {
            return null;
        }

        TlsCipherSuite suite = Array.Find(Suites, entry => entry.Name == name) is { Name: not null } found
            ? found.Suite
            : throw new ArgumentException($"Expected one of {string.Join(", ", Names)}.", nameof(name));
        return OperatingSystem.IsWindows()
            ? throw new PlatformNotSupportedException("A cipher suite cannot be chosen on Windows.")
            : new CipherSuitesPolicy([suite]);
    }
}
