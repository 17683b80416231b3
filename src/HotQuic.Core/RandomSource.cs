namespace HotQuic.Core;

/// <summary>
/// Where Core's unpredictable bytes come from. The engine gives the system's cryptographic generator, the simulator a
/// seeded one, so that a run can be replayed.
/// </summary>
internal abstract class RandomSource
{
    /// <summary>Fills the whole span.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>A value with all 64 bits random.</summary>
    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
