using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;

namespace HotQuic.Ports;

/// <summary>
/// What became of the datagrams that one socket of a port brought and that belonged to no connection yet. Its shard alone writes; any thread
/// may read, each number for itself.
/// </summary>
internal sealed class PortCounters
{
    private readonly long[] _values = new long[PortTotals.Length];

    public void Count(in DatagramResult result)
    {
        if (result.Outcome == DatagramOutcome.Dropped)
        {
            Count(result.Reason);
        }
        else if (result.Outcome == DatagramOutcome.Answered)
        {
            Add(PortTotals.IndexOf(result.Answer));
        }
    }

    public void Count(PortCounter counter) => Add((int)counter);

    /// <summary>A datagram was dropped.</summary>
    public void Count(DropReason reason) => Add(PortTotals.IndexOf(reason));

    public void AddTo(PortTotals totals)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            totals[i] += Volatile.Read(ref _values[i]);
        }
    }

    private void Add(int index) => Volatile.Write(ref _values[index], _values[index] + 1);
}

/// <summary>What a port counts beside answers and drops.</summary>
internal enum PortCounter
{
    RefusedByLoad,
    NoApplicationProtocol,
    NoAddress,

    /// <summary>Datagrams that landed here and were given to another shard.</summary>
    ForwardedOut,

    /// <summary>Datagrams that another shard gave.</summary>
    ForwardedIn,
    Count,
}

/// <summary>Sums of <see cref="PortCounters"/>: those of <see cref="PortCounter"/>, then stateless answers, then drops by reason.</summary>
internal sealed class PortTotals
{
    public const int FirstAnswer = (int)PortCounter.Count;

    private readonly long[] _values = new long[Length];

    public static int FirstDrop { get; } = FirstAnswer + Enum.GetValues<StatelessAnswer>().Length;

    public static int Length { get; } = FirstDrop + Enum.GetValues<DropReason>().Length;

    public long this[int index]
    {
        get => _values[index];
        set => _values[index] = value;
    }

    public long this[PortCounter counter] => _values[(int)counter];

    public long this[StatelessAnswer answer] => _values[IndexOf(answer)];

    public long this[DropReason reason] => _values[IndexOf(reason)];

    /// <summary>Datagrams dropped for any reason.</summary>
    public long Drops => _values.AsSpan(FirstDrop).ToArray().Sum();

    public static int IndexOf(StatelessAnswer answer) => FirstAnswer + (int)answer;

    public static int IndexOf(DropReason reason) => FirstDrop + (int)reason;

    public void Add(PortTotals other, int sign = 1)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] += sign * other._values[i];
        }
    }
}
