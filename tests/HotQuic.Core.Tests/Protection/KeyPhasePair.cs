using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Protection;

internal readonly record struct Delivery(bool Opened, KeyPhaseOpenResult Result);

/// <summary>Alice and Bob with one another's secrets; each packet has the phase in its header.</summary>
internal sealed class KeyPhasePair : IDisposable
{
    public const int HeaderLength = 10;
    private const int Seed = 60;
    private const int PhaseBit = 0x04;

    private readonly QuicVersion _version;
    private readonly CipherSuite _suite;
    private readonly byte[] _bobSecret;

    public KeyPhasePair(
        CipherSuite suite = CipherSuite.Aes128GcmSha256,
        QuicVersion version = QuicVersion.Version1,
        long? limit = null,
        long failuresAllowed = long.MaxValue)
    {
        (_suite, _version) = (suite, version);
        var random = new Random(Seed);
        AliceSecret = random.Bytes(suite.Facts().SecretLength);
        _bobSecret = random.Bytes(suite.Facts().SecretLength);
        BobFailures = new FailedOpens(failuresAllowed);
        long confidentialityLimit = limit ?? suite.Facts().ConfidentialityLimit;
        Alice.Begin(Settings(new FailedOpens(), confidentialityLimit), AliceSecret, _bobSecret);
        Bob.Begin(Settings(BobFailures, confidentialityLimit), _bobSecret, AliceSecret);
    }

    public static TimeSpan Pto => TimeSpan.FromMilliseconds(100);

    public KeyPhases Alice { get; } = new(new KeyPool());

    public KeyPhases Bob { get; } = new(new KeyPool());

    public byte[] AliceSecret { get; }

    public FailedOpens BobFailures { get; }

    public Instant Now { get; set; } = new(1_000_000);

    public static byte[] Header(bool phase) => [(byte)(phase ? 0x40 | PhaseBit : 0x40), 2, 3, 4, 5, 6, 7, 8, 9, 10];

    public static byte[] Seal(KeyPhases sender, int packetNumber)
    {
        byte[] packet = new byte[HeaderLength + 20 + PacketAead.TagLength];
        Header(sender.SendPhase).CopyTo(packet, 0);
        sender.Seal(new PacketNumber(packetNumber), packet.AsSpan(0, HeaderLength), new byte[15], packet.AsSpan(HeaderLength));
        return packet;
    }

    public byte[] SealAsBobBeforeUpdates(int packetNumber)
    {
        var keys = PacketKeys.Derive(_version, _suite, _bobSecret, CipherBackend.Auto);
        byte[] header = Header(phase: false);
        return [.. header, .. Ciphers.Seal(keys.Aead, new PacketNumber(packetNumber), header, [1], 0)];
    }

    public Delivery Open(KeyPhases receiver, byte[] packet, int packetNumber)
    {
        var received = new ReceivedOneRttPacket(new PacketNumber(packetNumber), (packet[0] & PhaseBit) != 0, Now, Pto);
        bool opened = receiver.TryOpen(
            received, packet.AsSpan(0, HeaderLength), packet.AsSpan(HeaderLength), out KeyPhaseOpenResult result);
        return new Delivery(opened, result);
    }

    public Delivery AliceToBob(int packetNumber) => Open(Bob, Seal(Alice, packetNumber), packetNumber);

    public Delivery BobToAlice(int packetNumber) => Open(Alice, Seal(Bob, packetNumber), packetNumber);

    public void Acknowledge(KeyPhases sender, int largest) =>
        Assert.Null(sender.OnAcknowledged(new PacketNumber(largest), Now, Pto));

    public void Confirm()
    {
        Alice.OnHandshakeConfirmed();
        Bob.OnHandshakeConfirmed();
    }

    /// <summary>Packets 0 and 1 of Alice, the second with updated keys; then one of Bob's, if it has a number.</summary>
    public void UpdateByAlice(int alicePacket, int? bobPacket)
    {
        Assert.True(AliceToBob(alicePacket).Opened);
        Acknowledge(Alice, alicePacket);
        Assert.True(Alice.TryInitiateUpdate(Now));
        Assert.True(AliceToBob(alicePacket + 1).Result.IsKeyUpdate);
        if (bobPacket is int number)
        {
            Assert.True(BobToAlice(number).Opened);
        }
    }

    public void Dispose()
    {
        Alice.End();
        Bob.End();
    }

    private KeyPhaseSettings Settings(FailedOpens failedOpens, long confidentialityLimit) =>
        new(_version, _suite, CipherBackend.Auto, failedOpens) { ConfidentialityLimit = confidentialityLimit };
}
