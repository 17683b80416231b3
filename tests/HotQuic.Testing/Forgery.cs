using HotQuic.Core.Packets;

namespace HotQuic.Testing;

/// <summary>How a forged packet differs from an honest one; what is null stays as it ought to be.</summary>
internal sealed record Forgery
{
    public static Forgery None { get; } = new();

    public PacketNumber? Number { get; init; }

    public ConnectionId? Destination { get; init; }

    public ConnectionId? Source { get; init; }

    public QuicVersion? Version { get; init; }

    public byte[] Token { get; init; } = [];

    /// <summary>Set in the first byte before header protection.</summary>
    public byte FirstByteBits { get; init; }

    public bool IsFixedBitClear { get; init; }

    /// <summary>The last byte is changed after sealing.</summary>
    public bool IsTagWrong { get; init; }

    /// <summary>The payload is filled up with PADDING, so that the packet has this length; 0 for no more than it needs.</summary>
    public int PadTo { get; init; }

}
