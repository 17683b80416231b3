using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>The sample packets of RFC 9001 appendix A and RFC 9369 appendix A, from the secrets to the bytes on the wire and back.</summary>
public class AppendixATests
{
    private static readonly ConnectionId ClientDcid = new(Ciphers.Hex("8394c8f03e515708"));

    [SkippableTheory]
    [InlineData("quic/rfc9001-appendix-a.json")]
    [InlineData("quic/rfc9369-appendix-a.json")]
    public void Prot01_InitialPacketsOfTheAppendix(string file)
    {
        JsonElement vectors = Read(file);
        QuicVersion version = Version(vectors);
        JsonElement client = vectors.GetProperty("client_initial");
        byte[] clientPayload = new byte[client.GetProperty("plaintext_payload_length").GetInt32()];
        Field(client, "crypto_frame").CopyTo(clientPayload, 0);
        CheckInitial(version, EndpointRole.Client, client, clientPayload);

        JsonElement server = vectors.GetProperty("server_initial");
        CheckInitial(version, EndpointRole.Server, server, Field(server, "plaintext_payload"));
    }

    [SkippableTheory]
    [InlineData("quic/rfc9001-appendix-a.json")]
    [InlineData("quic/rfc9369-appendix-a.json")]
    public void Prot14_RetryOfTheAppendix(string file)
    {
        JsonElement vectors = Read(file);
        byte[] retry = Field(vectors.GetProperty("retry"), "packet");
        CheckRetry(Version(vectors), retry);
    }

    [SkippableTheory]
    [InlineData("quic/rfc9001-appendix-a.json")]
    [InlineData("quic/rfc9369-appendix-a.json")]
    public void Prot06_ChaCha20ShortHeaderPacketOfTheAppendix(string file)
    {
        JsonElement vectors = Read(file);
        JsonElement sample = vectors.GetProperty("chacha20_short_header");
        CheckChaCha20(Version(vectors), Field(sample, "secret"), Field(sample, "packet"));
    }

    /// <summary>RFC 9001 §A.3, transcribed: so that the test stands without the vector files.</summary>
    [Fact]
    public void Prot01_ServerInitialOfVersion1()
    {
        byte[] packet = Ciphers.Hex(
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb3" +
            "8cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84" +
            "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee");
        byte[] plaintext = Ciphers.Hex(
            "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200" +
            "130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00" +
            "020304");
        CheckSealAndOpen(
            QuicVersion.Version1,
            EndpointRole.Server,
            new Sample(new PacketNumber(1), Ciphers.Hex("c1000000010008f067a5502a4262b50040750001"), plaintext, packet));
    }

    /// <summary>RFC 9369 §A.3, transcribed.</summary>
    [Fact]
    public void Prot01_ServerInitialOfVersion2()
    {
        byte[] packet = Ciphers.Hex(
            "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf872630" +
            "17915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2" +
            "c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140");
        byte[] plaintext = Ciphers.Hex(
            "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200" +
            "130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00" +
            "020304");
        CheckSealAndOpen(
            QuicVersion.Version2,
            EndpointRole.Server,
            new Sample(new PacketNumber(1), Ciphers.Hex("d16b3343cf0008f067a5502a4262b50040750001"), plaintext, packet));
    }

    /// <summary>RFC 9001 §A.4 and RFC 9369 §A.4, transcribed.</summary>
    [Theory]
    [InlineData(0x00000001u, "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba")]
    [InlineData(0x6b3343cfu, "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6")]
    public void Prot14_RetryTag(uint version, string packet) => CheckRetry((QuicVersion)version, Ciphers.Hex(packet));

    /// <summary>RFC 9001 §A.5 and RFC 9369 §A.5, transcribed.</summary>
    [Theory]
    [InlineData(0x00000001u, "4cfe4189655e5cd55c41f69080575d7999c25a5bfb")]
    [InlineData(0x6b3343cfu, "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba")]
    public void Prot06_ChaCha20ShortHeaderPacket(uint version, string packet) =>
        CheckChaCha20(
            (QuicVersion)version,
            Ciphers.Hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b"),
            Ciphers.Hex(packet));

    [Fact]
    public void Prot01_AfterARetryTheKeysAreThoseOfItsSourceConnectionId()
    {
        var retryScid = new ConnectionId(Ciphers.Hex("f067a5502a4262b5"));
        InitialKeys.Derive(QuicVersion.Version1, ClientDcid, EndpointRole.Client, out PacketKeys before, out PacketKeys beforeReceive);
        InitialKeys.Derive(QuicVersion.Version1, retryScid, EndpointRole.Client, out PacketKeys send, out PacketKeys receive);
        InitialKeys.Derive(QuicVersion.Version1, retryScid, EndpointRole.Server, out PacketKeys serverSend, out PacketKeys serverReceive);
        byte[] fromClient = Ciphers.Seal(send.Aead, new PacketNumber(2), [0xc3], [1, 2, 3], 0);
        Assert.False(before.Aead.TryOpen(new PacketNumber(2), [0xc3], [.. fromClient]));
        Assert.True(serverReceive.Aead.TryOpen(new PacketNumber(2), [0xc3], [.. fromClient]));
        byte[] fromServer = Ciphers.Seal(serverSend.Aead, new PacketNumber(2), [0xc3], [1, 2, 3], 0);
        Assert.True(receive.Aead.TryOpen(new PacketNumber(2), [0xc3], [.. fromServer]));
        foreach (PacketKeys keys in new[] { before, beforeReceive, send, receive, serverSend, serverReceive })
        {
            keys.Discard();
        }
    }

