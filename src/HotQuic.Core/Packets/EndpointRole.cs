namespace HotQuic.Core.Packets;

/// <summary>Which side of a connection an endpoint is.</summary>
internal enum EndpointRole : byte
{
    Client = 0,
    Server = 1,
}

/// <summary>The roles that may do something; each bit is one shifted by its <see cref="EndpointRole"/>.</summary>
[Flags]
internal enum EndpointRoles : byte
{
    None = 0,
    Client = 1 << EndpointRole.Client,
    Server = 1 << EndpointRole.Server,
    Both = Client | Server,
}

internal static class EndpointRoleExtensions
{
    public static EndpointRole Peer(this EndpointRole role) => role == EndpointRole.Client ? EndpointRole.Server : EndpointRole.Client;

    public static bool Include(this EndpointRoles roles, EndpointRole role) => ((int)roles & (1 << (int)role)) != 0;
}
