namespace HotQuic.Core.Packets;

/// <summary>Which side of a connection an endpoint is.</summary>
internal enum EndpointRole : byte
{
    Client = 0,
    Server = 1,
}

internal static class EndpointRoleExtensions
{
    public static EndpointRole Peer(this EndpointRole role) => role == EndpointRole.Client ? EndpointRole.Server : EndpointRole.Client;
}
