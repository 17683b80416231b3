using System.Globalization;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Wire;

namespace HotQuic.Testing;

/// <summary>Writes what a connection does as lines that a person reads: what a failing seed is explained with.</summary>
internal sealed class TraceSink : ConnectionEventSink
{
    private readonly TextWriter _writer;
    private readonly Connection _connection;

    public TraceSink(TextWriter writer, Connection connection)
    {
        _writer = writer;
        _connection = connection;
    }

    public override void OnPacketSent(in PacketEvent e) => Packet(">", e);

    public override void OnPacketReceived(in PacketEvent e) => Packet("<", e);

    public override void OnPacketDropped(in PacketDroppedEvent e) => Line(e.At.Ticks, $"dropped {e.Type} of {e.Length}: {e.Reason}");

    public override void OnPacketLost(in PacketLostEvent e) => Line(e.At.Ticks, $"lost {e.Space} {e.Number}");

    public override void OnMetricsUpdated(in MetricsEvent e) =>
        Line(e.At.Ticks, $"window {e.CongestionWindow} in flight {e.BytesInFlight} srtt {e.SmoothedRtt.TotalMilliseconds} pto count {e.PtoCount}");

    public override void OnStateChanged(in StateChangedEvent e) => Line(e.At.Ticks, $"{e.OldState} -> {e.NewState}");

    public override void OnClosed(in ClosedEvent e) => Line(e.At.Ticks, $"closed local={e.IsLocal} application={e.IsApplication} code={e.Code:x} {e.Trigger} {e.Reason}");

    public override void OnKeyUpdated(in KeyUpdatedEvent e) => Line(e.At.Ticks, $"keys {e.Phase} remote={e.IsRemoteInitiated}");

    private void Packet(string direction, in PacketEvent e)
    {
        var frames = new List<string>();
        var reader = new WireReader(e.Payload);
        while (!reader.IsEmpty && FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? _))
        {
            frames.Add(Describe((FrameType)type, ref reader));
        }

        Line(e.At.Ticks, $"{direction} {e.Type} {e.Number} ({e.Length}) {string.Join(", ", frames)}");
    }

    private static string Describe(FrameType type, ref WireReader reader)
    {
        switch (type)
        {
            case FrameType.Padding:
                return $"PADDING {1 + reader.SkipZeros()}";
            case FrameType.Ack or FrameType.AckEcn when AckFrame.TryRead(type, ref reader, out AckFrame ack):
                return $"ACK {ack.LargestAcknowledged} ({ack.RangeCount} ranges)";
            case FrameType.Crypto when CryptoFrame.TryRead(ref reader, out CryptoFrame crypto):
                return $"CRYPTO {crypto.Offset}+{crypto.Data.Length}";
            case >= FrameType.Stream and <= FrameType.StreamLast when StreamFrame.TryRead(type, ref reader, out StreamFrame stream):
                return $"STREAM {stream.Id} {stream.Offset}+{stream.Data.Length}{(stream.IsFin ? " FIN" : string.Empty)}";
            case FrameType.MaxData when MaxDataFrame.TryRead(ref reader, out MaxDataFrame maxData):
                return $"MAX_DATA {maxData}";
            case FrameType.MaxStreamData when MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame maxStreamData):
                return $"{maxStreamData}";
            case FrameType.NewConnectionId when NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame id):
                return $"NEW_CONNECTION_ID {id.SequenceNumber}";
            case FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication when ConnectionCloseFrame.TryRead(type, ref reader, out ConnectionCloseFrame close):
                return $"CONNECTION_CLOSE {close.ErrorCode:x} {close.ReasonText()}";
            case FrameType.Ping or FrameType.HandshakeDone:
                return type.ToString();
            default:
                reader.ReadRest();
                return $"{type}…";
        }
    }

    private void Line(long ticks, string text) =>
        _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(ticks).TotalMilliseconds,10:F3} {_connection.Role,-6} {text}"));
}
