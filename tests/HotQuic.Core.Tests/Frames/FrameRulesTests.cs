using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Frames;

/// <summary>The table of RFC 9000 §12.4, written down a second time in that table's own notation.</summary>
public class FrameRulesTests
{
    // I H 0 1: the packets. N: not ack-eliciting. C: not in flight (and CONNECTION_CLOSE, by RFC 9002 §2). P: probing.
    // S: only servers send it.
    private static readonly (ulong First, ulong Last, string Packets, string Spec)[] Expected =
    [
        (0x00, 0x00, "IH01", "NP"),
        (0x01, 0x01, "IH01", ""),
        (0x02, 0x03, "IH1", "NC"),
        (0x04, 0x04, "01", ""),
        (0x05, 0x05, "01", ""),
        (0x06, 0x06, "IH1", ""),
        (0x07, 0x07, "1", "S"),
        (0x08, 0x0f, "01", ""),
        (0x10, 0x10, "01", ""),
        (0x11, 0x11, "01", ""),
        (0x12, 0x13, "01", ""),
        (0x14, 0x14, "01", ""),
        (0x15, 0x15, "01", ""),
        (0x16, 0x17, "01", ""),
        (0x18, 0x18, "01", "P"),
        (0x19, 0x19, "1", ""),
        (0x1a, 0x1a, "01", "P"),
        (0x1b, 0x1b, "1", "P"),
        (0x1c, 0x1c, "IH01", "NC"),
        (0x1d, 0x1d, "01", "NC"),
        (0x1e, 0x1e, "1", "S"),
        (0x30, 0x31, "01", ""),
    ];

    private static readonly (char Letter, EncryptionLevel Level)[] Levels =
    [
        ('I', EncryptionLevel.Initial),
        ('H', EncryptionLevel.Handshake),
        ('0', EncryptionLevel.ZeroRtt),
        ('1', EncryptionLevel.OneRtt),
    ];

    [Fact]
    public void Pkt10_EachFrameIsPermittedInItsPacketsAndAProtocolViolationInOthers()
    {
        foreach ((ulong type, string packets, string spec) in EachType())
        {
            foreach ((char letter, EncryptionLevel level) in Levels)
            {
                TransportError? error = FrameRules.Check(type, level, EndpointRole.Server, out FrameRule rule);
                bool isPermitted = packets.Contains(letter, StringComparison.Ordinal);
                Assert.Equal(isPermitted, rule.IsPermittedIn(level));
                Assert.Equal(isPermitted ? null : TransportErrorCode.ProtocolViolation, error?.Code);
                Assert.Equal(isPermitted ? null : type, error?.FrameType);
            }
        }
    }

    [Fact]
    public void Frm00_EachFrameElicitsAnAckCountsInFlightAndProbesAsTheTableSays()
    {
        foreach ((ulong type, string packets, string spec) in EachType())
        {
            Assert.True(FrameRules.TryGet(type, out FrameRule rule));
            Assert.Equal(!spec.Contains('N', StringComparison.Ordinal), rule.IsAckEliciting);
            Assert.Equal(!spec.Contains('C', StringComparison.Ordinal), rule.CountsInFlight);
            Assert.Equal(spec.Contains('P', StringComparison.Ordinal), rule.IsProbing);
        }
    }

    [Fact]
    public void Frm07_OnlyServersSendNewTokenAndHandshakeDone()
    {
        foreach ((ulong type, string packets, string spec) in EachType())
        {
            TransportError? error = FrameRules.Check(type, EncryptionLevel.OneRtt, EndpointRole.Client, out FrameRule rule);
            bool isServerOnly = spec.Contains('S', StringComparison.Ordinal);
            Assert.Equal(!isServerOnly, rule.MayBeSentBy(EndpointRole.Client));
            Assert.True(rule.MayBeSentBy(EndpointRole.Server));
            Assert.Equal(isServerOnly ? TransportErrorCode.ProtocolViolation : null, error?.Code);
        }
    }

