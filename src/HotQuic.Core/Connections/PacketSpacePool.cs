using HotQuic.Core.Packets;

namespace HotQuic.Core.Connections;

/// <summary>The packet number spaces of one shard that serve no connection. One thread uses it, so it has no lock.</summary>
internal sealed class PacketSpacePool(ConnectionServices services)
{
    private const int RetainedOfEachKind = 1024;

    private readonly Stack<PacketSpace>[] _free = [new(), new(), new()];

    public PacketSpace Rent(PacketNumberSpace kind) => _free[(int)kind].TryPop(out PacketSpace? space) ? space : new PacketSpace(kind, services);

    /// <summary>Takes back a space that was discarded.</summary>
    public void Return(PacketSpace space)
    {
        Stack<PacketSpace> free = _free[(int)space.Kind];
        if (free.Count < RetainedOfEachKind)
        {
            free.Push(space);
        }
    }
}
