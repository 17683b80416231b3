using HotQuic.Load.Transport;

namespace HotQuic.Tools.Certificates;

/// <summary>Which servers a client trusts, by what was said on the command line.</summary>
internal static class Trust
{
    /// <summary>The trust that the two options mean.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static ServerTrust From(FileInfo? authorities, bool insecure) => (authorities, insecure) switch
    {
        (_, true) => ServerTrust.Anything,
        (not null, _) => ServerTrust.Authorities(PemFiles.ReadCertificates(authorities.FullName)),
        _ => ServerTrust.System,
    };
}
