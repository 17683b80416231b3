using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>Every frame in every packet type where it has no place, said by a peer to a live connection (RFC 9000 §12.4).</summary>
public sealed class FramePermissionTests
{
    /// <summary>Well-formed frames that only 1-RTT packets may carry.</summary>
    public static TheoryData<ulong> ApplicationFrames =>
    [
        0x04, 0x05, 0x07, 0x08, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1d, 0x1e, 0x30, 0x31,
    ];

    [Theory]
    [MemberData(nameof(ApplicationFrames))]
    public void Pkt10_Frm04_Frm05_Frm07_Frm08_AnApplicationFrameInAnInitialIsAProtocolViolation(ulong type)
    {
        Pair pair = PairAtInitial();

        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, Example(type));

        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, type);
        pair.Pass(100);
        Closing.ExpectFromPeer(pair.Client, TransportErrorCode.ProtocolViolation, type);
    }

    [Theory]
    [MemberData(nameof(ApplicationFrames))]
    public void Pkt10_Frm10_Frm11_Frm12_Frm14_Frm15_Frm16_AnApplicationFrameInAHandshakePacketIsAProtocolViolation(ulong type)
    {
        Pair pair = PairAtHandshake();

        pair.Say(EndpointRole.Client, EncryptionLevel.Handshake, Example(type));

        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, type);
    }

    [Theory]
    [MemberData(nameof(ApplicationFrames))]
    public void Pkt10_Frm18_Frm19_Frm1A_Frm1B_Frm1C_Frm30_AServerInTheWrongPacketIsRefusedToo(ulong type)
    {
        Pair pair = PairAtInitial();

        pair.Say(EndpointRole.Server, EncryptionLevel.Initial, Example(type));

        Closing.Expect(pair.Client, TransportErrorCode.ProtocolViolation, type);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x01)]
    public void Frm00_Frm01_PaddingAndPingAreWelcomeInEveryPacket(ulong type)
    {
        Pair initial = PairAtInitial();
        initial.Say(EndpointRole.Client, EncryptionLevel.Initial, Example(type));
        Assert.Null(initial.Server.Termination);

        Pair handshake = PairAtHandshake();
        handshake.Say(EndpointRole.Client, EncryptionLevel.Handshake, Example(type));
        Assert.Null(handshake.Server.Termination);

        Pair connected = Pair.Connected();
        connected.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Example(type));
        Assert.Null(connected.Server.Termination);
    }

    [Theory]
    [InlineData(0x07)]
    [InlineData(0x1e)]
    public void Frm07_Frm1E_AClientThatSendsAServersFrameViolatesTheProtocol(ulong type)
    {
        Pair pair = Pair.Connected();

        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Example(type));

        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, type);
    }

    [Fact]
    public void Pkt09_APacketWithoutFramesIsAProtocolViolation()
    {
        Pair pair = Pair.Connected();

        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, []);

        Closing.Expect(pair.Client, TransportErrorCode.ProtocolViolation, 0);
    }

    [Theory]
    [InlineData(0x20UL)]
    [InlineData(0x21UL)]
    [InlineData(0x40UL)]
    [InlineData(0x3fffffffffffffffUL)]
    public void Pkt11_AnUnknownFrameTypeIsAFrameEncodingError(ulong type)
    {
        Pair pair = Pair.Connected();

        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(type));

        Closing.Expect(pair.Server, TransportErrorCode.FrameEncodingError, type);
    }

    [Fact]
    public void Pkt11_Pkt15_AFrameTypeThatIsLongerThanNecessaryIsAProtocolViolationButOtherIntegersMayBe()
    {
        Pair other = Pair.Connected();
        other.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x10, 0xc0, 0, 0, 0, 0, 0, 0, 5]);
        Assert.Null(other.Server.Termination);

        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x40, 0x01]);
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 1);
    }

    [Theory]
    [MemberData(nameof(ApplicationFrames))]
    public void Pkt12_ATruncatedFrameIsAFrameEncodingErrorThatNamesItsType(ulong type)
    {
        // These have neither a length nor a field that could be too short once their first is there.
        byte[] truncated = type is 0x08 or 0x1e or 0x30 ? PacketForge.Frame(0x31, 9) : Example(type)[..^1];
        Pair pair = Pair.Connected();

        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, truncated);

        Closing.Expect(pair.Client, TransportErrorCode.FrameEncodingError, truncated[0]);
    }

    internal static Pair PairAtInitial()
    {
        // The client's first Initial arrives, the server's answer does not.
        var pair = new Pair();
        pair.Filter = datagram => pair.IsFromClient(datagram) && pair.Wire.Count == 0;
        pair.Connect();
        pair.Pass(15);
        pair.Filter = null;
        return pair;
    }

    internal static Pair PairAtHandshake()
    {
        // The server's flight arrives, the client's second does not.
        var pair = new Pair();
        pair.Filter = datagram => !pair.IsFromClient(datagram) || pair.Wire.Count == 0;
        pair.Connect();
        pair.Pass(25);
        pair.Filter = null;
        Assert.False(pair.Server.Handshake.IsComplete);
        return pair;
    }

    private static byte[] Example(ulong type) => type switch
    {
        0x04 => PacketForge.Frame(type, 0, 1, 0),
        0x05 or 0x11 or 0x15 => PacketForge.Frame(type, 0, 1),
        0x07 => [0x07, 2, 1, 2],
        0x08 => [0x08, 0, 1],
        0x0f => [0x0f, 0, 0, 1, 1],
        0x18 => PacketForge.NewConnectionId(1, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
        0x1a or 0x1b => [(byte)type, 1, 2, 3, 4, 5, 6, 7, 8],
        0x1d => [0x1d, 0, 0],
        0x30 => [0x30, 1],
        0x31 => [0x31, 1, 1],
        0x00 or 0x01 or 0x1e => [(byte)type],
        _ => PacketForge.Frame(type, 1),
    };
}
