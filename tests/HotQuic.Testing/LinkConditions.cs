namespace HotQuic.Testing;

/// <summary>What a link does to the datagrams of one direction. Rates are in thousandths.</summary>
internal sealed record LinkConditions
{
    public static LinkConditions Perfect { get; } = new();

    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>A further delay, different for each datagram, which is what reorders them.</summary>
    public TimeSpan Jitter { get; init; }

    public int LossPerThousand { get; init; }

    public int DuplicationPerThousand { get; init; }

    public int CorruptionPerThousand { get; init; }

    /// <summary>Larger datagrams vanish, as where a path changes to one with a smaller MTU.</summary>
    public int Mtu { get; init; } = 65535;

    /// <summary>Bits a second; 0 for a link without limit.</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>Datagrams that wait longer than this for a limited link are dropped.</summary>
    public TimeSpan MaxQueueing { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Congested datagrams with an ECT mark are marked CE instead of being dropped.</summary>
    public int CongestionMarkPerThousand { get; init; }
}
