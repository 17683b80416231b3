namespace HotQuic.Core.Datagrams;

/// <summary>
/// Reports that wait for the application, oldest first: a ring that grows by doubling. It holds at most one or two for each
/// datagram sent since the application last took them.
/// </summary>
internal struct DatagramReports
{
    private const int MinCapacity = 16;

    private DatagramReport[]? _ring;
    private int _first;

    public int Count { get; private set; }

    /// <summary>Drops them all.</summary>
    public void Clear()
    {
        _first = 0;
        Count = 0;
        _ring = _ring?.Length > MinCapacity ? null : _ring;
    }

    public void Add(DatagramReport report)
    {
        if (_ring is null || Count == _ring.Length)
        {
            Grow();
        }

        _ring![(_first + Count++) & (_ring.Length - 1)] = report;
    }

    public bool TryTake(out DatagramReport report)
    {
        if (Count == 0)
        {
            report = default;
            return false;
        }

        report = _ring![_first];
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
        return true;
    }

    private void Grow()
    {
        var ring = new DatagramReport[Math.Max(MinCapacity, 2 * Count)];
        for (int i = 0; i < Count; i++)
        {
            ring[i] = _ring![(_first + i) & (_ring.Length - 1)];
        }

        _ring = ring;
        _first = 0;
    }
}
