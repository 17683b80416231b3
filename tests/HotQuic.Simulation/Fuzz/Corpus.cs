using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;
using HotQuic.Simulation.BadInput;

namespace HotQuic.Simulation.Fuzz;

/// <summary>Examples of everything that is parsed, recorded from simulated handshakes and transfers, and so always of this version.</summary>
internal sealed class Corpus
{
    private const int MaxOfAKind = 200;

    private static readonly Lazy<Corpus> Recorded = new(Record);

    private Corpus()
    {
    }

    public static Corpus Instance => Recorded.Value;

    /// <summary>Whole datagrams, as they were on the wire.</summary>
    public List<byte[]> Datagrams { get; } = [];

    /// <summary>Payloads of packets, in the clear.</summary>
    public List<byte[]> Payloads { get; } = [];

    /// <summary>Single frames.</summary>
    public List<byte[]> Frames { get; } = [];

    public List<byte[]> Parameters { get; } = [];

    /// <summary>Runs of TLS messages, as CRYPTO frames carried them from offset 0.</summary>
    public List<byte[]> Messages { get; } = [];

    public List<byte[]> Tokens { get; } = [];

    private static Corpus Record()
    {
        var corpus = new Corpus();
        corpus.Run(isRetry: false, certificateBytes: 200);
        corpus.Run(isRetry: true, certificateBytes: 3000);
        corpus.AddRareFrames();
        return corpus;
    }

    private void Run(bool isRetry, int certificateBytes)
    {
        var settings = new ConnectionSettings { Datagrams = new() { MaxFrameSize = 1000 } };
        var arena = new Arena(EndpointRole.Client, settings, connection => new Recorder(this, connection.Role));
        arena.Server.ServerTls = Testing.TestTls.Server(certificateBytes);
        arena.Server.Admission = isRetry ? Core.Endpoints.AdmissionVerdict.Retry : Core.Endpoints.AdmissionVerdict.Accept;
        arena.Network.Filter = datagram =>
        {
            Keep(Datagrams, datagram.Bytes);
            if (ProtectedPacket.TryRead(datagram.Bytes, 8, out ProtectedPacket packet) == DropReason.None && !packet.Token.IsEmpty)
            {
                Keep(Tokens, packet.Token.ToArray());
            }

            return true;
        };
        var transfer = new Transfer(arena.Client, arena.Server, 3, 5000);
        Connection connection = arena.Client.Connect(arena.Server);
        arena.Network.RunUntil(() => transfer.IsComplete, TimeSpan.FromMinutes(1));
        connection.Close(7, "enough", arena.Network.Now);
        arena.Client.Turn(connection);
        arena.Network.RunFor(TimeSpan.FromMinutes(1));
    }

    /// <summary>Frames that a short transfer does not need.</summary>
    private void AddRareFrames()
    {
        Frames.AddRange(
        [
            RawPacket.Frame(FrameType.ResetStream, 4, 9, 10),
            RawPacket.Frame(FrameType.StopSending, 4, 9),
            [.. RawPacket.Frame(FrameType.NewToken, 3), 1, 2, 3],
            RawPacket.Frame(FrameType.MaxData, 1 << 20),
            RawPacket.Frame(FrameType.MaxStreamData, 0, 1 << 20),
            RawPacket.Frame(FrameType.MaxStreamsBidirectional, 200),
            RawPacket.Frame(FrameType.MaxStreamsUnidirectional, 200),
            RawPacket.Frame(FrameType.DataBlocked, 1 << 20),
            RawPacket.Frame(FrameType.StreamDataBlocked, 0, 1 << 18),
            RawPacket.Frame(FrameType.StreamsBlockedBidirectional, 100),
            RawPacket.NewConnectionId(4, 1, [1, 2, 3, 4]),
            RawPacket.NewConnectionId(5, 2, [1, 2, 3, 5]),
            RawPacket.Frame(FrameType.RetireConnectionId, 1),
            [(byte)FrameType.PathChallenge, 1, 2, 3, 4, 5, 6, 7, 8],
            [(byte)FrameType.PathResponse, 1, 2, 3, 4, 5, 6, 7, 8],
            RawPacket.Frame(FrameType.AckEcn, 3, 10, 1, 0, 0, 0, 5, 0, 1),
            RawPacket.Frame(FrameType.ConnectionCloseTransport, 10, 6, 0),
            [.. RawPacket.Frame(FrameType.DatagramWithLength, 4), 1, 2, 3, 4],
            RawPacket.Frame(FrameType.HandshakeDone),
            RawPacket.Stream(0, 0, 100),
            RawPacket.Stream(0, 50, 100, isFin: true),
            RawPacket.Stream(1, 50, 100),
            RawPacket.Stream(2, 1000, 10),
            RawPacket.Stream(3, 1000, 10),
            RawPacket.Crypto(0, [4, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]),
        ]);
    }

    private static void Keep(List<byte[]> list, byte[] item)
    {
        if (list.Count < MaxOfAKind)
        {
            list.Add(item);
        }
    }

    private sealed class Recorder(Corpus corpus, EndpointRole role) : ConnectionEventSink
    {
        private readonly Dictionary<PacketType, List<byte>> _crypto = [];

        public override void OnParametersSet(in ParametersEvent e) => corpus.Parameters.Add([(byte)e.Owner, .. e.Encoded]);

        public override void OnPacketSent(in PacketEvent e)
        {
            Keep(corpus.Payloads, [(byte)role, .. e.Payload]);
            var reader = new WireReader(e.Payload);
            while (!reader.IsEmpty)
            {
                int start = reader.Position;
                if (!FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? _) || !FuzzTargets.TryReadFrame((FrameType)type, ref reader, out _))
                {
                    return;
                }

                if (type != 0)
                {
                    Keep(corpus.Frames, reader.ConsumedSince(start).ToArray());
                }

                if (type == (ulong)FrameType.Crypto)
                {
                    AddCrypto(e.Type, reader.ConsumedSince(start + 1));
                }
            }
        }

        private void AddCrypto(PacketType type, ReadOnlySpan<byte> body)
        {
            var reader = new WireReader(body);
            CryptoFrame.TryRead(ref reader, out CryptoFrame frame);
            List<byte> bytes = _crypto.TryGetValue(type, out List<byte>? known) ? known : _crypto[type] = [];
            if ((ulong)bytes.Count == frame.Offset)
            {
                bytes.AddRange(frame.Data);
                corpus.Messages.Add([.. bytes]);
            }
        }
    }
}
