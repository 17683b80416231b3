using System.Text;
using System.Text.Json;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Diagnostics;

namespace HotQuic.Tests.Diagnostics;

/// <summary>Every frame type from its bytes to its record (draft-ietf-quic-qlog-quic-events §8.13), and the tables of words.</summary>
public sealed class QlogFramesTests
{
    [Theory]
    [InlineData("000000", """{"frame_type":"padding","raw":{"payload_length":3}}""")]
    [InlineData("01", """{"frame_type":"ping"}""")]
    [InlineData("020a10010002 02", """{"frame_type":"ack","ack_delay":0.128,"acked_ranges":[[10],[4,6]]}""")]
    [InlineData("030a00000a010203", """{"frame_type":"ack","ack_delay":0,"acked_ranges":[[0,10]],"ect1":2,"ect0":1,"ce":3}""")]
    [InlineData("0404 05 06", """{"frame_type":"reset_stream","stream_id":4,"error":"unknown","error_code":5,"final_size":6}""")]
    [InlineData("0504 05", """{"frame_type":"stop_sending","stream_id":4,"error":"unknown","error_code":5}""")]
    [InlineData("0609 02 aabb", """{"frame_type":"crypto","offset":9,"raw":{"length":2}}""")]
    [InlineData("0702 aabb", """{"frame_type":"new_token","token":{"type":"resumption","raw":{"length":2}}}""")]
    [InlineData("0804 aabbcc", """{"frame_type":"stream","stream_id":4,"offset":0,"raw":{"length":3}}""")]
    [InlineData("0f04 05 01 aa", """{"frame_type":"stream","stream_id":4,"offset":5,"fin":true,"raw":{"length":1}}""")]
    [InlineData("1009", """{"frame_type":"max_data","maximum":9}""")]
    [InlineData("110409", """{"frame_type":"max_stream_data","stream_id":4,"maximum":9}""")]
    [InlineData("1209", """{"frame_type":"max_streams","stream_type":"bidirectional","maximum":9}""")]
    [InlineData("1309", """{"frame_type":"max_streams","stream_type":"unidirectional","maximum":9}""")]
    [InlineData("1409", """{"frame_type":"data_blocked","limit":9}""")]
    [InlineData("150409", """{"frame_type":"stream_data_blocked","stream_id":4,"limit":9}""")]
    [InlineData("1609", """{"frame_type":"streams_blocked","stream_type":"bidirectional","limit":9}""")]
    [InlineData("1709", """{"frame_type":"streams_blocked","stream_type":"unidirectional","limit":9}""")]
    [InlineData("180201 04 aabbccdd 000102030405060708090a0b0c0d0e0f", """{"frame_type":"new_connection_id","sequence_number":2,"retire_prior_to":1,"connection_id":"aabbccdd"}""")]
    [InlineData("1903", """{"frame_type":"retire_connection_id","sequence_number":3}""")]
    [InlineData("1a0001020304050607", """{"frame_type":"path_challenge","data":"0001020304050607"}""")]
    [InlineData("1b0001020304050607", """{"frame_type":"path_response","data":"0001020304050607"}""")]
    [InlineData("1c0a 06 02 6f6b", """{"frame_type":"connection_close","error_space":"transport","error":"protocol_violation","trigger_frame_type":6,"reason":"ok"}""")]
    [InlineData("1c4128 06 00", """{"frame_type":"connection_close","error_space":"transport","error":"crypto_error_0x128","trigger_frame_type":6,"reason":""}""")]
    [InlineData("1c7abc 00 00", """{"frame_type":"connection_close","error_space":"transport","error":"unknown","error_code":15036,"trigger_frame_type":0,"reason":""}""")]
    [InlineData("1d05 01 ff", """{"frame_type":"connection_close","error_space":"application","error":"unknown","error_code":5,"reason":"\uFFFD"}""")]
    [InlineData("1e", """{"frame_type":"handshake_done"}""")]
    [InlineData("30aabb", """{"frame_type":"datagram","raw":{"length":2}}""")]
    [InlineData("3101aa", """{"frame_type":"datagram","raw":{"length":1}}""")]
    public void AFrameIsLoggedAsTheDraftDefinesIt(string hex, string expected)
    {
        JsonElement frame = Assert.Single(Write(hex).EnumerateArray());
        Assert.Null(QlogSchema.Fault(frame.GetProperty("frame_type").GetString()!, frame));
        Assert.Equal(expected, frame.GetRawText());
    }

