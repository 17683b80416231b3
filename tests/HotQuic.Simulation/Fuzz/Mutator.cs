using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Simulation.Fuzz;

/// <summary>
/// Makes inputs out of examples: a few changes, each of a kind that breaks parsers. The same seed and iteration give the same
/// input, on any machine.
/// </summary>
internal sealed class Mutator
{
    private const int MaxLength = 4096;

    /// <summary>Values at which lengths, counts and offsets change their meaning or their encoding.</summary>
    private static readonly ulong[] Boundaries =
    [
        0, 1, 2, 20, 21, 63, 64, 255, 256, 1199, 1200, 16383, 16384, 65535, 65536, (1UL << 30) - 1, 1UL << 30,
        1UL << 32, 1UL << 60, (1UL << 60) + 1, (1UL << 62) - 1,
    ];

    private static readonly byte[] Bytes = [0, 1, 2, 3, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];

    private readonly SeededRandom _random;

    public Mutator(ulong seed, int iteration)
    {
        _random = new SeededRandom(seed ^ ((ulong)iteration * 0x9e3779b97f4a7c15));
    }

    public byte[] Mutate(IReadOnlyList<byte[]> corpus)
    {
        var input = new List<byte>(Pick(corpus));

        // One in so many goes through as it is: what is right has to stay right.
        int changes = _random.Chance(20) ? 0 : 1 + _random.Next(_random.Chance(700) ? 3 : 12);
        for (int i = 0; i < changes; i++)
        {
            Change(input, corpus);
        }

        return input.Count <= MaxLength ? [.. input] : [.. input.Take(MaxLength)];
    }

    private byte[] Pick(IReadOnlyList<byte[]> corpus) => corpus[_random.Next(corpus.Count)];

    private void Change(List<byte> input, IReadOnlyList<byte[]> corpus)
    {
        int at = _random.Next(input.Count + 1);
        int rest = input.Count - at;
        switch (_random.Next(11))
        {
            case 0 when rest > 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when rest > 0:
                input[at] = Bytes[_random.Next(Bytes.Length)];
                break;
            case 2 when rest > 0:
                // A length or a type that is off by one.
                input[at] += (byte)(_random.Chance(500) ? 1 : -1);
                break;
            case 3:
                input.RemoveRange(at, rest);
                break;
            case 4 when rest > 0:
                input.RemoveRange(at, 1 + _random.Next(Math.Min(rest, 32)));
                break;
            case 5:
                byte[] noise = new byte[1 + _random.Next(24)];
                _random.Fill(noise);
                input.InsertRange(at, noise);
                break;
            case 6 when rest > 0:
                input.InsertRange(at, input.GetRange(at, 1 + _random.Next(Math.Min(rest, 64))));
                break;
            case 7:
                byte[] other = Pick(corpus);
                int from = _random.Next(other.Length + 1);
                input.RemoveRange(at, rest);
                input.AddRange(other.AsSpan(from));
                break;
            case 8:
                input.AddRange(Pick(corpus));
                break;
            default:
                ReplaceInteger(input, at);
                break;
        }
    }

    /// <summary>Puts a boundary value in the place of a variable-length integer.</summary>
    private void ReplaceInteger(List<byte> input, int at)
    {
        if (at < input.Count)
        {
            input.RemoveRange(at, Math.Min(1 << (input[at] >> 6), input.Count - at));
        }

        Span<byte> bytes = stackalloc byte[8];
        int length = VarInt.Write(bytes, Boundaries[_random.Next(Boundaries.Length)]);
        input.InsertRange(at, bytes[..length]);
    }
}
