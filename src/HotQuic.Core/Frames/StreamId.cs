using HotQuic.Core.Packets;

namespace HotQuic.Core.Frames;

internal enum StreamDirection : byte
{
    Bidirectional = 0,
    Unidirectional = 1,
}

/// <summary>A stream ID, 0 to 2^62-1: bit 0 tells who opened the stream, bit 1 its direction (RFC 9000 §2.1).</summary>
internal readonly record struct StreamId(ulong Value)
{
    public StreamId(EndpointRole initiator, StreamDirection direction, ulong index)
        : this((index << 2) | ((ulong)direction << 1) | (ulong)initiator)
    {
    }

    public EndpointRole Initiator => (EndpointRole)(Value & 1);

    public StreamDirection Direction => (StreamDirection)((Value >> 1) & 1);

    /// <summary>The place of the stream among those of its initiator and direction, from 0.</summary>
    public ulong Index => Value >> 2;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
