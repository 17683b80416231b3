using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Load.Transport;

/// <summary>
/// Which server certificates a client takes: those that the system trusts (<see cref="System"/>), those of the given authorities
/// and no others (<see cref="Authorities"/>), or any (<see cref="Anything"/>). <see cref="Apply"/> puts it on TLS options.
/// </summary>
public sealed class ServerTrust
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly bool _anything;

    private ServerTrust(X509Certificate2Collection? authorities, bool anything)
    {
        _authorities = authorities;
        _anything = anything;
    }

    /// <summary>What the operating system trusts.</summary>
    public static ServerTrust System { get; } = new(null, anything: false);

    /// <summary>Any certificate at all: the peer may be anyone.</summary>
    public static ServerTrust Anything { get; } = new(null, anything: true);

    /// <summary>Certificates that lead to one of these, which may also be the server's own; names and dates are checked.</summary>
    public static ServerTrust Authorities(X509Certificate2Collection authorities) => new(authorities, anything: false);

    /// <summary>Whether any certificate is taken.</summary>
    internal bool IsAnything => _anything;

    /// <summary>The authorities in PEM; null where there are none given.</summary>
    internal string? AuthoritiesPem => _authorities?.ExportCertificatePems();

    /// <summary>Sets how the server's certificate is judged.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (_anything)
        {
#pragma warning disable CA5359 // It is what the user asked for, by a flag that says so.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (_authorities is not null)
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.AddRange(_authorities);
            options.CertificateChainPolicy = policy;
        }
    }
}
