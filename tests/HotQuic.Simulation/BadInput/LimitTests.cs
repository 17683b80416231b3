using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;

namespace HotQuic.Simulation.BadInput;

/// <summary>
/// A peer that completes a real handshake and then goes one beyond a limit: the connection ends with the code of RFC 9000 §20.1,
/// and nobody else notices.
/// </summary>
public class LimitTests
{
    private const ulong Largest = (1UL << 62) - 1;

    private static readonly ConnectionSettings Settings = new()
    {
        Datagrams = new() { MaxFrameSize = 100 },
        Streams = new StreamLimits
        {
            ConnectionWindow = 3000,
            StreamWindowBidirectionalLocal = 2000,
            StreamWindowBidirectionalRemote = 2000,
            StreamWindowUnidirectional = 2000,
            BidirectionalStreams = 5,
            UnidirectionalStreams = 5,
        },
    };

    /// <summary>What one packet holds, and the code that it has to give; null where the connection goes on.</summary>
    private static readonly Case[] Cases =
    [
        new("Flow_StreamDataUpToTheLimitIsTaken", null, own => RawPacket.Stream(own, 1990, 10)),
        new("Flow_StreamDataOneBeyondTheLimit", TransportErrorCode.FlowControlError, own => RawPacket.Stream(own, 1991, 10)),
        new("Flow_AnEmptyFrameOneBeyondTheLimit", TransportErrorCode.FlowControlError, own => RawPacket.Stream(own, 2001, 0, isFin: true)),
        new("Flow_ConnectionDataUpToTheLimitIsTaken", null,
            own => [.. RawPacket.Stream(own, 1990, 10), .. RawPacket.Stream(own + 4, 999, 1)]),
        new("Flow_ConnectionDataOneBeyondTheLimit", TransportErrorCode.FlowControlError,
            own => [.. RawPacket.Stream(own, 1990, 10), .. RawPacket.Stream(own + 4, 1000, 1)]),
        new("Flow_AResetWhoseFinalSizeIsBeyondTheStreamLimit", TransportErrorCode.FlowControlError,
            own => RawPacket.Frame(FrameType.ResetStream, own, 7, 2001)),
        new("Flow_ResetsWhoseFinalSizesAreBeyondTheConnectionLimit", TransportErrorCode.FlowControlError,
            own => [.. RawPacket.Frame(FrameType.ResetStream, own, 7, 2000), .. RawPacket.Frame(FrameType.ResetStream, own + 4, 7, 1001)]),
        new("Str_LastBidirectionalStreamIsTaken", null, own => RawPacket.Stream(own + (4 * 4), 0, 1)),
        new("Str_OneBidirectionalStreamTooMany", TransportErrorCode.StreamLimitError, own => RawPacket.Stream(own + (5 * 4), 0, 1)),
        new("Str_OneUnidirectionalStreamTooMany", TransportErrorCode.StreamLimitError, own => RawPacket.Stream(own + (5 * 4) + 2, 0, 1)),
        new("Str_OneStreamTooManyByReset", TransportErrorCode.StreamLimitError,
            own => RawPacket.Frame(FrameType.ResetStream, own + (5 * 4), 0, 0)),
        new("Str_OneStreamTooManyByStopSending", TransportErrorCode.StreamLimitError,
            own => RawPacket.Frame(FrameType.StopSending, own + (5 * 4), 0)),
        new("Str_OneStreamTooManyByMaxStreamData", TransportErrorCode.StreamLimitError,
            own => RawPacket.Frame(FrameType.MaxStreamData, own + (5 * 4), 0)),
        new("Str_TheLargestStreamId", TransportErrorCode.StreamLimitError, own => RawPacket.Stream((Largest & ~3UL) + own, 0, 1)),
        new("Str_DataForAStreamThatWeOpenAndDidNot", TransportErrorCode.StreamStateError, own => RawPacket.Stream(own ^ 1, 0, 1)),
        new("Str_DataForOurOwnUnidirectionalStream", TransportErrorCode.StreamStateError, own => RawPacket.Stream((own ^ 1) + 2, 0, 1)),
        new("Str_ResetOfOurOwnUnidirectionalStream", TransportErrorCode.StreamStateError,
            own => RawPacket.Frame(FrameType.ResetStream, (own ^ 1) + 2, 0, 0)),
        new("Str_CreditForAStreamThatWeDoNotSendOn", TransportErrorCode.StreamStateError,
            own => RawPacket.Frame(FrameType.MaxStreamData, own + 2, 10)),
        new("Str_StopSendingOfAStreamThatWeDoNotSendOn", TransportErrorCode.StreamStateError,
            own => RawPacket.Frame(FrameType.StopSending, own + 2, 10)),
        new("Str_BlockedOnAStreamThatWeAloneSendOn", TransportErrorCode.StreamStateError,
            own => RawPacket.Frame(FrameType.StreamDataBlocked, (own ^ 1) + 2, 10)),
        new("Str_FinalSizeGrows", TransportErrorCode.FinalSizeError,
            own => [.. RawPacket.Stream(own, 0, 10, isFin: true), .. RawPacket.Stream(own, 10, 1)]),
        new("Str_FinalSizeShrinks", TransportErrorCode.FinalSizeError,
            own => [.. RawPacket.Stream(own, 0, 10, isFin: true), .. RawPacket.Stream(own, 0, 9, isFin: true)]),
        new("Str_FinalSizeBelowWhatCame", TransportErrorCode.FinalSizeError,
            own => [.. RawPacket.Stream(own, 0, 10), .. RawPacket.Stream(own, 0, 9, isFin: true)]),
        new("Str_ResetContradictsTheEnd", TransportErrorCode.FinalSizeError,
            own => [.. RawPacket.Stream(own, 0, 10, isFin: true), .. RawPacket.Frame(FrameType.ResetStream, own, 0, 11)]),
        new("Str_ResetBelowWhatCame", TransportErrorCode.FinalSizeError,
            own => [.. RawPacket.Stream(own, 0, 10), .. RawPacket.Frame(FrameType.ResetStream, own, 0, 9)]),
        new("Frm_StreamDataEndsPastTheLargestOffset", TransportErrorCode.FrameEncodingError, own => RawPacket.Stream(own, Largest, 1)),
        new("Frm_MoreStreamsThanThereAre", TransportErrorCode.FrameEncodingError,
            _ => RawPacket.Frame(FrameType.MaxStreamsBidirectional, (1UL << 60) + 1)),
        new("Frm_AllStreamsThatThereAre", null, _ => RawPacket.Frame(FrameType.MaxStreamsBidirectional, 1UL << 60)),
        new("Frm_BlockedOnMoreStreamsThanThereAre", TransportErrorCode.FrameEncodingError,
            _ => RawPacket.Frame(FrameType.StreamsBlockedUnidirectional, (1UL << 60) + 1)),
        new("Frm_CryptoDataEndsPastTheLargestOffset", TransportErrorCode.FrameEncodingError, _ => RawPacket.Crypto(Largest, new byte[1])),
        new("Frm_HandshakeDataUpToTheBuffer", null, _ => RawPacket.Crypto(CryptoStream.DefaultReceiveLimit - 1, new byte[1])),
        new("Frm_HandshakeDataOneBeyondTheBuffer", TransportErrorCode.CryptoBufferExceeded,
            _ => RawPacket.Crypto(CryptoStream.DefaultReceiveLimit, new byte[1])),
        new("Frm_NoFrames", TransportErrorCode.ProtocolViolation, _ => []),
        new("Frm_AnUnknownType", TransportErrorCode.FrameEncodingError, _ => RawPacket.Frame(0x21)),
        new("Frm_ATypeEncodedTooLong", TransportErrorCode.ProtocolViolation, _ => [0x40, 0x01, 0, 0]),
        new("Frm_ATruncatedType", TransportErrorCode.FrameEncodingError, _ => [1, 1, 1, 0x40]),
        new("Ack_APacketThatWasNotSent", TransportErrorCode.ProtocolViolation, _ => RawPacket.Frame(FrameType.Ack, 100_000, 0, 0, 0)),
        new("Ack_TheLargestPacketNumber", TransportErrorCode.ProtocolViolation, _ => RawPacket.Frame(FrameType.Ack, Largest, 0, 0, 0)),
        new("Ack_ARangeBelowZero", TransportErrorCode.FrameEncodingError, _ => RawPacket.Frame(FrameType.Ack, 0, 0, 0, 1)),
        new("Ack_MoreRangesThanBytes", TransportErrorCode.FrameEncodingError, _ => RawPacket.Frame(FrameType.Ack, 0, 0, Largest, 0)),
        new("Cid_OneIdTooMany", TransportErrorCode.ConnectionIdLimitError, _ => RawPacket.NewConnectionId(4, 0, [9, 9, 9, 9])),
        new("Cid_OneIdMoreWhereOneRetires", null, _ => RawPacket.NewConnectionId(4, 1, [9, 9, 9, 9])),
        new("Cid_RetiresMoreThanItOffers", TransportErrorCode.FrameEncodingError, _ => RawPacket.NewConnectionId(4, 5, [9, 9, 9, 9])),
        new("Cid_AnEmptyId", TransportErrorCode.FrameEncodingError, _ => RawPacket.NewConnectionId(4, 1, [])),
        new("Cid_AnIdTooLong", TransportErrorCode.FrameEncodingError, _ => RawPacket.NewConnectionId(4, 1, new byte[21])),
        new("Cid_OneNumberForTwoIds", TransportErrorCode.ProtocolViolation, _ => RawPacket.NewConnectionId(1, 0, [9, 9, 9, 9])),
        new("Cid_TwoNumbersForOneId", TransportErrorCode.ProtocolViolation,
            _ => [.. RawPacket.NewConnectionId(4, 1, [9, 9, 9, 9]), .. RawPacket.NewConnectionId(5, 2, [9, 9, 9, 9])]),
        new("Cid_RetiresAnIdThatWasNotIssued", TransportErrorCode.ProtocolViolation, _ => RawPacket.Frame(FrameType.RetireConnectionId, 4)),
        new("Cid_RetiresTheIdThatThePacketWasSentTo", TransportErrorCode.ProtocolViolation,
            _ => RawPacket.Frame(FrameType.RetireConnectionId, 0)),
        new("Dgram_AFrameOfTheLimit", null, _ => [.. RawPacket.Frame(FrameType.DatagramWithLength, 97), .. new byte[97]]),
        new("Dgram_AFrameOneBeyondTheLimit", TransportErrorCode.ProtocolViolation,
            _ => [.. RawPacket.Frame(FrameType.DatagramWithLength, 98), .. new byte[98]]),
        new("Tls_AMessageAfterTheHandshake", (TransportErrorCode)(0x100 + 10), _ => RawPacket.Crypto(0, [20, 0, 0, 0])),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AServerHoldsAClientToEveryLimit(string name) => Hold(name, EndpointRole.Client);

    [Theory]
    [MemberData(nameof(Names))]
    public void AClientHoldsAServerToEveryLimit(string name) => Hold(name, EndpointRole.Server);

    [Theory]
    [InlineData(0x1e, new ulong[0])]
    [InlineData(0x07, new ulong[] { 1, 1 })]
    public void Frm_AClientSendsWhatOnlyAServerMay(ulong type, ulong[] fields)
    {
        Arena arena = Arena.Connected(EndpointRole.Client, Settings);
        arena.Peer.Send(RawPacket.Frame(type, fields));
        Expect(arena, TransportErrorCode.ProtocolViolation);
    }

    [Fact]
    public void Frm_AServerOffersAnEmptyToken()
    {
        Arena arena = Arena.Connected(EndpointRole.Server);
        arena.Peer.Send(RawPacket.Frame(FrameType.NewToken, 0));
        Expect(arena, TransportErrorCode.FrameEncodingError);
    }

    [Fact]
    public void Dgram_AFrameWhereNoneWasAskedFor()
    {
        Arena arena = Arena.Connected(EndpointRole.Client);
        arena.Peer.Send([(byte)FrameType.Datagram]);
        Expect(arena, TransportErrorCode.ProtocolViolation);
    }

    [Theory]
    [InlineData(false, 0x08)]
    [InlineData(false, 0x10)]
    [InlineData(true, 0x18)]
    public void Pkt_ReservedBitsOfAShortHeaderAreNotZero(bool isServerHostile, byte bits)
    {
        Arena arena = Arena.Connected(isServerHostile ? EndpointRole.Server : EndpointRole.Client);
        arena.Peer.Deliver(arena.Peer.Seal(EncryptionLevel.OneRtt, [1], bits));
        Expect(arena, TransportErrorCode.ProtocolViolation);
    }

    [Fact]
    public void Frm_EveryFrameCutShortAnywhereIsRefusedOrHarmless()
    {
        foreach (Case item in Cases)
        {
            byte[] frames = item.Frames(0);
            for (int length = 1; length < Math.Min(frames.Length, 24); length++)
            {
                Arena arena = Arena.Connected(EndpointRole.Client, Settings);
                arena.Peer.Send(frames.AsSpan(0, length));
                Assert.True(arena.Victim.Termination is null or { Kind: TerminationKind.LocalTransport }, $"{item.Name} cut to {length}");
            }
        }
    }

    private static void Hold(string name, EndpointRole hostile)
    {
        Case item = Cases.Single(c => c.Name == name);
        Arena arena = Arena.Connected(hostile, Settings);
        arena.Peer.Send(item.Frames((ulong)hostile));
        Expect(arena, item.Code);
    }

    private static void Expect(Arena arena, TransportErrorCode? code)
    {
        if (code is { } expected)
        {
            arena.ExpectClosed(expected);
        }
        else
        {
            arena.ExpectOpen();
        }

        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <param name="Name">The behaviour.</param>
    /// <param name="Code">The code of the close.</param>
    /// <param name="Frames">The frames, given the bit that makes a stream the sender's own: 0 for a client, 1 for a server.</param>
    private sealed record Case(string Name, TransportErrorCode? Code, Func<ulong, byte[]> Frames);
}
