using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Connections;

/// <summary>
/// The packet number spaces of a connection: <see cref="Begin"/>, then each is there until <see cref="TryDiscard"/>. What is discarded
/// serves the next connection of the object, or, after <see cref="Rest"/>, any of the shard.
/// </summary>
internal sealed class ConnectionSpaces(ConnectionServices services)
{
    private const int Count = 3;

    private readonly PacketSpace?[] _held = new PacketSpace?[Count];

    /// <summary>One bit for each space.</summary>
    private uint _alive;

    /// <summary>Null where the space was discarded.</summary>
    public PacketSpace? this[PacketNumberSpace kind] => (_alive & (1u << (int)kind)) != 0 ? _held[(int)kind] : null;

    public void Begin(AckPolicy policy)
    {
        for (int i = 0; i < Count; i++)
        {
            PacketSpace space = _held[i] ??= services.Spaces.Rent((PacketNumberSpace)i);
            space.Begin(policy);
        }

        _alive = (1u << Count) - 1;
    }

    /// <summary>False where it was discarded before.</summary>
    public bool TryDiscard(PacketNumberSpace kind)
    {
        if (this[kind] is not { } space)
        {
            return false;
        }

        _alive &= ~(1u << (int)kind);
        space.Discard();
        return true;
    }

    /// <summary>Gives back what was discarded.</summary>
    public void Rest()
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[(PacketNumberSpace)i] is null && _held[i] is { } space)
            {
                services.Spaces.Return(space);
                _held[i] = null;
            }
        }
    }
}
