using System.Text;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>Sections and instructions for tests, and what comes of them.</summary>
internal static class Sections
{
    public const int AnySize = int.MaxValue;

    /// <summary>Encodes field lines as a client does.</summary>
    public static byte[] Encode(params (string Name, string Value)[] lines)
    {
        byte[] section = new byte[QpackEncoder.PrefixLength + lines.Sum(line => (int)QpackEncoder.MaximumFieldLength(line.Name.Length, line.Value.Length))];
        Assert.True(QpackEncoder.TryWritePrefix(section, out int length));
        foreach ((string name, string value) in lines)
        {
            Assert.True(QpackEncoder.TryWriteField(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value), section.AsSpan(length), out int written));
            length += written;
        }

        return section[..length];
    }

    public static QpackOutcome Decode(this QpackDecoder decoder, long streamId, byte[] section, FieldList sink) =>
        decoder.Decode(streamId, section, ref sink, AnySize);

    /// <summary>Decodes a section that is expected to be right.</summary>
    public static List<(string Name, string Value)> Lines(this QpackDecoder decoder, long streamId, byte[] section)
    {
        var sink = new FieldList();
        Assert.Equal(new QpackOutcome(QpackOutcomeKind.Decoded), decoder.Decode(streamId, section, sink));
        return sink.Lines;
    }

    /// <summary>Everything that waits for the decoder stream.</summary>
    public static byte[] TakeDecoderStream(this QpackDecoder decoder)
    {
        var taken = new List<byte>();
        byte[] buffer = new byte[7];
        while (decoder.TryTakeDecoderStream(buffer, out int written))
        {
            taken.AddRange(buffer[..written]);
        }

        Assert.False(decoder.HasDecoderStreamBytes);
        return [.. taken];
    }

    /// <summary>Set Dynamic Table Capacity (RFC 9204 §4.3.1).</summary>
    public static byte[] SetCapacity(long capacity) => Integer(0x20, 5, capacity);

    /// <summary>Insert with Literal Name, neither string Huffman coded (RFC 9204 §4.3.3).</summary>
    public static byte[] Insert(string name, string value) =>
        [.. Integer(0x40, 5, name.Length), .. Encoding.Latin1.GetBytes(name), .. Integer(0, 7, value.Length), .. Encoding.Latin1.GetBytes(value)];

    public static byte[] Integer(int flags, int prefixBits, long value)
    {
        byte[] buffer = new byte[10];
        Assert.True(PrefixedInteger.TryWrite(buffer, flags, prefixBits, value, out int written));
        return buffer[..written];
    }
}
