using System.Runtime.CompilerServices;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// The ladder of RFC 7748 §5: (x2 : z2) and (x3 : z3) are two multiples of the point at u that always differ by that point.
/// Bit by bit from the top of the scalar: <see cref="Swap"/> where the bit differs from the one before, then
/// <see cref="Step"/>; one more swap by the last bit, then <see cref="WriteResult"/>. A value that holds secrets: wipe it.
/// </summary>
internal struct MontgomeryLadder
{
    private readonly FieldElement _x1;
    private FieldElement _x2;
    private FieldElement _z2;
    private FieldElement _x3;
    private FieldElement _z3;
    private FieldElement _a;
    private FieldElement _b;
    private FieldElement _c;
    private FieldElement _d;
    private FieldElement _e;

    public MontgomeryLadder(in FieldElement u)
    {
        _x1 = u;
        _x2 = FieldElement.One;
        _z2 = FieldElement.Zero;
        _x3 = u;
        _z3 = FieldElement.One;
    }

    /// <summary>Exchanges the two points where the mask is all ones, and nothing where it is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Swap(ulong mask)
    {
        FieldElement.ConditionalSwap(ref _x2, ref _x3, mask);
        FieldElement.ConditionalSwap(ref _z2, ref _z3, mask);
    }

    /// <summary>Doubles the second point and adds the first to the third, in the names of RFC 7748 §5.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step()
    {
        FieldElement.Add(_x2, _z2, out _a);
        FieldElement.Subtract(_x2, _z2, out _b);
        FieldElement.Add(_x3, _z3, out _c);
        FieldElement.Subtract(_x3, _z3, out _d);
        FieldElement.Multiply(_d, _a, out _d); // DA
        FieldElement.Multiply(_c, _b, out _c); // CB
        FieldElement.Square(_a, out _a); // AA
        FieldElement.Square(_b, out _b); // BB
        FieldElement.Multiply(_a, _b, out _x2);
        FieldElement.Subtract(_a, _b, out _e);
        FieldElement.MultiplyByA24(_e, out _b);
        FieldElement.Add(_a, _b, out _b);
        FieldElement.Multiply(_e, _b, out _z2);
        FieldElement.Add(_d, _c, out _a);
        FieldElement.Square(_a, out _x3);
        FieldElement.Subtract(_d, _c, out _d);
        FieldElement.Square(_d, out _d);
        FieldElement.Multiply(_x1, _d, out _z3);
    }

    /// <summary>Writes x2 / z2; the point at infinity, z2 = 0, gives zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WriteResult(Span<byte> destination)
    {
        FieldElement.Invert(_z2, out _a);
        FieldElement.Multiply(_x2, _a, out _b);
        _b.Write(destination);
    }
}
