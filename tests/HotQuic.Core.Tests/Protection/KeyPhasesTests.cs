using System.Security.Cryptography;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Protection;

/// <summary>Key updates (RFC 9001 §6), mostly with two endpoints that send packets to one another.</summary>
public class KeyPhasesTests
{
    private static readonly TimeSpan Pto = KeyPhasePair.Pto;

    [Fact]
    public void Key01_NoUpdateBeforeTheHandshakeIsConfirmed()
    {
        using var pair = new KeyPhasePair();
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
        using var pair = new KeyPhasePair();
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
        using var pair = new KeyPhasePair();
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
        using var pair = new KeyPhasePair(suite, (QuicVersion)version);
        pair.Confirm();
        Assert.False(pair.Alice.SendPhase);
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.True(pair.Alice.SendPhase);

        CipherSuiteFacts facts = suite.Facts();
        byte[] next = new byte[facts.SecretLength];
        HkdfLabel.Expand(facts.Hash, pair.AliceSecret, version == 1 ? "quic ku"u8 : "quicv2 ku"u8, [], next);
        var expected = PacketKeys.Derive((QuicVersion)version, suite, next, CipherBackend.Platform);
        byte[] packet = KeyPhasePair.Seal(pair.Alice, 1);
        Assert.True(expected.Aead.TryOpen(new PacketNumber(1), KeyPhasePair.Header(true), packet.AsSpan(KeyPhasePair.HeaderLength)));
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
        using var pair = new KeyPhasePair();
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
        using var pair = new KeyPhasePair();
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
        using var pair = new KeyPhasePair();
        pair.Alice.OnHandshakeConfirmed();
        pair.UpdateByAlice(0, 0);
        Assert.True(pair.Bob.SendPhase);
    }

    [Fact]
    public void Key03_BothMayUpdateAtOnce()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        Assert.True(pair.BobToAlice(0).Opened);
        Assert.Null(pair.Alice.OnAcknowledged(new PacketNumber(0), pair.Now, Pto));
        pair.Acknowledge(pair.Bob, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        Assert.True(pair.Bob.TryInitiateUpdate(pair.Now));
        byte[] fromAlice = KeyPhasePair.Seal(pair.Alice, 1);
        byte[] fromBob = KeyPhasePair.Seal(pair.Bob, 1);
        Assert.True(pair.Open(pair.Bob, fromAlice, 1).Opened);
        Assert.True(pair.Open(pair.Alice, fromBob, 1).Opened);
        Assert.Equal((1, 1), (pair.Alice.SendGeneration, pair.Bob.SendGeneration));
    }

