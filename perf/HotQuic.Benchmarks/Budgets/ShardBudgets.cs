using HotQuic.Benchmarks.Rooms;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>What a shard does beside the protocol: its mailbox, its deadlines, and whose a ClientHello is.</summary>
internal sealed class ShardBudgets : IBudgetedPart
{
    private readonly MailboxBenchmarks _mailbox = new();
    private readonly TimerBenchmarks _timers = TimerBenchmarks.Of(1000);

    public IEnumerable<BudgetedOperation> Operations =>
    [
        BudgetedOperation.OnThisThread("mailbox post and take", () => Expect.True(_mailbox.One())),
        BudgetedOperation.OnThisThread("1,024 timers moved", () => _ = _timers.MoveOn()) with { WarmUp = 200, Window = 100 },
        BudgetedOperation.OnThisThread("1,024 timers due and set again", () => _ = _timers.PaceAndGoOn()) with { WarmUp = 200, Window = 100 },
        BudgetedOperation.OnThisThread("ALPN match", ApplicationProtocolBenchmarks.Of(2).MatchOrThrow),
    ];

    public void Dispose()
    {
    }
}
