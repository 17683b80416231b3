using System.Numerics;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tests.Tls.KeyExchange;

/// <summary>Every operation beside System.Numerics.BigInteger, with limbs up to the documented bounds.</summary>
public class FieldElementTests
{
    private const int Seed = 7748;
    private const ulong ReducedLimbBound = (1UL << 51) + (1UL << 18);
    private const ulong FactorLimbBound = 1UL << 54;

    private static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;

    [Fact]
    public void OperationsMatchBigIntegers()
    {
        Random random = new(Seed);
        for (int i = 0; i < 20_000; i++)
        {
            Limbs a = Limbs.Draw(random, FactorLimbBound);
            Limbs b = Limbs.Draw(random, FactorLimbBound);
            FieldElement.Multiply(a.Element, b.Element, out FieldElement product);
            AssertEqual(a.Value * b.Value, product, i);
            FieldElement.Square(a.Element, out FieldElement square);
            AssertEqual(a.Value * a.Value, square, i);
            FieldElement.MultiplyByA24(a.Element, out FieldElement multiple);
            AssertEqual(a.Value * 121665, multiple, i);

            Limbs reduced = Limbs.Draw(random, ReducedLimbBound);
            FieldElement.Subtract(a.Element, reduced.Element, out FieldElement difference);
            AssertEqual(a.Value - reduced.Value, difference, i);
            FieldElement.Add(reduced.Element, a.Element, out FieldElement sum);
            AssertEqual(a.Value + reduced.Value, sum, i);
        }
    }

    [Fact]
    public void ResultsAreReducedEvenFromTheLargestFactors()
    {
        Limbs largest = Limbs.AllEqualTo(FactorLimbBound - 1);
        FieldElement.Multiply(largest.Element, largest.Element, out FieldElement product);
        FieldElement.Square(largest.Element, out FieldElement square);
        FieldElement.MultiplyByA24(largest.Element, out FieldElement multiple);
        AssertEqual(largest.Value * largest.Value, product, 0);
        AssertEqual(largest.Value * largest.Value, square, 0);
        AssertEqual(largest.Value * 121665, multiple, 0);

        // Taking a reduced element from zero must not pass below zero in any limb: then the product with one would be wrong.
        foreach (FieldElement reduced in new[] { product, square, multiple, Limbs.AllEqualTo(ReducedLimbBound - 1).Element })
        {
            FieldElement.Subtract(FieldElement.Zero, reduced, out FieldElement negated);
            FieldElement.Multiply(negated, FieldElement.One, out negated);
            FieldElement.Add(negated, reduced, out FieldElement zero);
            AssertEqual(0, zero, 0);
        }
    }

    [Fact]
    public void InverseTimesValueIsOne()
    {
        Random random = new(Seed);
        for (int i = 0; i < 200; i++)
        {
            Limbs a = Limbs.Draw(random, FactorLimbBound);
            FieldElement.Invert(a.Element, out FieldElement inverse);
            FieldElement.Multiply(a.Element, inverse, out FieldElement one);
            AssertEqual(a.Value % Prime == 0 ? 0 : 1, one, i);
        }

        FieldElement.Invert(FieldElement.Zero, out FieldElement inverseOfZero);
        AssertEqual(0, inverseOfZero, 0);
    }

    [Fact]
    public void WritesTheOneValueBelowThePrime()
    {
        for (int offset = -40; offset <= 40; offset++)
        {
            foreach (BigInteger around in new[] { BigInteger.Zero, Prime, BigInteger.Pow(2, 255) })
            {
                BigInteger value = around + offset;
                if (value < 0 || value >= BigInteger.Pow(2, 255))
                {
                    continue;
                }

                byte[] bytes = new byte[FieldElement.Length];
                value.TryWriteBytes(bytes, out _, isUnsigned: true);
                AssertEqual(value, FieldElement.Read(bytes), offset);
                bytes[31] |= 0x80;
                AssertEqual(value, FieldElement.Read(bytes), offset);
            }
        }
    }

    [Fact]
    public void ConditionalSwapObeysItsMask()
    {
        FieldElement left = Limbs.AllEqualTo(5).Element;
        FieldElement right = Limbs.AllEqualTo(9).Element;
        FieldElement.ConditionalSwap(ref left, ref right, 0);
        Assert.Equal((Limbs.AllEqualTo(5).Element, Limbs.AllEqualTo(9).Element), (left, right));
        FieldElement.ConditionalSwap(ref left, ref right, ulong.MaxValue);
        Assert.Equal((Limbs.AllEqualTo(9).Element, Limbs.AllEqualTo(5).Element), (left, right));
    }

    private static void AssertEqual(BigInteger expected, in FieldElement actual, int round)
    {
        BigInteger remainder = ((expected % Prime) + Prime) % Prime;
        byte[] bytes = new byte[FieldElement.Length];
        actual.Write(bytes);
        BigInteger value = new(bytes, isUnsigned: true);
        Assert.True(remainder == value, $"seed {Seed}, round {round}: expected {remainder:x}, got {value:x}");
    }

    private sealed record Limbs(ulong[] Words)
    {
        public FieldElement Element => new(Words[0], Words[1], Words[2], Words[3], Words[4]);

        public BigInteger Value => Words.Select((word, index) => (BigInteger)word << (51 * index)).Aggregate(BigInteger.Add);

        public static Limbs AllEqualTo(ulong word) => new([.. Enumerable.Repeat(word, 5)]);

        /// <summary>Limbs below the bound, a third of them at one of its ends.</summary>
        public static Limbs Draw(Random random, ulong bound) => new([.. Enumerable.Range(0, 5).Select(_ => random.Next(6) switch
        {
            0 => bound - 1,
            1 => 0UL,
            _ => (ulong)random.NextInt64((long)bound),
        })]);
    }
}
