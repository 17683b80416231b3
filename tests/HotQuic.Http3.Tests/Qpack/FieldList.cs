using System.Text;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>Keeps the field lines of sections, one character a byte, and stops after as many as it is told.</summary>
internal sealed class FieldList(int stopAfter = int.MaxValue) : IFieldSink
{
    public List<(string Name, string Value)> Lines { get; } = [];

    public bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Lines.Add((Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value)));
        return Lines.Count < stopAfter;
    }
}
