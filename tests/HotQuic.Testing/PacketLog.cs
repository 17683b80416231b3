using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Testing;

/// <summary>Keeps every packet that a connection sent, received or dropped, for tests to look at afterwards.</summary>
internal sealed class PacketLog : ConnectionEventSink
{
    public List<LoggedPacket> Sent { get; } = [];

    public List<LoggedPacket> Received { get; } = [];

    public List<PacketDroppedEvent> Dropped { get; } = [];

    public List<PacketLostEvent> Lost { get; } = [];

    public List<KeyUpdatedEvent> KeyUpdates { get; } = [];

    public DropReason LastDrop => Dropped.Count > 0 ? Dropped[^1].Reason : DropReason.None;

    public override void OnPacketSent(in PacketEvent e) => Sent.Add(LoggedPacket.Of(e));

    public override void OnPacketReceived(in PacketEvent e) => Received.Add(LoggedPacket.Of(e));

    public override void OnPacketDropped(in PacketDroppedEvent e) => Dropped.Add(e);

    public override void OnPacketLost(in PacketLostEvent e) => Lost.Add(e);

    public override void OnKeyUpdated(in KeyUpdatedEvent e) => KeyUpdates.Add(e);
}

/// <summary>One packet, its frames in the clear.</summary>
internal sealed record LoggedPacket(Instant At, PacketType Type, PacketNumber Number, int Length, byte[] Payload, ConnectionId DestinationId)
{
    public IReadOnlyList<LoggedFrame> Frames => field ??= FrameSplitter.Split(Payload);

    public static LoggedPacket Of(in PacketEvent e) => new(e.At, e.Type, e.Number, e.Length, e.Payload.ToArray(), e.DestinationId);

    public bool Has(FrameType type) => Frames.Any(frame => frame.Type == type);

    public bool HasAck => Has(FrameType.Ack) || Has(FrameType.AckEcn);

    public override string ToString() => $"{Type} {Number}: {string.Join(", ", Frames.Select(frame => frame.Type))}";
}

/// <summary>One frame: its type, and all its bytes with the type.</summary>
internal sealed record LoggedFrame(FrameType Type, byte[] Bytes);
