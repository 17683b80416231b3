using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>Each limit that a peer has to keep: kept to the last unit nothing happens, exceeded by one the connection ends with the limit's own error.</summary>
public sealed class FrameLimitTests
{
    private const ulong ClientBidirectional = 0;
    private const ulong ServerBidirectional = 1;
    private const ulong ClientUnidirectional = 2;
    private const ulong ServerUnidirectional = 3;

    private static readonly ConnectionSettings Small = new()
    {
        Datagrams = new() { MaxFrameSize = 100 },
        Streams = new StreamLimits
        {
            ConnectionWindow = 1000,
            MaximumConnectionWindow = 1000,
            StreamWindowBidirectionalLocal = 400,
            StreamWindowBidirectionalRemote = 500,
            StreamWindowUnidirectional = 600,
            MaximumStreamWindow = 600,
            BidirectionalStreams = 3,
            UnidirectionalStreams = 2,
        },
    };

    [Theory]
    [InlineData(ClientBidirectional, 500)]
    [InlineData(ClientUnidirectional, 600)]
    public void Fc02_Frm08_AStreamsLimitExceededByOneIsAFlowControlError(ulong id, int limit) =>
        Differ(PacketForge.Stream(id, 0, new byte[limit]), PacketForge.Stream(id, (ulong)limit, new byte[1]), TransportErrorCode.FlowControlError, 0x0e);

    [Fact]
    public void Fc02_TheConnectionsLimitExceededByOneIsAFlowControlError() => Differ(
        [.. PacketForge.Stream(0, 0, new byte[500]), .. PacketForge.Stream(4, 0, new byte[500])],
        PacketForge.Stream(8, 0, new byte[1]),
        TransportErrorCode.FlowControlError,
        0x0e);

    [Fact]
    public void Fc02_Frm04_AFinalSizeCountsTowardTheLimits() => Differ(
        PacketForge.Frame(0x04, 0, 9, 500), PacketForge.Frame(0x04, 4, 9, 501), TransportErrorCode.FlowControlError, 0x04);

    [Theory]
    [InlineData(8UL, 12UL)]
    [InlineData(6UL, 10UL)]
    public void Str14_Frm08_OneStreamTooManyIsAStreamLimitError(ulong last, ulong oneTooMany) =>
        Differ(PacketForge.Stream(last, 0, [1]), PacketForge.Stream(oneTooMany, 0, [1]), TransportErrorCode.StreamLimitError, 0x0e);

    [Fact]
    public void Fc06_Frm12_MoreStreamsThanCanHaveIdsIsAFrameEncodingError() =>
        Differ(PacketForge.Frame(0x12, 1UL << 60), PacketForge.Frame(0x12, (1UL << 60) + 1), TransportErrorCode.FrameEncodingError, 0x12);

    [Fact]
    public void Frm16_MoreBlockedStreamsThanCanHaveIdsIsAFrameEncodingError() =>
        Differ(PacketForge.Frame(0x17, 1UL << 60), PacketForge.Frame(0x17, (1UL << 60) + 1), TransportErrorCode.FrameEncodingError, 0x17);

    [Fact]
    public void Fc05_AStreamThatEndsPast2To62IsAFrameEncodingError() =>
        Differ([0x01], PacketForge.Stream(0, (1UL << 62) - 1, [1]), TransportErrorCode.FrameEncodingError, 0x0e);

    [Fact]
    public void Str11_AFinalSizeThatChangesIsAFinalSizeError() => Differ(
        PacketForge.Stream(0, 0, new byte[10], isFin: true), PacketForge.Frame(0x04, 0, 0, 11), TransportErrorCode.FinalSizeError, 0x04);