    [Fact]
    public void Prot14_ALongTokenIsCoveredToItsEnd()
    {
        byte[] retry = new Random(5).Bytes(4000);
        byte[] tag = new byte[RetryIntegrity.TagLength];
        RetryIntegrity.ComputeTag(QuicVersion.Version1, ClientDcid, retry, tag);
        Assert.True(RetryIntegrity.IsValid(QuicVersion.Version1, ClientDcid, retry, tag));
        retry[^1] ^= 1;
        Assert.False(RetryIntegrity.IsValid(QuicVersion.Version1, ClientDcid, retry, tag));
    }

    private static void CheckRetry(QuicVersion version, byte[] retry)
    {
        byte[] tag = new byte[RetryIntegrity.TagLength];
        RetryIntegrity.ComputeTag(version, ClientDcid, retry.AsSpan(..^16), tag);
        Assert.Equal(retry[^16..], tag);
        Assert.True(RetryIntegrity.IsValid(version, ClientDcid, retry.AsSpan(..^16), tag));
        for (int i = 0; i < retry.Length; i++)
        {
            byte[] damaged = [.. retry];
            damaged[i] ^= 0x10;
            Assert.False(RetryIntegrity.IsValid(version, ClientDcid, damaged.AsSpan(..^16), damaged.AsSpan(^16..)));
        }

        Assert.False(RetryIntegrity.IsValid(version, new ConnectionId([1, 2, 3]), retry.AsSpan(..^16), tag));
        Assert.False(RetryIntegrity.IsValid(version, ClientDcid, retry.AsSpan(..^16), tag.AsSpan(0, 15)));
    }

    private static void CheckChaCha20(QuicVersion version, byte[] secret, byte[] packet)
    {
        foreach (CipherBackend backend in Enum.GetValues<CipherBackend>())
        {
            var keys = PacketKeys.Derive(version, CipherSuite.ChaCha20Poly1305Sha256, secret, backend);
            Check(keys, new Sample(new PacketNumber(654_360_564), Ciphers.Hex("4200bff4"), [0x01], packet), packetNumberLength: 3);
        }
    }

    private static void CheckInitial(QuicVersion version, EndpointRole sender, JsonElement vector, byte[] plaintext)
    {
        var packetNumber = new PacketNumber(vector.GetProperty("packet_number").GetInt64());
        CheckSealAndOpen(
            version, sender, new Sample(packetNumber, Field(vector, "unprotected_header"), plaintext, Field(vector, "packet")));
    }

    private static void CheckSealAndOpen(QuicVersion version, EndpointRole sender, Sample sample)
    {
        InitialKeys.Derive(version, ClientDcid, sender, out PacketKeys send, out PacketKeys unusedReceive);
        InitialKeys.Derive(version, ClientDcid, sender.Peer(), out PacketKeys unusedSend, out PacketKeys receive);
        int packetNumberLength = (sample.Header[0] & 3) + 1;
        Check(send, sample, packetNumberLength);
        Check(receive, sample, packetNumberLength);
        foreach (PacketKeys keys in new[] { send, receive, unusedSend, unusedReceive })
        {
            keys.Discard();
        }
    }

    private static void Check(PacketKeys keys, Sample sample, int packetNumberLength)
    {
        int offset = sample.Header.Length - packetNumberLength;
        byte[] packet = [.. sample.Header, .. Ciphers.Seal(keys.Aead, sample.PacketNumber, sample.Header, sample.Plaintext, 0)];
        PacketProtector.Protect(keys.HeaderProtection, packet, offset);
        Assert.Equal(sample.Packet, packet);

        Assert.True(PacketProtector.TryUnprotect(keys.HeaderProtection, packet, offset, out UnprotectedHeader header));
        Assert.Equal(sample.Header, packet[..sample.Header.Length]);
        Assert.Equal(packetNumberLength, header.PacketNumberLength);
        Assert.Equal(sample.Header[0], header.FirstByte);
        Assert.Equal((uint)(sample.PacketNumber.Value & ((1L << (8 * packetNumberLength)) - 1)), header.TruncatedPacketNumber);
        Assert.True(keys.Aead.TryOpen(sample.PacketNumber, sample.Header, packet.AsSpan(sample.Header.Length)));
        Assert.Equal(sample.Plaintext, packet[sample.Header.Length..^PacketAead.TagLength]);
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Vectors.Path(file))).RootElement;

    private static QuicVersion Version(JsonElement vectors) =>
        (QuicVersion)uint.Parse(vectors.GetProperty("version").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static byte[] Field(JsonElement test, string name) => Ciphers.Hex(test.GetProperty(name).GetString()!);

    private sealed record Sample(PacketNumber PacketNumber, byte[] Header, byte[] Plaintext, byte[] Packet);
}
