using System.Text;
using HotQuic.Core.Time;
using HotQuic.Core.Tls.Messages;
using HotQuic.Shards;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>What a shard does beside the protocol: its mailbox, its deadlines, and whose a ClientHello is.</summary>
internal sealed class ShardBudgets : IBudgetedPart
{
    private const int Connections = 1000;

    private readonly Mailbox _mailbox = new();
    private readonly Target _target = new();
    private readonly TimerHeap<Owner> _timers = new();
    private readonly Owner[] _owners = [.. Enumerable.Range(0, Connections).Select(_ => new Owner())];
    private readonly byte[] _protocol = Encoding.ASCII.GetBytes("hq-interop");
    private readonly byte[] _extension = [0, 14, 2, .. "h3"u8, 10, .. "hq-interop"u8];
    private long _now;

    public ShardBudgets()
    {
        foreach (Owner owner in _owners)
        {
            _timers.Set(owner, At(30_000_000 + (_now++)));
        }
    }

    public IEnumerable<BudgetedOperation> Operations =>
    [
        BudgetedOperation.OnThisThread("mailbox post and take", PostAndTake),
        BudgetedOperation.OnThisThread("timer moved", MoveTimer),
        BudgetedOperation.OnThisThread("timer due and set again", TakeDueTimer),
        BudgetedOperation.OnThisThread("ALPN match", MatchProtocol),
    ];

    public void Dispose()
    {
    }

    private static Instant At(long microseconds) => new(microseconds * TimeSpan.TicksPerMicrosecond);

    private void PostAndTake() => Expect.True(_mailbox.TryPost(new ShardMessage(_target, 1)) && _mailbox.TryTake(out _));

    private void MoveTimer() => _timers.Set(_owners[_now % Connections], At(_now++ + 25_000));

    private void TakeDueTimer()
    {
        Owner owner = _owners[_now % Connections];
        _timers.Set(owner, At(++_now));
        Expect.True(_timers.TryTakeDue(At(_now), out Owner due));
        _timers.Set(due, At(_now + 25_000));
    }

    private void MatchProtocol() => Expect.True(ApplicationProtocolList.TryRead(_extension, out ApplicationProtocolList list) && list.Contains(_protocol));

    private sealed class Owner : ITimed
    {
        public int TimerIndex { get; set; } = -1;
    }

    private sealed class Target : IShardTarget
    {
        public void OnMessage(in ShardMessage message)
        {
        }

        public void OnFault(Exception exception)
        {
        }
    }
}