    [Fact]
    public void Pkt11_EveryOtherTypeIsAFrameEncodingError()
    {
        var known = EachType().Select(row => row.Type).ToHashSet();
        ulong[] far = [0x40, 0x3fff, 0x4000, 0xaf, uint.MaxValue, 1UL << 32, (1UL << 32) | 0x01, VarInt.MaxValue];
        foreach (ulong type in Enumerable.Range(0, 0x80).Select(value => (ulong)value).Concat(far))
        {
            bool isKnown = known.Contains(type);
            Assert.Equal(isKnown, FrameRules.TryGet(type, out FrameRule _));
            if (!isKnown)
            {
                TransportError? error = FrameRules.Check(type, EncryptionLevel.OneRtt, EndpointRole.Server, out FrameRule _);
                Assert.Equal((TransportErrorCode.FrameEncodingError, type), (error!.Code, error.FrameType));
            }
        }
    }

    [Fact]
    public void Frm99_WhatAClientCannotSendIn0RttIsAProtocolViolationThere()
    {
        foreach (FrameType type in (FrameType[])[FrameType.Ack, FrameType.AckEcn, FrameType.Crypto, FrameType.HandshakeDone,
            FrameType.NewToken, FrameType.PathResponse, FrameType.RetireConnectionId])
        {
            TransportError? error = FrameRules.Check((ulong)type, EncryptionLevel.ZeroRtt, EndpointRole.Client, out FrameRule _);
            Assert.Equal(TransportErrorCode.ProtocolViolation, error?.Code);
        }
    }

    [Theory]
    [InlineData("01", 0x01UL)]
    [InlineData("31", 0x31UL)]
    [InlineData("4052", 0x52UL)]
    [InlineData("80004000", 0x4000UL)]
    [InlineData("c000000040000000", 0x40000000UL)]
    public void Pkt11_AFrameTypeInItsShortestFormReads(string hex, ulong expected)
    {
        var reader = new WireReader(Hex.Bytes(hex));
        Assert.True(FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? error));
        Assert.Equal((expected, null), (type, error));
        Assert.True(reader.IsEmpty);
    }

    [Theory]
    [InlineData("4001", 0x01UL)]
    [InlineData("80000001", 0x01UL)]
    [InlineData("c000000000000001", 0x01UL)]
    [InlineData("80000052", 0x52UL)]
    [InlineData("c000000000004000", 0x4000UL)]
    public void Pkt11_AFrameTypeLongerThanNecessaryIsAProtocolViolation(string hex, ulong expected)
    {
        var reader = new WireReader(Hex.Bytes(hex));
        Assert.False(FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? error));
        Assert.Equal((expected, TransportErrorCode.ProtocolViolation, expected), (type, error.Code, error.FrameType));
    }

    [Theory]
    [InlineData("")]
    [InlineData("40")]
    [InlineData("800040")]
    public void Pkt12_ATruncatedFrameTypeIsAFrameEncodingError(string hex)
    {
        var reader = new WireReader(Hex.Bytes(hex));
        Assert.False(FrameRules.TryReadFrameType(ref reader, out _, out TransportError? error));
        Assert.Equal(TransportErrorCode.FrameEncodingError, error.Code);
    }

    [Fact]
    public void Pkt12_AMalformedFrameIsAFrameEncodingErrorThatNamesIt()
    {
        TransportError error = FrameRules.Malformed(0x18);
        Assert.Equal((TransportErrorCode.FrameEncodingError, 0x18UL), (error.Code, error.FrameType));
    }

    private static IEnumerable<(ulong Type, string Packets, string Spec)> EachType()
    {
        foreach ((ulong first, ulong last, string packets, string spec) in Expected)
        {
            for (ulong type = first; type <= last; type++)
            {
                yield return (type, packets, spec);
            }
        }
    }
}
