using System.Buffers.Binary;
using HotQuic.Core;

namespace HotQuic.Testing;

/// <summary>A small generator (SplitMix64) whose every run with one seed is the same: on any machine, in any version.</summary>
internal sealed class SeededRandom : RandomSource
{
    private ulong _state;

    public SeededRandom(ulong seed)
    {
        _state = seed;
    }

    /// <summary>Goes on as a new generator with this seed would.</summary>
    public void Restart(ulong seed) => _state = seed;

    public ulong Next()
    {
        _state += 0x9e3779b97f4a7c15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below the bound.</summary>
    public int Next(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>, both possible.</summary>
    public int Between(int low, int high) => low + Next(high - low + 1);

    /// <summary>True in so many of a thousand cases.</summary>
    public bool Chance(int perThousand) => Next(1000) < perThousand;

    public override void Fill(Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            int count = Math.Min(destination.Length, 8);
            word[..count].CopyTo(destination);
            destination = destination[count..];
        }
    }
}
