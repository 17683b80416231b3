using System.Collections.Immutable;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tls;

/// <summary>What both configurations demand of their lists; each check throws, naming the property.</summary>
internal static class ConfigurationRules
{
    /// <summary>A client's protocols stand in its ClientHello, beside everything else.</summary>
    public const int MaxOfferedProtocolsLength = 16 * 1024;

    private const int MaxAuthoritiesLength = 32 * 1024;
    private const int MaxCertificateLimit = 0xff_ffff;
    private const int MaxHostNameLength = 253;
    private const int MaxSchemes = 64;
    private const int MaxTransportParametersLength = 16 * 1024;

    /// <summary>Names as long as TLS allows, and in all no longer than <paramref name="maxLength"/>, the length of each included.</summary>
    public static void CheckProtocols(ImmutableArray<ReadOnlyMemory<byte>> protocols, int maxLength, string name)
    {
        CheckNotEmpty(protocols, name);
        int total = 0;
        foreach (ReadOnlyMemory<byte> protocol in protocols)
        {
            if (protocol.Length is 0 or > byte.MaxValue)
            {
                throw new ArgumentException("Expected protocol names of 1 to 255 bytes.", name);
            }

            total += 1 + protocol.Length;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(total, maxLength, name);
    }

    public static void CheckSuites(ImmutableArray<CipherSuite> suites, string name)
    {
        CheckNotEmpty(suites, name);
        for (int i = 0; i < suites.Length; i++)
        {
            if (suites[i] is < CipherSuite.Aes128GcmSha256 or > CipherSuite.ChaCha20Poly1305Sha256 || suites.IndexOf(suites[i]) != i)
            {
                throw new ArgumentException("Expected suites of TLS 1.3, none of them twice.", name);
            }
        }
    }

    public static void CheckGroups(ImmutableArray<NamedGroup> groups, KeyShareFactory keyShares, string name)
    {
        CheckNotEmpty(groups, name);
        for (int i = 0; i < groups.Length; i++)
        {
            if (!keyShares.Supports(groups[i]) || groups.IndexOf(groups[i]) != i)
            {
                throw new ArgumentException("Expected groups that the key share factory supports, none of them twice.", name);
            }
        }
    }

    public static void CheckAuthorities(ImmutableArray<ReadOnlyMemory<byte>> authorities, string name)
    {
        int total = 0;
        foreach (ReadOnlyMemory<byte> authority in authorities)
        {
            if (authority.IsEmpty)
            {
                throw new ArgumentException("Expected distinguished names of at least one byte.", name);
            }

            total += 2 + authority.Length;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(total, MaxAuthoritiesLength, name);
    }

    public static void CheckCertificateLimit(int limit, string name)
    {
        if (limit is < 1024 or > MaxCertificateLimit)
        {
            throw new ArgumentOutOfRangeException(name, limit, "Expected 1,024 to 16,777,215 bytes.");
        }
    }

    public static void CheckSchemes(ImmutableArray<SignatureScheme> schemes, string name)
    {
        CheckNotEmpty(schemes, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(schemes.Length, MaxSchemes, name);
    }

    public static void CheckTransportParameters(ReadOnlySpan<byte> transportParameters, string name) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transportParameters.Length, MaxTransportParametersLength, name);

    /// <summary>Whether a ClientHello can carry the name (RFC 6066 §3).</summary>
    public static bool IsHostName(ReadOnlySpan<char> hostName) =>
        hostName.Length <= MaxHostNameLength && !hostName.ContainsAnyExceptInRange('!', '~');

    public static void CheckHostName(ReadOnlySpan<char> hostName, string name)
    {
        if (!IsHostName(hostName))
        {
            throw new ArgumentException("Expected an ASCII name (others in their xn-- form) of at most 253 characters.", name);
        }
    }

    private static void CheckNotEmpty<T>(ImmutableArray<T> list, string name)
    {
        if (list.IsDefaultOrEmpty)
        {
            throw new ArgumentException("Expected at least one element.", name);
        }
    }
}
