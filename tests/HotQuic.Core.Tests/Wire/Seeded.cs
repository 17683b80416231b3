using Xunit.Sdk;

namespace HotQuic.Core.Tests.Wire;

/// <summary>Runs a test on many seeds; the one that fails is named, and alone is enough to repeat the failure.</summary>
internal static class Seeded
{
    public static void Run(int count, Action<Random> test)
    {
        for (int seed = 0; seed < count; seed++)
        {
            try
            {
                test(new Random(seed));
            }
            catch (Exception exception)
            {
                throw new XunitException($"Seed {seed}: {exception.Message}", exception);
            }
        }
    }

    /// <summary>A value whose varint is of each length as often.</summary>
    public static ulong NextVarInt(this Random random)
    {
        int bits = random.Next(4) switch { 0 => 6, 1 => 14, 2 => 30, _ => 62 };
        return (ulong)random.NextInt64(1L << bits);
    }

    public static byte[] NextBytes(this Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}

/// <summary>A <see cref="RandomSource"/> that repeats itself.</summary>
internal sealed class SeededRandomSource(int seed) : RandomSource
{
    private readonly Random _random = new(seed);

    public override void Fill(Span<byte> destination) => _random.NextBytes(destination);
}
