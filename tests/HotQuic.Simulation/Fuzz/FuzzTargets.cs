using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Time;
using HotQuic.Core.Tls.Messages;
using HotQuic.Core.Wire;
using HotQuic.Simulation.BadInput;
using HotQuic.Testing;

namespace HotQuic.Simulation.Fuzz;

/// <summary>Takes one input; returns where all is well, throws where it is not.</summary>
internal delegate void FuzzAction(ReadOnlySpan<byte> input);

/// <summary>A parser under test: its name, what it does with an input, the examples that inputs are made of, and how many a short run
/// makes, and how long a long one takes.</summary>
internal sealed record FuzzTarget(string Name, FuzzAction Run, Func<Corpus, IReadOnlyList<byte[]>> Examples, int ShortRun, int LongRunSeconds);

/// <summary>
/// Every parser that a peer's bytes reach, each as one method over bytes, so that any fuzzer can drive it. <see cref="FuzzTests"/>
/// does so with mutated examples.
/// </summary>
internal static class FuzzTargets
{
    private const int ConnectionIdLength = 8;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("headers", Headers, corpus => corpus.Datagrams, 3000, 2),
        new("frames", Frames, corpus => [.. corpus.Frames, .. corpus.Payloads.Select(p => p[1..])], 3000, 2),
        new("parameters", Parameters, corpus => corpus.Parameters, 3000, 2),
        new("hello", ClientHello, corpus => corpus.Messages, 1500, 2),
        new("tokens", Tokens, corpus => corpus.Tokens, 1000, 2),
        new("tls-server", TlsFuzz.Server, TlsFuzz.Examples, 150, 6),
        new("tls-client", TlsFuzz.Client, TlsFuzz.Examples, 150, 6),
        new("endpoint-server", ConnectionFuzz.ServerEndpoint, ConnectionFuzz.DatagramExamples, 40, 9),
        new("endpoint-client", ConnectionFuzz.ClientEndpoint, ConnectionFuzz.DatagramExamples, 40, 9),
        new("connection", ConnectionFuzz.Frames, ConnectionFuzz.FrameExamples, 120, 20),
    ];

    public static void Headers(ReadOnlySpan<byte> input)
    {
        if (InvariantHeader.TryRead(input, ConnectionIdLength, out InvariantHeader invariant))
        {
            Assert.True(invariant.Length <= input.Length);
        }

        ReadOnlySpan<byte> rest = input;
        while (!rest.IsEmpty)
        {
            DropReason reason = ProtectedPacket.TryRead(rest, ConnectionIdLength, out ProtectedPacket packet);
            Assert.InRange(packet.Length, 0, rest.Length);
            if (packet.Length == 0)
            {
                Assert.NotEqual(DropReason.None, reason);
                break;
            }

            Assert.InRange(packet.PacketNumberOffset, 0, packet.Length);
            rest = rest[packet.Length..];
        }

        if (VersionNegotiationPacket.TryRead(input, out VersionNegotiationPacket negotiation))
        {
            for (int i = 0; i < negotiation.VersionCount; i++)
            {
                _ = negotiation.Lists(negotiation[i]);
            }
        }

        if (RetryPacket.TryRead(input, out RetryPacket retry))
        {
            Assert.Equal(input.Length, retry.WithoutIntegrityTag.Length + retry.IntegrityTag.Length);
        }

        _ = StatelessReset.TryReadToken(input, out _);
        if (input.Length >= 16)
        {
            long largest = BitConverter.ToInt64(input) & ((1L << 62) - 1);
            int length = 1 + (input[8] & 3);
            uint truncated = PacketNumberEncoding.ReadTruncated(input[9..], length);
            Assert.True(PacketNumberEncoding.Decode(truncated, length, new PacketNumber(largest)).Value >= 0);
        }
    }

    public static void Frames(ReadOnlySpan<byte> input)
    {
        var reader = new WireReader(input);
        while (!reader.IsEmpty)
        {
            int start = reader.Position;
            if (!FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? error))
            {
                Assert.NotNull(error);
                return;
            }

            bool isKnown = false;
            for (EncryptionLevel level = EncryptionLevel.Initial; level <= EncryptionLevel.OneRtt; level++)
            {
                isKnown |= FrameRules.Check(type, level, EndpointRole.Server, out _) is null;
            }

            if (!isKnown || !TryReadFrame((FrameType)type, ref reader, out int written))
            {
                return;
            }

            Assert.True(reader.Position > start);
            Assert.InRange(written, 0, 8 * (input.Length + 1));
        }
    }

    public static void Parameters(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        var role = (EndpointRole)(input[0] & 1);
        TransportError? error = TransportParameters.TryRead(input[1..], role, out TransportParameters? parameters);
        Assert.Equal(error is null, parameters is not null);
        if (parameters is null)
        {
            Assert.Equal(TransportErrorCode.TransportParameterError, error!.Code);
            return;
        }

        // What was read can be written, and says the same.
        byte[] written = RawHandshake.Encode(parameters);
        Assert.Null(TransportParameters.TryRead(written, role, out TransportParameters? again));
        Assert.Equal(written, RawHandshake.Encode(again!));
    }

    public static void ClientHello(ReadOnlySpan<byte> input)
    {
        if (input.Length < 4)
        {
            return;
        }

        TransportError? error = ClientHelloReader.Read(input, out ClientHelloView hello) ?? ClientHelloRules.Check(hello);
        if (error is not null)
        {
            Assert.NotNull(TransportError.AlertOf((ulong)error.Code));
        }
    }

    public static void Tokens(ReadOnlySpan<byte> input)
    {
        var random = new SeededRandom(1);
        using var tokens = new TokenProtector(new TokenOptions(), random, new byte[32]);
        var now = new Instant(TimeSpan.TicksPerDay);
        Assert.NotEqual(TokenVerdict.Valid, tokens.Read(input, Arena.AddressOf(1), now, out _));

        // One that is sealed with the right key, whatever its contents.
        byte[] token = new byte[TokenProtector.MaxLength];
        int length = tokens.Write(token, new TokenContent(TokenKind.Retry, ConnectionId.Empty, ConnectionId.Empty), Arena.AddressOf(1), now);
        Assert.Equal(TokenVerdict.Valid, tokens.Read(token.AsSpan(0, length), Arena.AddressOf(1), now, out _));
        int changed = Math.Min(length, input.Length);
        bool isSame = input[..changed].SequenceEqual(token.AsSpan(0, changed));
        input[..changed].CopyTo(token);
        Assert.Equal(isSame, tokens.Read(token.AsSpan(0, length), Arena.AddressOf(1), now, out _) == TokenVerdict.Valid);
    }

    /// <summary>Reads any frame behind its type, and looks at all that it says.</summary>
    public static bool TryReadFrame(FrameType type, ref WireReader reader, out int size)
    {
        size = 0;
        switch (type)
        {
            case FrameType.Padding:
                reader.SkipZeros();
                return true;
            case FrameType.Ack or FrameType.AckEcn:
                if (!AckFrame.TryRead(type, ref reader, out AckFrame ack))
                {
                    return false;
                }

                foreach (AckRange range in ack.Ranges)
                {
                    Assert.True(range.Smallest.Value >= 0 && range.Smallest <= range.Largest);
                    size++;
                }

                Assert.Equal(ack.RangeCount, size);
                return true;
            case FrameType.Crypto:
                return CryptoFrame.TryRead(ref reader, out CryptoFrame crypto) && Sized(crypto.Length, out size);
            case FrameType.NewToken:
                return NewTokenFrame.TryRead(ref reader, out NewTokenFrame token) && Sized(token.Length, out size);
            case >= FrameType.Stream and <= FrameType.StreamLast:
                return StreamFrame.TryRead(type, ref reader, out StreamFrame stream) && Sized(stream.Data.Length, out size);
            case FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication:
                return ConnectionCloseFrame.TryRead(type, ref reader, out ConnectionCloseFrame close) && Sized(close.ReasonText().Length, out size);
            case FrameType.Datagram or FrameType.DatagramWithLength:
                return DatagramFrame.TryRead(type, ref reader, out DatagramFrame datagram) && Sized(datagram.Length, out size);
            default:
                return TryReadFixed(type, ref reader);
        }
    }

    private static bool TryReadFixed(FrameType type, ref WireReader reader) => type switch
    {
        FrameType.Ping or FrameType.HandshakeDone => true,
        FrameType.ResetStream => ResetStreamFrame.TryRead(ref reader, out _),
        FrameType.StopSending => StopSendingFrame.TryRead(ref reader, out _),
        FrameType.MaxData => MaxDataFrame.TryRead(ref reader, out _),
        FrameType.MaxStreamData => MaxStreamDataFrame.TryRead(ref reader, out _),
        FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional => MaxStreamsFrame.TryRead(type, ref reader, out _),
        FrameType.DataBlocked => DataBlockedFrame.TryRead(ref reader, out _),
        FrameType.StreamDataBlocked => StreamDataBlockedFrame.TryRead(ref reader, out _),
        FrameType.StreamsBlockedBidirectional or FrameType.StreamsBlockedUnidirectional => StreamsBlockedFrame.TryRead(type, ref reader, out _),
        FrameType.NewConnectionId => NewConnectionIdFrame.TryRead(ref reader, out _),
        FrameType.RetireConnectionId => RetireConnectionIdFrame.TryRead(ref reader, out _),
        FrameType.PathChallenge => PathChallengeFrame.TryRead(ref reader, out _),
        FrameType.PathResponse => PathResponseFrame.TryRead(ref reader, out _),
        _ => false,
    };

    private static bool Sized(int value, out int size)
    {
        size = value;
        return true;
    }
}
