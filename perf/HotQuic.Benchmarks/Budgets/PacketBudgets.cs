using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>A full-sized 1-RTT packet in each suite: sealed, opened, and its header protected.</summary>
internal sealed class PacketBudgets : IBudgetedPart
{
    private const int HeaderLength = 13;
    private const int NumberOffset = 9;

    private readonly byte[] _packet = new byte[1452];
    private readonly byte[] _sealed = new byte[1452];
    private readonly byte[] _tail = new byte[1300];

    public IEnumerable<BudgetedOperation> Operations
    {
        get
        {
            foreach ((CipherSuite suite, string name) in new[]
            {
                (CipherSuite.Aes128GcmSha256, "AES-128-GCM"),
                (CipherSuite.Aes256GcmSha384, "AES-256-GCM"),
                (CipherSuite.ChaCha20Poly1305Sha256, "ChaCha20-Poly1305"),
            })
            {
                PacketKeys keys = PacketKeys.Derive(QuicVersion.Version1, suite, new byte[suite.Facts().SecretLength], CipherBackend.Auto);
                yield return BudgetedOperation.OnThisThread($"packet sealed, {name}", () => Seal(keys));
                _packet.CopyTo(_sealed, 0);
                yield return BudgetedOperation.OnThisThread($"packet opened, {name}", () => Open(keys));
                yield return BudgetedOperation.OnThisThread($"header protected and unprotected, {name}", () => ProtectHeader(keys));
            }
        }
    }

    public void Dispose()
    {
    }

    private void Seal(PacketKeys keys)
    {
        _packet[0] = 0x43;
        keys.Aead.Seal(new PacketNumber(7), _packet.AsSpan(0, HeaderLength), _tail, _packet.AsSpan(HeaderLength));
    }

    private void Open(PacketKeys keys)
    {
        _sealed.CopyTo(_packet, 0);
        Expect.True(keys.Aead.TryOpen(new PacketNumber(7), _packet.AsSpan(0, HeaderLength), _packet.AsSpan(HeaderLength)));
    }

    private void ProtectHeader(PacketKeys keys)
    {
        _packet[0] = 0x43;
        PacketProtector.Protect(keys.HeaderProtection, _packet, NumberOffset);
        Expect.True(PacketProtector.TryUnprotect(keys.HeaderProtection, _packet, NumberOffset, out _));
    }
}
