using HotQuic.Benchmarks.Rooms;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>Frames written and parsed, and ACK frames on both sides.</summary>
internal sealed class FrameBudgets : IBudgetedPart
{
    private readonly FrameBenchmarks _frames = new();
    private readonly AcknowledgementBenchmarks _acknowledgements = new();

    public IEnumerable<BudgetedOperation> Operations =>
    [
        BudgetedOperation.OnThisThread("eight frames written", _frames.Write),
        BudgetedOperation.OnThisThread("eight frames parsed", _frames.Parse),
        BudgetedOperation.OnThisThread("ACK frame sent for four packets, out of order", _acknowledgements.Receive),
        BudgetedOperation.OnThisThread("ACK frame received for four packets", _acknowledgements.SendAll),
        BudgetedOperation.OnThisThread("ACK frame received for three of four packets, one lost", _acknowledgements.SendAndLoseOne),
    ];

    public void Dispose()
    {
    }
}
