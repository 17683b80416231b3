using HotQuic.Benchmarks.Rooms;
using HotQuic.Core.Protection;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>A full-sized 1-RTT packet in each suite: sealed, opened, and its header protected.</summary>
internal sealed class PacketBudgets : IBudgetedPart
{
    private const int Length = 1452;

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
                var packet = PacketProtectionBenchmarks.Of(suite, Length);
                yield return BudgetedOperation.OnThisThread($"packet sealed, {name}", packet.Seal);
                yield return BudgetedOperation.OnThisThread($"packet opened, {name}", packet.OpenOrThrow);
                yield return BudgetedOperation.OnThisThread($"header protected and unprotected, {name}", HeaderProtectionBenchmarks.Of(suite).ProtectAndUnprotect);
            }
        }
    }

    public void Dispose()
    {
    }
}
