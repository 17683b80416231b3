using System.Net;

namespace HotQuic.Load.Harness.Agents;

/// <summary>Where an agent is, and the secret that it shares with the coordinator.</summary>
/// <param name="EndPoint">Its address or name, and its port.</param>
/// <param name="Token">The token that it was started with.</param>
public sealed record LoadAgentAddress(EndPoint EndPoint, string Token)
{
    /// <summary>The address without the token.</summary>
    public override string ToString() => EndPoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : EndPoint.ToString()!;
}
