using HotQuic.Core.Wire;

namespace HotQuic.Core.Parameters;

/// <summary>
/// A parameter without meaning, whose identifier is 31 * N + 27: sending one keeps peers ignoring what they do not know (RFC 9000 §18.1).
/// </summary>
internal readonly record struct GreasedParameter
{
    private readonly ulong _value;

    private GreasedParameter(ulong id, ulong value, int valueLength)
    {
        Id = id;
        _value = value;
        ValueLength = valueLength;
    }

    public ulong Id { get; }

    /// <summary>0 to 8 bytes.</summary>
    public int ValueLength { get; }

    public static GreasedParameter Create(RandomSource random)
    {
        ulong bits = random.NextUInt64();
        return new GreasedParameter((31 * (bits & 0xff_ffff)) + 27, random.NextUInt64(), (int)((bits >> 32) % 9));
    }

    public static bool IsReserved(ulong id) => id >= 27 && (id - 27) % 31 == 0;

    public void WriteValue(ref WireWriter writer)
    {
        for (int i = 0; i < ValueLength; i++)
        {
            writer.WriteByte((byte)(_value >> (8 * i)));
        }
    }
}