    [Theory]
    [InlineData("01 21 ffff", "21", 3)]
    [InlineData("01 0a04 05", "0a", 3)]
    [InlineData("01 02 00", "02", 2)]
    [InlineData("01 c0", null, 1)]
    public void WhatCannotBeReadIsLoggedAsUnknownToTheEndOfThePacket(string hex, string? type, int length)
    {
        JsonElement[] frames = Write(hex).EnumerateArray().ToArray();
        Assert.Equal(2, frames.Length);
        Assert.Null(QlogSchema.Fault("unknown", frames[1]));
        Assert.Equal(type is null ? 0 : Convert.ToInt32(type, 16), frames[1].GetProperty("frame_type_bytes").GetInt32());
        Assert.Equal(length, frames[1].GetProperty("raw").GetProperty("length").GetInt32());
    }

    [Fact]
    public void NoBytesOfAPeerMakeTheWriterThrow()
    {
        const int seed = 5;
        var random = new Random(seed);
        for (int i = 0; i < 3000; i++)
        {
            byte[] payload = new byte[random.Next(1, 60)];
            random.NextBytes(payload);
            payload[0] = (byte)random.Next(0x32);
            JsonElement frames = Write(Convert.ToHexString(payload));
            Assert.All(frames.EnumerateArray(), frame =>
                Assert.True(QlogSchema.Fault(frame.GetProperty("frame_type").GetString()!, frame) is null, $"run {i}, seed {seed}: {frame}"));
        }
    }

    [Fact]
    public void EveryReasonToDropHasItsWords()
    {
        QlogDrop[] drops = Enum.GetValues<DropReason>().Select(QlogNames.Of).ToArray();
        Assert.Equal(drops.Length, drops.Select(d => d.Reason).Distinct().Count());
        Assert.All(drops, drop => Assert.Null(QlogSchema.FaultOfEvent(JsonDocument.Parse(
            $$"""{"time":0,"name":"quic:packet_dropped","data":{"trigger":"{{drop.Trigger}}","details":{"reason":"{{drop.Reason}}"} } }""").RootElement)));
    }

    [Fact]
    public void EveryPacketTypeHasItsWord() =>
        Assert.All(Enum.GetValues<PacketType>(), type => Assert.Null(QlogSchema.Fault("PacketHeader", JsonDocument.Parse($$"""{"packet_type":"{{QlogNames.Of(type)}}"}""").RootElement)));

    [Fact]
    public void TheSchemaTablesRefuseWhatIsNotOfTheDraft()
    {
        string?[] faults =
        [
            FaultOf("""{"time":0,"name":"quic:ping","data":{}}"""),
            FaultOf("""{"name":"quic:mtu_updated","data":{"new":1200}}"""),
            FaultOf("""{"time":0,"name":"quic:mtu_updated","data":{}}"""),
            FaultOf("""{"time":0,"name":"quic:mtu_updated","data":{"new":"1200"}}"""),
            FaultOf("""{"time":0,"name":"quic:mtu_updated","data":{"new":1200,"more":1}}"""),
            FaultOf("""{"time":0,"name":"quic:packet_sent","data":{"header":{"packet_type":"short"}}}"""),
            FaultOf("""{"time":0,"name":"quic:packet_sent","data":{"header":{"packet_type":"1RTT"},"frames":[{"frame_type":"stream"}]}}"""),
            FaultOf("""{"time":0,"name":"quic:packet_lost","data":{"trigger":"bad_luck"}}"""),
        ];
        Assert.All(faults, fault => Assert.NotNull(fault));
        Assert.Null(FaultOf("""{"time":0,"name":"quic:mtu_updated","data":{"new":1200}}"""));
    }

    private static string? FaultOf(string record) => QlogSchema.FaultOfEvent(JsonDocument.Parse(record).RootElement);

    private static JsonElement Write(string hex)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            QlogFrames.Write(json, Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)), ackDelayExponent: 3);
            json.WriteEndObject();
        }

        return JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).RootElement.GetProperty("frames");
    }
}