    [Fact]
    public void Key04_ADelayedPacketOfTheOldPhaseOpensForThreePtos()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] late = KeyPhasePair.Seal(pair.Alice, 1);
        byte[] tooLate = KeyPhasePair.Seal(pair.Alice, 2);
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
        using var pair = new KeyPhasePair();
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
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] violation = KeyPhasePair.Seal(pair.Alice, 11);
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
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] higherWithOldKeys = KeyPhasePair.Seal(pair.Alice, 20);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        byte[] lowerWithNewKeys = KeyPhasePair.Seal(pair.Alice, 19);
        Assert.True(pair.Open(pair.Bob, higherWithOldKeys, 20).Opened);
        AssertKeyUpdateError(pair.Open(pair.Bob, lowerWithNewKeys, 19));
    }

    [Fact]
    public void Key05_NewKeysBelowAPacketThatHadOldOnes()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] old = KeyPhasePair.Seal(pair.Alice, 9);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        byte[] lower = KeyPhasePair.Seal(pair.Alice, 8);
        Assert.True(pair.AliceToBob(10).Opened);
        Assert.True(pair.Open(pair.Bob, old, 9).Opened);
        AssertKeyUpdateError(pair.Open(pair.Bob, lower, 8));
    }

    [Fact]
    public void Key05_NewKeysBelowAPacketFromBeforeTheUpdate()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        Assert.True(pair.AliceToBob(9).Opened);
        pair.Acknowledge(pair.Alice, 9);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        byte[] lower = KeyPhasePair.Seal(pair.Alice, 8);
        Assert.True(pair.AliceToBob(10).Opened);
        AssertKeyUpdateError(pair.Open(pair.Bob, lower, 8));
    }

    [Fact]
    public void Prot09_AHigherNumberThatNeitherSameNorNewerKeysOpenIsDropped()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        byte[] old = KeyPhasePair.Seal(pair.Alice, 13);
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
        using var pair = new KeyPhasePair();
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

        var keys = PacketKeys.Derive(QuicVersion.Version1, CipherSuite.Aes128GcmSha256, secret, CipherBackend.Auto);
        byte[] header = KeyPhasePair.Header(phase: false);
        byte[] packet = [.. header, .. Ciphers.Seal(keys.Aead, new PacketNumber(2), header, [1], 0)];
        AssertKeyUpdateError(pair.Open(pair.Bob, packet, 2));
    }

    [Fact]
    public void Key06_AnOldPacketThatAcknowledgesNewOnes()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.AliceToBob(0);
        pair.Acknowledge(pair.Alice, 0);
        Assert.True(pair.Alice.TryInitiateUpdate(pair.Now));
        pair.Open(pair.Bob, KeyPhasePair.Seal(pair.Alice, 1), 1);
        byte[] old = pair.SealAsBobBeforeUpdates(4);
        Assert.True(pair.Open(pair.Alice, old, 4).Opened);
        AssertNotFollowed();

        // The same from a packet that comes late, when the new keys have been seen.
        byte[] late = pair.SealAsBobBeforeUpdates(5);
        Assert.True(pair.BobToAlice(6).Opened);
        Assert.True(pair.Open(pair.Alice, late, 5).Opened);
        AssertNotFollowed();

        void AssertNotFollowed() => Assert.Equal(
            TransportErrorCode.KeyUpdateError, pair.Alice.OnAcknowledged(new PacketNumber(1), pair.Now, Pto)?.Code);
    }

    [Fact]
    public void Prot08_AForgedPhaseBitIsDroppedAndChangesNothing()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        Assert.True(pair.AliceToBob(0).Opened);
        for (int packetNumber = 1; packetNumber < 20; packetNumber++)
        {
            byte[] forged = KeyPhasePair.Seal(pair.Alice, packetNumber);
            KeyPhasePair.Header(phase: true).CopyTo(forged, 0);
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
        using var pair = new KeyPhasePair();
        pair.Confirm();
        Assert.True(pair.Bob.HasNextReceiveKeys);
        pair.UpdateByAlice(0, 0);
        Assert.False(pair.Bob.HasNextReceiveKeys); // the previous ones are held for three PTOs instead
        pair.Now = pair.Bob.Deadline;
        pair.Bob.OnTimeout(pair.Now);
        Assert.True(pair.Bob.HasNextReceiveKeys);
    }

    /// <summary>Should the peer not wait, the next keys are derived while the previous are still held.</summary>
    [Fact]
    public void Key04_AQuickSecondUpdateIsFollowed()
    {
        using var pair = new KeyPhasePair();
        pair.Confirm();
        pair.UpdateByAlice(0, 0);
        for (int generation = 2; generation < 6; generation++)
        {
            byte[] late = KeyPhasePair.Seal(pair.Alice, (10 * generation) + 1);
            for (int forgeries = 0; forgeries < 2; forgeries++)
            {
                byte[] forged = [.. late];
                KeyPhasePair.Header(!pair.Alice.SendPhase).CopyTo(forged, 0);
                Assert.False(pair.Open(pair.Bob, forged, (10 * generation) + 5).Opened);
                Assert.True(pair.Bob.HasNextReceiveKeys); // derived once, then retained (RFC 9001 §6.3)
            }

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
        using var pair = new KeyPhasePair();
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

            Span<byte> header = packet.AsSpan(0, KeyPhasePair.HeaderLength);
            pair.Alice.Seal(new PacketNumber(packetNumber), header, tail, packet.AsSpan(KeyPhasePair.HeaderLength));
            var received = new ReceivedOneRttPacket(new PacketNumber(packetNumber), KeyPhase: false, pair.Now, Pto);
            if (!pair.Bob.TryOpen(received, header, packet.AsSpan(KeyPhasePair.HeaderLength), out _))
            {
                throw new InvalidOperationException("It does not open.");
            }
        }
    }

    [Fact]
    public void DisposedKeysRefuseToWork()
    {
        var pair = new KeyPhasePair();
        byte[] packet = KeyPhasePair.Seal(pair.Alice, 0);
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => KeyPhasePair.Seal(pair.Alice, 1));
        Assert.Throws<ObjectDisposedException>(() => pair.Open(pair.Bob, packet, 0));
    }

    private static void AssertKeyUpdateError(Delivery delivery)
    {
        Assert.False(delivery.Opened);
        Assert.Equal(TransportErrorCode.KeyUpdateError, delivery.Result.Error?.Code);
    }
}
