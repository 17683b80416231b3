using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Simulation.BadInput;

namespace HotQuic.Simulation.Fuzz;

/// <summary>
/// Datagrams into whole endpoints, and frames, sealed with real keys, into whole connections of both roles at every level. An input
/// is a row of records, each with its length in front. After each: a defined end or none, others served, and nothing left.
/// </summary>
internal static class ConnectionFuzz
{
    private const int Stages = 6;
    private const int MaxRecord = 4096;

    /// <summary>Recorded datagrams, alone and in the order of their handshake.</summary>
    public static IReadOnlyList<byte[]> DatagramExamples(Corpus corpus)
    {
        var examples = new List<byte[]>();
        for (int i = 0; i + 6 < Math.Min(corpus.Datagrams.Count, 60); i++)
        {
            examples.Add(Record(corpus.Datagrams[i]));
            examples.Add([.. corpus.Datagrams.Skip(i).Take(6).SelectMany(Record)]);
        }

        return examples;
    }

    /// <summary>Frames and whole payloads, for every stage.</summary>
    public static IReadOnlyList<byte[]> FrameExamples(Corpus corpus)
    {
        var examples = new List<byte[]>();
        for (byte stage = 0; stage < Stages; stage++)
        {
            examples.AddRange(corpus.Frames.Where(f => f.Length < 600).Select(f => (byte[])[stage, .. Record(f)]));
            examples.AddRange(corpus.Payloads.Where(p => (p[0] & 1) == (stage & 1)).Select(p => (byte[])[stage, .. Record(p[1..])]));
            byte conditions = (byte)(stage + Stages);
            for (int i = 0; i + 4 < corpus.Frames.Count; i += 4)
            {
                conditions = (byte)(conditions + Stages < 256 ? conditions + Stages : stage);
                examples.Add([conditions, .. corpus.Frames.Skip(i).Take(4).Where(f => f.Length < 600).SelectMany(Record)]);
            }
        }

        return examples;
    }

