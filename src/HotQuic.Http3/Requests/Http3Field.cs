using System.Text;

namespace HotQuic.Http3;

/// <summary>One field line of a response, as it was received. It is good until the response is disposed of.</summary>
public readonly ref struct Http3Field
{
    internal Http3Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>The name, in lower case (RFC 9114 §4.2).</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Makes "name: value", the value as Latin-1.</summary>
    public override string ToString() => $"{Encoding.ASCII.GetString(Name)}: {Encoding.Latin1.GetString(Value)}";
}
