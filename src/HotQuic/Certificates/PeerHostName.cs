using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HotQuic.Certificates;

/// <summary>
/// Whether a certificate is for the host that was asked for, as SslStream decides: by subject alternative names, by the
/// common name where there are none of that kind, IP addresses only by IP names; wildcards stand for one label.
/// </summary>
internal static class PeerHostName
{
    private static readonly IdnMapping IdnMapping = new();

    /// <summary>The name as it is compared and sent: without dots at its end (RFC 6066 §3), international names in ASCII.</summary>
    public static string Normalize(string? targetHost)
    {
        if (string.IsNullOrEmpty(targetHost))
        {
            return string.Empty;
        }

        string host = targetHost.TrimEnd('.');
        try
        {
            return Ascii.IsValid(host) ? host : IdnMapping.GetAscii(host);
        }
        catch (ArgumentException)
        {
            return host;
        }
    }

    /// <summary>False also for an empty name, for one that cannot be a host's, and for a certificate whose names are malformed.</summary>
    public static bool Matches(X509Certificate2 certificate, string? targetHost)
    {
        string host = Normalize(targetHost);
        if (host.Length == 0)
        {
            return false;
        }

        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            // A certificate knows neither the brackets of a URI nor the scope of a link-local address.
            host = new IPAddress(address.GetAddressBytes()).ToString();
        }

        try
        {
            return certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: true);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return false;
        }
    }
}