    [Theory]
    [InlineData(0x0eUL, ServerUnidirectional)]
    [InlineData(0x04UL, ServerUnidirectional)]
    [InlineData(0x05UL, ClientUnidirectional)]
    [InlineData(0x11UL, ClientUnidirectional)]
    [InlineData(0x15UL, ServerUnidirectional)]
    [InlineData(0x0eUL, ServerBidirectional)]
    [InlineData(0x04UL, ServerBidirectional)]
    [InlineData(0x05UL, ServerBidirectional)]
    [InlineData(0x11UL, ServerBidirectional)]
    public void Frm04_Frm05_Frm08_Frm11_Frm15_AFrameForAStreamOfTheWrongKindIsAStreamStateError(ulong type, ulong id) => Differ(
        [0x01],
        type == 0x0e ? PacketForge.Stream(id, 0, [1]) : type == 0x04 ? PacketForge.Frame(type, id, 0, 0) : PacketForge.Frame(type, id, 1),
        TransportErrorCode.StreamStateError,
        type);

    [Fact]
    public void Frm30_Tp28_ADatagramLargerThanWeTakeIsAProtocolViolation() =>
        Differ([0x30, .. new byte[99]], [0x30, .. new byte[100]], TransportErrorCode.ProtocolViolation, 0x30);

    [Fact]
    public void Frm30_Tp28_ADatagramThatNobodyAskedForIsAProtocolViolation()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x31, 0]);
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0x31);
    }

    [Fact]
    public void Frm02_AnAcknowledgmentOfAPacketThatWasNeverSentIsAProtocolViolation()
    {
        Pair pair = Pair.Connected(Prepare);
        ulong next = (ulong)pair.Server.Space(PacketNumberSpace.Application)!.NextNumber.Value;

        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x02, next - 1, 0, 0, 0));
        Assert.Null(pair.Server.Termination);
        next = (ulong)pair.Server.Space(PacketNumberSpace.Application)!.NextNumber.Value;
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x02, next, 0, 0, 0));
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0x02);
    }

    [Fact]
    public void Frm02_RangesBelowPacketNumber0AreAFrameEncodingError() =>
        Differ(PacketForge.Frame(0x02, 0, 0, 0, 0), PacketForge.Frame(0x02, 0, 0, 0, 1), TransportErrorCode.FrameEncodingError, 0x02);

    [Fact]
    public void Frm06_Fc07_CryptoDataFarAheadOverflowsItsBuffer() => Differ(
        PacketForge.Crypto(CryptoStream.DefaultReceiveLimit - 1, [1]),
        PacketForge.Crypto(CryptoStream.DefaultReceiveLimit, [1]),
        TransportErrorCode.CryptoBufferExceeded,
        0x06);

    [Fact]
    public void Frm06_Fc05_CryptoDataPast2To62IsAFrameEncodingError() =>
        Differ([0x01], PacketForge.Crypto((1UL << 62) - 1, [1]), TransportErrorCode.FrameEncodingError, 0x06);

    [Fact]
    public void Frm07_AnEmptyTokenIsAFrameEncodingError()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, [0x07, 0]);
        Closing.Expect(pair.Client, TransportErrorCode.FrameEncodingError, 0x07);
    }

    [Fact]
    public void Frm1B_AResponseToNoChallengeIsIgnored()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x1b, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Frm98_Frm10_Frm14_OutdatedFramesAreAccepted()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [.. PacketForge.Frame(0x10, 1), .. PacketForge.Frame(0x12, 0), .. PacketForge.Frame(0x14, 0), .. PacketForge.Frame(0x16, 0)]);
        Assert.Null(pair.Server.Termination);
    }

    private static void Prepare(Pair pair) => pair.ServerHost.Settings = Small;

    /// <summary>What keeps the limit is accepted; what comes after it is not.</summary>
    private static void Differ(byte[] kept, byte[] exceeded, TransportErrorCode code, ulong frameType)
    {
        Pair pair = Pair.Connected(Prepare);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, kept);
        Assert.Null(pair.Server.Termination);

        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, exceeded);
        Closing.Expect(pair.Server, code, frameType);
        pair.Pass(50);
        Closing.ExpectFromPeer(pair.Client, code, frameType);
    }
}
