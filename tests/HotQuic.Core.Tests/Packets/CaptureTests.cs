using System.Text.Json;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>Datagrams of real endpoints: every header reads as the capture's notes say.</summary>
public class CaptureTests
{
    [SkippableTheory]
    [InlineData("quic-33")]
    [InlineData("quic-forcing-vn-with-data")]
    [InlineData("quic-v2")]
    [InlineData("quic_0RTT")]
    [InlineData("quic_crypto_aes_auth_size")]
    [InlineData("quic_frags_ch_in_multiple_packets")]
    [InlineData("quic_frags_different_dcid")]
    public void Pkt07_TheHeadersOfCapturedDatagramsRead(string capture)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Vectors.Path($"captures/{capture}.json")));
        int initials = 0;
        foreach (JsonElement datagram in json.RootElement.GetProperty("datagrams").EnumerateArray())
        {
            byte[] bytes = Hex.Bytes(datagram.GetProperty("udp_payload").GetString()!);
            int offset = 0;
            foreach (JsonElement expected in datagram.GetProperty("packets").EnumerateArray())
            {
                if (expected.GetProperty("type").GetString() is "short" or "zero-padding")
                {
                    break; // no header, or one whose connection ID is of unknown length
                }

                initials += AssertReads(expected, bytes.AsSpan(offset), out int length) ? 1 : 0;
                offset += length;
            }
        }

        Assert.NotEqual(0, initials);
    }

    private static bool AssertReads(JsonElement expected, ReadOnlySpan<byte> remaining, out int length)
    {
        string type = expected.GetProperty("type").GetString()!;
        Assert.True(InvariantHeader.TryRead(remaining, 8, out InvariantHeader header));
        Assert.Equal(expected.GetProperty("dcid").GetString(), Hex.Of(header.DestinationConnectionId));
        Assert.Equal(expected.GetProperty("scid").GetString(), Hex.Of(header.SourceConnectionId));

        // Some of these endpoints grease the fixed bit (RFC 9287).
        DropReason reason = ProtectedPacket.TryRead(remaining, 8, FixedBitRule.Ignored, out ProtectedPacket packet);
        length = remaining.Length;
        if (type == "unknown-version")
        {
            Assert.Equal(DropReason.UnsupportedVersion, reason);
            return false;
        }

        Assert.Equal(DropReason.None, reason);
        Assert.Equal(TypeOf(type), packet.Type);
        Assert.Equal(Convert.ToUInt32(expected.GetProperty("version").GetString(), 16), (uint)packet.Version);
        if (expected.TryGetProperty("token", out JsonElement token))
        {
            Assert.Equal(token.GetString(), Hex.Of(packet.Token));
        }

        if (expected.TryGetProperty("length_field", out JsonElement lengthField))
        {
            Assert.Equal(lengthField.GetInt32(), packet.Length - packet.PacketNumberOffset);
        }

        length = packet.Length;
        return packet.Type == PacketType.Initial;
    }

    private static PacketType TypeOf(string name) => name switch
    {
        "initial" => PacketType.Initial,
        "0rtt" => PacketType.ZeroRtt,
        "handshake" => PacketType.Handshake,
        "retry" => PacketType.Retry,
        "version_negotiation" => PacketType.VersionNegotiation,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "The capture names a packet that is not known here."),
    };
}
