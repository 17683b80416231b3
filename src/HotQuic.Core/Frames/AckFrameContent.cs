namespace HotQuic.Core.Frames;

/// <summary>What <see cref="AckFrame.Write"/> puts on the wire.</summary>
internal readonly ref struct AckFrameContent
{
    /// <param name="ranges">From the largest packet numbers down, with at least one number missing between neighbours; not empty.</param>
    public AckFrameContent(ReadOnlySpan<AckRange> ranges)
    {
        Ranges = ranges;
    }

    public ReadOnlySpan<AckRange> Ranges { get; }

    /// <summary>The field as <see cref="Frames.AckDelay.Encode"/> gives it.</summary>
    public ulong AckDelay { get; init; }

    /// <summary>Present where the IP header's marks can be read.</summary>
    public EcnCounts? EcnCounts { get; init; }

    /// <summary>The most bytes that the frame may take, where that is less than the writer has left.</summary>
    public int MaxLength { get; init; } = int.MaxValue;
}
