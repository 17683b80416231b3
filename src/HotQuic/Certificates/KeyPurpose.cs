using HotQuic.Core.Packets;

namespace HotQuic.Certificates;

/// <summary>Extended key usages of TLS (RFC 5280 §4.2.1.12).</summary>
internal static class KeyPurpose
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>What the certificate of an endpoint in this role must be fit for.</summary>
    public static string Of(EndpointRole role) => role == EndpointRole.Server ? ServerAuthentication : ClientAuthentication;
}
