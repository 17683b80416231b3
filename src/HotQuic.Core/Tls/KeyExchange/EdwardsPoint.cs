using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// A point of edwards25519 (RFC 7748 §4.1), the curve on which multiples of the fixed base point are quickest, in extended
/// coordinates: x = X/Z, y = Y/Z, xy = T/Z. Coordinates are reduced elements. The formulas are complete: they hold for
/// every pair of points, so that nothing branches. Used by <see cref="BasePointTable"/>.
/// </summary>
internal struct EdwardsPoint
{
    private FieldElement _x;
    private FieldElement _y;
    private FieldElement _z;
    private FieldElement _t;

    private EdwardsPoint(in FieldElement x, in FieldElement y)
    {
        _x = x;
        _y = y;
        _z = FieldElement.One;
        FieldElement.Multiply(x, y, out _t);
    }

    /// <summary>The neutral element (0, 1).</summary>
    public static EdwardsPoint Identity => new(FieldElement.Zero, FieldElement.One);

    /// <summary>The base point (X(P), Y(P)) of RFC 7748 §4.1, which is u = 9 on curve25519.</summary>
    public static EdwardsPoint BasePoint => new(
        new FieldElement(0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5),
        new FieldElement(0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666));

    /// <summary>2d of the curve's equation -x^2 + y^2 = 1 + d x^2 y^2.</summary>
    private static FieldElement TwiceD => new(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);

    /// <summary>Doubles the point: 4 squarings, 4 multiplications.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Double()
    {
        FieldElement.Square(_x, out FieldElement xx);
        FieldElement.Square(_y, out FieldElement yy);
        FieldElement.Square(_z, out FieldElement zz);
        FieldElement.Add(zz, zz, out FieldElement c);
        FieldElement.Add(_x, _y, out FieldElement e);
        FieldElement.Square(e, out e);
        FieldElement.Add(xx, yy, out FieldElement h);
        FieldElement.Subtract(xx, yy, out FieldElement g);

        // All four have the opposite sign of the textbook's, which the products do not notice: so only reduced elements are taken away.
        FieldElement.Subtract(h, e, out e);
        FieldElement.Add(c, g, out FieldElement f);
        Complete(e, f, g, h);
    }

    /// <summary>Adds a point of the table: 7 multiplications.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(in Precomputed other)
    {
        FieldElement.Subtract(_y, _x, out FieldElement a);
        FieldElement.Multiply(a, other.YMinusX, out a);
        FieldElement.Add(_y, _x, out FieldElement b);
        FieldElement.Multiply(b, other.YPlusX, out b);
        FieldElement.Multiply(_t, other.TwiceDxy, out FieldElement c);
        FieldElement.Add(_z, _z, out FieldElement d);
        FieldElement.Subtract(b, a, out FieldElement e);
        FieldElement.Subtract(d, c, out FieldElement f);
        FieldElement.Add(d, c, out FieldElement g);
        FieldElement.Add(b, a, out FieldElement h);
        Complete(e, f, g, h);
    }

    /// <summary>The same point in the form that <see cref="Add"/> takes. Costs an inversion.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly Precomputed ToPrecomputed()
    {
        FieldElement.Invert(_z, out FieldElement inverse);
        FieldElement.Multiply(_x, inverse, out FieldElement x);
        FieldElement.Multiply(_y, inverse, out FieldElement y);
        Precomputed point = default;
        FieldElement.Add(y, x, out point.YPlusX);
        FieldElement.Subtract(y, x, out point.YMinusX);
        FieldElement.Multiply(x, y, out point.TwiceDxy);
        FieldElement.Multiply(point.TwiceDxy, TwiceD, out point.TwiceDxy);
        return point;
    }

    /// <summary>Writes the point's u-coordinate on curve25519: u = (1 + y) / (1 - y) (RFC 7748 §4.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void WriteMontgomeryU(Span<byte> destination)
    {
        FieldElement.Subtract(_z, _y, out FieldElement u);
        FieldElement.Invert(u, out u);
        FieldElement.Add(_z, _y, out FieldElement numerator);
        FieldElement.Multiply(u, numerator, out u);
        u.Write(destination);
    }

    /// <summary>The four products with which both formulas end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Complete(in FieldElement e, in FieldElement f, in FieldElement g, in FieldElement h)
    {
        FieldElement.Multiply(e, f, out _x);
        FieldElement.Multiply(g, h, out _y);
        FieldElement.Multiply(f, g, out _z);
        FieldElement.Multiply(e, h, out _t);
    }

    /// <summary>An affine point as y + x, y - x and 2dxy; limbs may be those of one sum or difference. Padded to 16 words.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Size)]
    public struct Precomputed
    {
        public const int Size = 128;

        public FieldElement YPlusX;
        public FieldElement YMinusX;
        public FieldElement TwiceDxy;

        /// <summary>Negates the point where the mask is all ones: x changes its sign.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void ConditionalNegate(ulong mask)
        {
            FieldElement.ConditionalSwap(ref YPlusX, ref YMinusX, mask);
            FieldElement.Subtract(FieldElement.Zero, TwiceDxy, out FieldElement negated);
            FieldElement.ConditionalSwap(ref TwiceDxy, ref negated, mask);
        }
    }
}
