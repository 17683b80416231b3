using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>The limits on the use of one key (RFC 9001 §6.6).</summary>
public class KeyLimitTests
{
    private static readonly TimeSpan Pto = KeyPhasePair.Pto;

    [Fact]
    public void Key07_KeysAreUpdatedBeforeTheConfidentialityLimit()
    {
        using var pair = new KeyPhasePair(limit: 64);
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
        using var pair = new KeyPhasePair(limit: 64);
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
        using var pair = new KeyPhasePair(failuresAllowed: 3);
        pair.Confirm();
        pair.UpdateByAlice(0, 0);
        Assert.Null(pair.BobFailures.OnFailure(CipherSuite.Aes128GcmSha256)); // at another level
        byte[] forged = KeyPhasePair.Seal(pair.Alice, 5);
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
            KeyPhasePair.Header(phase).CopyTo(packet, 0);
            Delivery delivery = pair.Open(pair.Bob, packet, 5);
            Assert.False(delivery.Opened);
            return delivery;
        }
    }
}
