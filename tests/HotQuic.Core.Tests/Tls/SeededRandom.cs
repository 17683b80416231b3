namespace HotQuic.Core.Tests.Tls;

/// <summary>Random bytes that a seed repeats.</summary>
internal sealed class SeededRandom(int seed) : RandomSource
{
    private readonly Random _random = new(seed);

    public override void Fill(Span<byte> destination) => _random.NextBytes(destination);
}
