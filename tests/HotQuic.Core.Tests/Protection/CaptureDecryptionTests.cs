using System.Text.Json;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Protection;

/// <summary>Initials and Retries of real endpoints, of versions 1 and 2: the Initials open, to the packet numbers and frames that others found in them, and the Retry tags hold.</summary>
public class CaptureDecryptionTests
{
    [SkippableTheory]
    [InlineData("quic-33", 2)]
    [InlineData("quic-forcing-vn-with-data", 1)]
    [InlineData("quic-v2", 2)]
    [InlineData("quic_0RTT", 1)]
    [InlineData("quic_crypto_aes_auth_size", 1)]
    [InlineData("quic_frags_ch_in_multiple_packets", 2)]
    [InlineData("quic_frags_different_dcid", 2)]
    public void Prot01_Prot03_TheInitialsOfACaptureOpen(string capture, int least)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Vectors.Path($"captures/{capture}.json")));
        int opened = 0;
        foreach (JsonElement datagram in json.RootElement.GetProperty("datagrams").EnumerateArray())
        {
            byte[] bytes = Hex.Bytes(datagram.GetProperty("udp_payload").GetString()!);
            EndpointRole sender = datagram.GetProperty("from").GetString() == "client" ? EndpointRole.Client : EndpointRole.Server;
            int offset = 0;
            foreach (JsonElement expected in datagram.GetProperty("packets").EnumerateArray())
            {
                if (expected.GetProperty("type").GetString() is not ("initial" or "handshake" or "0rtt") || !expected.TryGetProperty("length_field", out _))
                {
                    break;
                }

                ProtectedPacket.TryRead(bytes.AsSpan(offset), 8, FixedBitRule.Ignored, out ProtectedPacket packet);
                if (expected.TryGetProperty("pn", out JsonElement number))
                {
                    AssertOpens(bytes.AsSpan(offset, packet.Length), sender, expected, number.GetInt64());
                    opened++;
                }

                offset += packet.Length;
            }
        }

        Assert.True(opened >= least, $"only {opened} packets were opened");
    }

    [SkippableFact]
    public void Prot14_TheRetryTagsOfCapturesHold()
    {
        int verified = 0;
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Vectors.Path("captures/quic-33.json"))!, "*.json"))
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
            var firstDestinations = new Dictionary<int, ConnectionId>();
            foreach (JsonElement datagram in json.RootElement.GetProperty("datagrams").EnumerateArray())
            {
                int stream = datagram.GetProperty("stream").GetInt32();
                JsonElement packet = datagram.GetProperty("packets")[0];
                string? type = packet.GetProperty("type").GetString();
                if (type == "initial" && !firstDestinations.ContainsKey(stream))
                {
                    firstDestinations.Add(stream, new ConnectionId(Hex.Bytes(packet.GetProperty("dcid").GetString()!)));
                }
                else if (type == "retry" && firstDestinations.TryGetValue(stream, out ConnectionId original))
                {
                    byte[] bytes = Hex.Bytes(datagram.GetProperty("udp_payload").GetString()!);
                    Assert.True(RetryPacket.TryRead(bytes, out RetryPacket retry));
                    Assert.True(RetryIntegrity.IsValid(retry.Version, original, retry.WithoutIntegrityTag, retry.IntegrityTag));
                    bytes[^1] ^= 1;
                    Assert.False(RetryIntegrity.IsValid(retry.Version, original, bytes.AsSpan(..^16), bytes.AsSpan(^16..)));
                    verified++;
                }
            }
        }

        Assert.NotEqual(0, verified);
    }

    private static void AssertOpens(Span<byte> packet, EndpointRole sender, JsonElement expected, long number)
    {
        var destination = new ConnectionId(Hex.Bytes(expected.GetProperty("key_dcid").GetString()!));
        var version = (QuicVersion)Convert.ToUInt32(expected.GetProperty("version").GetString(), 16);
        InitialKeys.Derive(version, destination, sender, out PacketKeys send, out PacketKeys receive);
        PacketKeys keys = send;
        receive.Discard();
        ProtectedPacket.TryRead(packet, 8, FixedBitRule.Ignored, out ProtectedPacket header);
        int numberOffset = header.PacketNumberOffset;
        Assert.True(PacketProtector.TryUnprotect(keys.HeaderProtection, packet, numberOffset, out UnprotectedHeader unprotected));
        Assert.Equal(expected.GetProperty("pn_length").GetInt32(), unprotected.PacketNumberLength);
        int payloadOffset = numberOffset + unprotected.PacketNumberLength;
        Assert.True(keys.Aead.TryOpen(new PacketNumber(number), packet[..payloadOffset], packet[payloadOffset..]), "the packet did not open");
    }
}
