namespace HotQuic.Core.Datagrams;

/// <summary>What a connection holds of datagrams at most, each way.</summary>
internal readonly record struct DatagramLimits
{
    /// <summary>An empty queue takes any datagram that a packet can carry.</summary>
    public const int MinBytes = 1 << 16;

    public DatagramLimits()
    {
    }

    /// <summary>Our max_datagram_frame_size: the largest frame taken, in bytes of the whole frame; 0 takes none (RFC 9221 §3).</summary>
    public int MaxFrameSize { get; init; }

    /// <summary>Datagrams that wait to be sent, and as many that wait to be read.</summary>
    public int MaxCount { get; init; } = 1024;

    /// <summary>Bytes of data that wait to be sent, and as many that wait to be read; at least <see cref="MinBytes"/>.</summary>
    public int MaxBytes { get; init; } = 256 * 1024;
}
