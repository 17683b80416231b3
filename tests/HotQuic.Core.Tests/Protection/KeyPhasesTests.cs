using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Protection;

/// <summary>Key updates (RFC 9001 §6), mostly with two endpoints that send packets to one another.</summary>
public class KeyPhasesTests
{
    private const int Seed = 60;
    private static readonly TimeSpan Pto = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void Key01_NoUpdateBeforeTheHandshakeIsConfirmed()
    {
        using var pair = new Pair();
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.Equal(KeyUpdateObstacle.HandshakeNotConfirmed, pair.Alice.ObstacleToUpdate(pair.Now));
        Assert.False(pair.Alice.TryInitiateUpdate(pair.Now));
        pair.Alice.OnHandshakeConfirmed();
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
    }

    [Fact]
    public void Key01_NoUpdateBeforeAPacketOfThePhaseWasAcknowledged()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(7); // lower numbers were 0-RTT
        pair.Acknowledge(pair.Alice, 6);
        Assert.Equal(KeyUpdateObstacle.NotAcknowledged, pair.Alice.ObstacleToUpdate(pair.Now));
        Assert.False(pair.Alice.TryInitiateUpdate(pair.Now));
        pair.Acknowledge(pair.Alice, 7);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));

        pair.AliceToBob(8);
        Assert.False(pair.Alice.TryInitiateUpdate(pair.Now)); // not again until 8 is acknowledged
        Assert.True(pair.BobToAlice(0).Opened);
        Assert.Null(pair.Alice.OnAcknowledged(new PacketNumber(7), pair.Now, Pto));
        Assert.Equal(KeyUpdateObstacle.NotAcknowledged, pair.Alice.ObstacleToUpdate(pair.Now));
    }

    /// <summary>RFC 9001 §6.5: three PTOs after the acknowledgement that confirmed the previous update.</summary>
    [Fact]
    public void Key01_ASecondUpdateWaitsThreePtos()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.UpdateByAlice(0, 0);
        Assert.True(pair.BobToAlice(1).Opened);
        Assert.Null(pair.Alice.OnAcknowledged(new PacketNumber(1), pair.Now, Pto));
        Assert.Equal(KeyUpdateObstacle.TooSoon, pair.Alice.ObstacleToUpdate(pair.Now));
        pair.Now += Pto * 3 - TimeSpan.FromTicks(1);
        Assert.False(pair.Alice.TryInitiateUpdate(pair.Now));
        pair.Now += TimeSpan.FromTicks(1);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
    }

    [Theory]
    [InlineData(0x00000001u, 0x1301)]
    [InlineData(0x00000001u, 0x1302)]
    [InlineData(0x00000001u, 0x1303)]
    [InlineData(0x6b3343cfu, 0x1301)]
    public void Key02_AnUpdateFlipsThePhaseAndUsesTheSecretOfKu(uint version, int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        using var pair = new Pair(suite, (QuicVersion)version);
        pair.Confirm();
        Assert.False(pair.Alice.SendPhase);
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.True(pair.Alice.SendPhase);

        CipherSuiteFacts facts = suite.Facts();
        byte[] next = new byte[facts.SecretLength];
        HkdfLabel.Expand(facts.Hash, pair.AliceSecret, version == 1 ? "quic ku"u8 : "quicv2 ku"u8, [], next);
        using var expected = PacketKeys.Derive((QuicVersion)version, suite, next, CipherBackend.Platform);
        byte[] packet = Pair.Seal(pair.Alice, 1);
        Assert.True(expected.Aead.TryOpen(new PacketNumber(1), Pair.Header(true), packet.AsSpan(Pair.HeaderLength)));
    }

    /// <summary>The secret after the update that RFC 9001 §A.5 and RFC 9369 §A.5 print.</summary>
    [Theory]
    [InlineData(0x00000001u, "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9")]
    [InlineData(0x6b3343cfu, "c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88")]
    public void Key02_UpdatedSecretOfTheAppendix(uint version, string expected)
    {
        byte[] secret = Ciphers.Hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        byte[] next = new byte[32];
        HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, VersionSecrets.KeyUpdateLabel((QuicVersion)version), [], next);
        Assert.Equal(Ciphers.Hex(expected), next);
    }

    [Fact]
    public void Key02_Prot07_HeaderProtectionStaysTheSame()
    {
        using var pair = new Pair();
        byte[] sample = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        byte[] send = Mask(pair.Alice.SendHeaderProtection);
        byte[] receive = Mask(pair.Alice.ReceiveHeaderProtection);
        Assert.Equal(send, Mask(pair.Bob.ReceiveHeaderProtection));
        pair.Confirm();
        pair.UpdateByAlice(0, 0);
        Assert.Equal(1, pair.Alice.SendGeneration);
        Assert.Equal(send, Mask(pair.Alice.SendHeaderProtection));
        Assert.Equal(receive, Mask(pair.Alice.ReceiveHeaderProtection));

        byte[] Mask(HeaderProtection protection)
        {
            byte[] mask = new byte[16];
            protection.ComputeMasks(sample, mask);
            return mask;
        }
    }

    [Fact]
    public void Key03_TheNextPacketAfterThePeersUpdateHasTheNewPhase()
    {
        using var pair = new Pair();
        pair.Confirm();
        Assert.True(pair.BobToAlice(0).Opened);
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.False(pair.Bob.SendPhase);
        Delivery delivery = pair.AliceToBob(1);
        Assert.True(delivery.Opened);
        Assert.True(delivery.Result.IsKeyUpdate);
        Assert.True(pair.Bob.SendPhase);
        Assert.Equal(1, pair.Bob.SendGeneration);
        delivery = pair.BobToAlice(1);
        Assert.True(delivery.Opened);
        Assert.True(delivery.Result.IsKeyUpdate);
        Assert.Equal(1, pair.Alice.SendGeneration); // an answer is no second update
        Assert.False(pair.AliceToBob(2).Result.IsKeyUpdate);
    }

    [Fact]
    public void Key03_AnUnconfirmedEndpointFollowsToo()
    {
        using var pair = new Pair();
        pair.Alice.OnHandshakeConfirmed();
        pair.UpdateByAlice(0, 0);
        Assert.True(pair.Bob.SendPhase);
    }

    [Fact]
    public void Key03_BothMayUpdateAtOnce()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        Assert.True(pair.BobToAlice(0).Opened);
        Assert.Null(pair.Alice.OnAcknowledged(new PacketNumber(0), pair.Now, Pto));
        pair.Acknowledge(pair.Bob, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.True(pair.Bob.TryInitiateUpdate(pair.Now));
        byte[] fromAlice = Pair.Seal(pair.Alice, 1);
        byte[] fromBob = Pair.Seal(pair.Bob, 1);
        Assert.True(pair.Open(pair.Bob, fromAlice, 1).Opened);
        Assert.True(pair.Open(pair.Alice, fromBob, 1).Opened);
        Assert.Equal((1, 1), (pair.Alice.SendGeneration, pair.Bob.SendGeneration));
    }

    [Fact]
    public void Key04_ADelayedPacketOfTheOldPhaseOpensForThreePtos()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] late = Pair.Seal(pair.Alice, 1);
        byte[] tooLate = Pair.Seal(pair.Alice, 2);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.Equal(Instant.Never, pair.Bob.Deadline);
        Assert.True(pair.AliceToBob(3).Opened);
        Assert.Equal(pair.Now + (Pto * 3), pair.Bob.Deadline);

        pair.Now += Pto * 3 - TimeSpan.FromTicks(1);
        pair.Bob.OnTimeout(pair.Now); // too early to do anything
        Assert.True(pair.Open(pair.Bob, late, 1).Opened);

        pair.Now += TimeSpan.FromTicks(1);
        pair.Bob.OnTimeout(pair.Now);
        Assert.Equal(Instant.Never, pair.Bob.Deadline);
        Delivery delivery = pair.Open(pair.Bob, tooLate, 2);
        Assert.False(delivery.Opened);
        Assert.Equal(DropReason.AuthenticationFailed, delivery.Result.DropReason);
        Assert.Null(delivery.Result.Error);
    }

    [Fact]
    public void Key04_OldKeysStayUntilAPacketWithNewOnesOpens()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        pair.Now += TimeSpan.FromHours(1);
        pair.Alice.OnTimeout(pair.Now);
        Assert.True(pair.BobToAlice(1).Opened); // Bob did not hear of it yet
    }

    [Fact]
    public void Key05_OldKeysAfterNewOnesWereUsedForALowerNumber()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] violation = Pair.Seal(pair.Alice, 11);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.True(pair.AliceToBob(10).Opened);
        Assert.True(pair.AliceToBob(12).Opened);
        AssertKeyUpdateError(pair.Open(pair.Bob, violation, 11));
    }

    /// <summary>The other order of arrival: the packet with the higher number and the older keys came first.</summary>
    [Fact]
    public void Key05_NewKeysForALowerNumberThanOldOnes()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] higherWithOldKeys = Pair.Seal(pair.Alice, 20);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        byte[] lowerWithNewKeys = Pair.Seal(pair.Alice, 19);
        Assert.True(pair.Open(pair.Bob, higherWithOldKeys, 20).Opened);
        AssertKeyUpdateError(pair.Open(pair.Bob, lowerWithNewKeys, 19));
    }

    [Fact]
    public void Key05_NewKeysBelowAPacketThatHadOldOnes()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] old = Pair.Seal(pair.Alice, 9);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        byte[] lower = Pair.Seal(pair.Alice, 8);
        Assert.True(pair.AliceToBob(10).Opened);
        Assert.True(pair.Open(pair.Bob, old, 9).Opened);
        AssertKeyUpdateError(pair.Open(pair.Bob, lower, 8));
    }

    [Fact]
    public void Prot09_AHigherNumberThatNeitherSameNorNewerKeysOpenIsDropped()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] old = Pair.Seal(pair.Alice, 13);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.True(pair.AliceToBob(12).Opened);
        Delivery delivery = pair.Open(pair.Bob, old, 13);
        Assert.False(delivery.Opened);
        Assert.Equal(DropReason.AuthenticationFailed, delivery.Result.DropReason);
        Assert.Null(delivery.Result.Error);
        Assert.True(pair.AliceToBob(14).Opened);
    }

    [Fact]
    public void Key06_ASecondUpdateBeforeTheFirstCouldBeAcknowledged()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.UpdateByAlice(0, null); // Bob has sent nothing since

        // Alice now does what she may not: she takes the keys of the generation after next.
        byte[] secret = pair.AliceSecret;
        for (int i = 0; i < 2; i++)
        {
            byte[] next = new byte[secret.Length];
            HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, "quic ku"u8, [], next);
            secret = next;
        }

        using var keys = PacketKeys.Derive(QuicVersion.Version1, CipherSuite.Aes128GcmSha256, secret, CipherBackend.Auto);
        byte[] header = Pair.Header(phase: false);
        byte[] packet = [.. header, .. Ciphers.Seal(keys.Aead, new PacketNumber(2), header, [1], 0)];
        AssertKeyUpdateError(pair.Open(pair.Bob, packet, 2));
    }

    [Fact]
    public void Key06_AnOldPacketThatAcknowledgesNewOnes()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        pair.Open(pair.Bob, Pair.Seal(pair.Alice, 1), 1);
        byte[] old = pair.SealAsBobBeforeUpdates(4);
        Assert.True(pair.Open(pair.Alice, old, 4).Opened);
        TransportError? error = pair.Alice.OnAcknowledged(new PacketNumber(1), pair.Now, Pto);
        Assert.Equal(TransportErrorCode.KeyUpdateError, error?.Code);
    }

    [Fact]
    public void Key07_KeysAreUpdatedBeforeTheConfidentialityLimit()
    {
        using var pair = new Pair(limit: 64);
        pair.Confirm();
        int packetNumber = 0;
        for (int generation = 0; generation < 5; generation++)
        {
            Assert.Equal(generation, pair.Alice.SendGeneration);
            for (int i = 0; i < 56; i++)
            {
                Assert.Null(pair.Alice.PrepareToSend(pair.Now));
                Assert.Equal(generation, pair.Alice.SendGeneration);
                Assert.True(pair.AliceToBob(packetNumber++).Opened);
            }

            Assert.Equal(56, pair.Alice.SealedPackets);
            Assert.True(pair.BobToAlice(packetNumber).Opened);
            Assert.Null(pair.Alice.OnAcknowledged(new PacketNumber(packetNumber - 1), pair.Now, Pto));
            pair.Now += Pto * 3;
            pair.Alice.OnTimeout(pair.Now);
            pair.Bob.OnTimeout(pair.Now);
            Assert.Null(pair.Alice.PrepareToSend(pair.Now));
            Assert.Equal(0, pair.Alice.SealedPackets);
        }
    }

    [Fact]
    public void Key07_WithoutAnUpdateSendingStopsBeforeTheLimit()
    {
        using var pair = new Pair(limit: 64);
        pair.Confirm();
        int packetNumber = 0;
        TransportError? error;
        while ((error = pair.Alice.PrepareToSend(pair.Now)) is null)
        {
            pair.AliceToBob(packetNumber++);
        }

        Assert.Equal(TransportErrorCode.AeadLimitReached, error.Code);
        Assert.Equal(56, packetNumber);
        while (packetNumber < 64)
        {
            pair.AliceToBob(packetNumber++); // what closes the connection
        }

        Assert.Throws<InvalidOperationException>(() => pair.AliceToBob(64));
    }

    [Fact]
    public void Key07_ChaCha20HasNoLimit()
    {
        var settings = new KeyPhaseSettings(
            QuicVersion.Version1, CipherSuite.ChaCha20Poly1305Sha256, CipherBackend.Auto, new FailedOpens());
        Assert.Equal(long.MaxValue, settings.ConfidentialityLimit);
    }

    [Fact]
    public void Key08_FailedOpensAreCountedOverAllKeysUntilTheLimit()
    {
        using var pair = new Pair(failuresAllowed: 3);
        pair.Confirm();
        pair.UpdateByAlice(0, 0);
        Assert.Null(pair.BobFailures.OnFailure(CipherSuite.Aes128GcmSha256)); // at another level
        byte[] forged = Pair.Seal(pair.Alice, 5);
        forged[^1] ^= 1;
        Assert.Null(Forge(phase: true).Result.Error);
        Assert.Null(Forge(phase: false).Result.Error);
        Delivery last = Forge(phase: true);
        Assert.Equal(DropReason.AuthenticationFailed, last.Result.DropReason);
        Assert.Equal(TransportErrorCode.AeadLimitReached, last.Result.Error?.Code);
        Assert.Equal(4, pair.BobFailures.Count);

        Delivery Forge(bool phase)
        {
            byte[] packet = [.. forged];
            Pair.Header(phase).CopyTo(packet, 0);
            Delivery delivery = pair.Open(pair.Bob, packet, 5);
            Assert.False(delivery.Opened);
            return delivery;
        }
    }

    [Fact]
    public void Prot08_AForgedPhaseBitIsDroppedAndChangesNothing()
    {
        using var pair = new Pair();
        pair.Confirm();
        Assert.True(pair.AliceToBob(0).Opened);
        for (int packetNumber = 1; packetNumber < 20; packetNumber++)
        {
            byte[] forged = Pair.Seal(pair.Alice, packetNumber);
            Pair.Header(phase: true).CopyTo(forged, 0);
            Assert.False(pair.Open(pair.Bob, forged, packetNumber).Opened);
        }

        Assert.False(pair.Bob.SendPhase);
        Assert.Equal(19, pair.BobFailures.Count);
        Assert.Equal(Instant.Never, pair.Bob.Deadline);
        Assert.True(pair.AliceToBob(20).Opened);
    }

    /// <summary>RFC 9001 §6.3: the keys of the next phase exist before a packet asks for them, so that nothing is derived for one.</summary>
    [Fact]
    public void Prot11_NextReceiveKeysAreThereBeforeTheyAreNeeded()
    {
        using var pair = new Pair();
        pair.Confirm();
        byte[] forged = Pair.Seal(pair.Alice, 0);
        Pair.Header(phase: true).CopyTo(forged, 0);
        pair.Open(pair.Bob, [.. forged], 0);
        var packet = new ReceivedOneRttPacket(new PacketNumber(0), KeyPhase: true, pair.Now, Pto);
        long before = GC.GetAllocatedBytesForCurrentThread();
        pair.Bob.TryOpen(packet, forged.AsSpan(0, Pair.HeaderLength), forged.AsSpan(Pair.HeaderLength), out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Should the peer not wait, the next keys are derived while the previous are still held.</summary>
    [Fact]
    public void Key04_AQuickSecondUpdateIsFollowed()
    {
        using var pair = new Pair();
        pair.Confirm();
        pair.UpdateByAlice(0, 0);
        for (int generation = 2; generation < 6; generation++)
        {
            byte[] late = Pair.Seal(pair.Alice, (10 * generation) + 1);
            Assert.True(pair.BobToAlice(generation).Opened);
            Assert.Null(pair.Alice.OnAcknowledged(new PacketNumber((10 * generation) + 1), pair.Now, TimeSpan.Zero));
            Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
            Assert.True(pair.AliceToBob((10 * generation) + 2).Result.IsKeyUpdate);
            Assert.True(pair.Open(pair.Bob, late, (10 * generation) + 1).Opened);
            Assert.Equal(generation, pair.Bob.SendGeneration);
        }

        pair.Now += Pto * 3;
        pair.Bob.OnTimeout(pair.Now);
        Assert.True(pair.AliceToBob(100).Opened);
    }

    [Fact]
    public void SealingAndOpeningAllocateNothing()
    {
        using var pair = new Pair();
        byte[] packet = new byte[1200];
        byte[] tail = new byte[1000];
        Run(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 100; i++)
        {
            Run(i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int packetNumber)
        {
            if (pair.Alice.PrepareToSend(pair.Now) is not null)
            {
                throw new InvalidOperationException("It may not send.");
            }

            Span<byte> header = packet.AsSpan(0, Pair.HeaderLength);
            pair.Alice.Seal(new PacketNumber(packetNumber), header, tail, packet.AsSpan(Pair.HeaderLength));
            var received = new ReceivedOneRttPacket(new PacketNumber(packetNumber), KeyPhase: false, pair.Now, Pto);
            if (!pair.Bob.TryOpen(received, header, packet.AsSpan(Pair.HeaderLength), out _))
            {
                throw new InvalidOperationException("It does not open.");
            }
        }
    }

    [Fact]
    public void DisposedKeysRefuseToWork()
    {
        var pair = new Pair();
        byte[] packet = Pair.Seal(pair.Alice, 0);
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Pair.Seal(pair.Alice, 1));
        Assert.Throws<ObjectDisposedException>(() => pair.Open(pair.Bob, packet, 0));
    }

    private static void AssertKeyUpdateError(Delivery delivery)
    {
        Assert.False(delivery.Opened);
        Assert.Equal(TransportErrorCode.KeyUpdateError, delivery.Result.Error?.Code);
    }

    internal readonly record struct Delivery(bool Opened, KeyPhaseOpenResult Result);

    /// <summary>Alice and Bob with one another's secrets; each packet has the phase in its header.</summary>
    private sealed class Pair : IDisposable
    {
        public const int HeaderLength = 10;
        private const int PhaseBit = 0x04;

        private readonly QuicVersion _version;
        private readonly CipherSuite _suite;
        private readonly byte[] _bobSecret;

        public Pair(
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
            Alice = new KeyPhases(Settings(new FailedOpens(), confidentialityLimit), AliceSecret, _bobSecret);
            Bob = new KeyPhases(Settings(BobFailures, confidentialityLimit), _bobSecret, AliceSecret);
        }

        public KeyPhases Alice { get; }

        public KeyPhases Bob { get; }

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
            using var keys = PacketKeys.Derive(_version, _suite, _bobSecret, CipherBackend.Auto);
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
            Alice.Dispose();
            Bob.Dispose();
        }

        private KeyPhaseSettings Settings(FailedOpens failedOpens, long confidentialityLimit) =>
            new(_version, _suite, CipherBackend.Auto, failedOpens) { ConfidentialityLimit = confidentialityLimit };
    }
}