    public static void ServerEndpoint(ReadOnlySpan<byte> input)
    {
        var arena = new Arena();
        long received = 0;
        long sent = 0;
        long handled = 0;
        arena.Server.OnDatagramResult = result => handled += result.Outcome == DatagramOutcome.Dropped ? 0 : 1;
        arena.Network.Filter = datagram =>
        {
            // The stranger's own endpoint knows nothing of what is sent in its name, and answers with resets.
            received += datagram.To == arena.Server.Address ? datagram.Bytes.Length : 0;
            sent += datagram.From == arena.Server.Address ? datagram.Bytes.Length : 0;
            bool isValidated = arena.Server.Connections.Any(c => c.Path.IsValidated);
            Assert.True(isValidated || sent <= 3 * received, $"{sent} bytes went to an address that sent {received}");
            return true;
        };
        int count = 0;
        while (TryTake(ref input, out byte[] datagram) && count++ < 40)
        {
            received += datagram.Length;
            arena.Deliver(datagram);
        }

        arena.Network.RunFor(TimeSpan.FromSeconds(1));
        Core.Endpoints.EndpointStatistics statistics = arena.Server.Endpoint.Statistics;
        Assert.Equal(statistics.DatagramsReceived, handled + Enum.GetValues<Core.Errors.DropReason>().Sum(statistics.DropsFor));
        foreach (Connection connection in arena.Server.Connections)
        {
            ExpectDefined(connection);
        }

        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    public static void ClientEndpoint(ReadOnlySpan<byte> input)
    {
        var arena = new Arena(EndpointRole.Server);
        Connection client = RawHandshake.StartClient(arena);
        int count = 0;
        while (TryTake(ref input, out byte[] datagram) && count++ < 40)
        {
            arena.Deliver(datagram);
        }

        arena.Network.RunFor(TimeSpan.FromSeconds(1));
        ExpectDefined(client);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    public static void Frames(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        int stage = input[0] % Stages;
        int conditions = input[0] / Stages;
        input = input[1..];
        EndpointRole hostile = (stage & 1) == 0 ? EndpointRole.Client : EndpointRole.Server;
        if (stage < 2)
        {
            InitialFrames(hostile, input);
            return;
        }

        EncryptionLevel level = stage < 4 ? EncryptionLevel.Handshake : EncryptionLevel.OneRtt;
        Arena arena = level == EncryptionLevel.Handshake ? Arena.InHandshake(hostile) : Arena.Connected(hostile);
        if (level == EncryptionLevel.OneRtt)
        {
            Occupy(arena);
        }

        int count = 0;
        bool isSlow = (conditions & 1) != 0;
        bool hasGaps = (conditions & 2) != 0;
        while (arena.Peer.HasKeys(level) && TryTake(ref input, out byte[] frames) && count++ < 40)
        {
            arena.Peer.SkipNumbers(level.Space(), hasGaps ? frames.Length % 32 : 0);
            arena.Peer.Send(level, frames);
            arena.Network.RunFor(TimeSpan.FromMilliseconds(frames.Length % (isSlow ? 400 : 4)));
        }

        Finish(arena, arena.Victim);
    }

    /// <summary>Gives the victim something to send and to read, so that what the frames speak of is there.</summary>
    private static void Occupy(Arena arena)
    {
        byte[] buffer = new byte[8000];
        arena.VictimHost.OnTurn = connection =>
        {
            for (ulong id = 0; id < 12 && connection.Termination is null; id++)
            {
                if (new StreamId(id).Direction == StreamDirection.Bidirectional
                    && connection.Streams.Read(new StreamId(id), buffer, out StreamRead read) == StreamResult.Done && read.Count > 0)
                {
                    connection.Streams.Write(new StreamId(id), buffer.AsSpan(0, read.Count), out _);
                }
            }
        };
        foreach (StreamDirection direction in new[] { StreamDirection.Bidirectional, StreamDirection.Unidirectional })
        {
            Assert.True(arena.Victim.Streams.TryOpen(direction, out StreamId id));
            arena.Victim.Streams.Write(id, buffer, out _);
        }

        arena.VictimHost.Turn(arena.Victim);
    }

    private static void InitialFrames(EndpointRole hostile, ReadOnlySpan<byte> input)
    {
        var arena = new Arena(hostile);
        Connection? client = hostile == EndpointRole.Server ? RawHandshake.StartClient(arena) : null;
        ConnectionId keyedBy = client?.Attempt.OriginalDestinationId ?? RawHandshake.ClientDestination;
        InitialKeys.Derive(QuicVersion.Version1, keyedBy, hostile, out PacketKeys send, out PacketKeys receive);
        receive.Discard();
        for (int number = 0; number < 40 && TryTake(ref input, out byte[] frames); number++)
        {
            RawHeader header = client is null
                ? new RawHeader(PacketType.Initial, RawHandshake.ClientDestination, RawHandshake.ClientSource)
                : new RawHeader(PacketType.Initial, client.LocalHandshakeId, RawHandshake.ServerSource);
            arena.Deliver(RawPacket.Seal(send, header with { Number = number, DatagramSize = 1200 }, frames));
            arena.Network.RunFor(TimeSpan.FromMilliseconds(frames.Length % 4));
        }

        Finish(arena, client ?? arena.Server.Connections.SingleOrDefault());
    }

    private static void Finish(Arena arena, Connection? victim)
    {
        Assert.True(arena.VictimHost.Endpoint.Services.Buffers.Outstanding < 1000);
        arena.Network.RunFor(TimeSpan.FromSeconds(1));
        if (victim is not null)
        {
            ExpectDefined(victim);
        }

        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>A connection that we ended, we ended for a reason that the specification has a code for, and never for a fault of ours.</summary>
    private static void ExpectDefined(Connection connection)
    {
        if (connection.Termination is { Kind: TerminationKind.LocalTransport } end)
        {
            bool isDefined = Enum.IsDefined((TransportErrorCode)end.Code) || TransportError.AlertOf(end.Code) is not null;
            Assert.True(isDefined && end.Code != (ulong)TransportErrorCode.InternalError, end.ToString());
        }
    }

    private static byte[] Record(byte[] bytes) => [.. RawPacket.Frame((ulong)bytes.Length), .. bytes];

    private static bool TryTake(ref ReadOnlySpan<byte> input, out byte[] record)
    {
        record = [];
        if (!Core.Wire.VarInt.TryRead(input, out ulong length, out int prefix))
        {
            return false;
        }

        input = input[prefix..];
        int count = (int)Math.Min(length % MaxRecord, (ulong)input.Length);
        record = input[..count].ToArray();
        input = input[count..];
        return true;
    }
}
