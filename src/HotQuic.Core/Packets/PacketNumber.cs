namespace HotQuic.Core.Packets;

/// <summary>A packet number, 0 to 2^62-1, in one packet number space (RFC 9000 §12.3).</summary>
internal readonly record struct PacketNumber(long Value) : IComparable<PacketNumber>
{
    /// <summary>Lower than every packet number: none was sent, received or acknowledged yet.</summary>
    public static PacketNumber None => new(-1);

    public static PacketNumber MaxValue => new((1L << 62) - 1);

    public bool IsNone => Value < 0;

    public PacketNumber Next => new(Value + 1);

    public int CompareTo(PacketNumber other) => Value.CompareTo(other.Value);

    public static bool operator <(PacketNumber a, PacketNumber b) => a.Value < b.Value;

    public static bool operator >(PacketNumber a, PacketNumber b) => a.Value > b.Value;

    public static bool operator <=(PacketNumber a, PacketNumber b) => a.Value <= b.Value;

    public static bool operator >=(PacketNumber a, PacketNumber b) => a.Value >= b.Value;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
