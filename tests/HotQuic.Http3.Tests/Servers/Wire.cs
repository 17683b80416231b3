using System.Text;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Servers;

/// <summary>What servers send, right or wrong, as bytes.</summary>
internal static class Wire
{
    public static byte[] Settings { get; } = Frame(Http3FrameType.Settings);

    public static byte[] Ok { get; } = Headers((":status", "200"));

    public static byte[] Frame(Http3FrameType type, params byte[] payload)
    {
        Http3FrameHeader header = new(type, (ulong)payload.Length);
        byte[] bytes = new byte[header.Length + payload.Length];
        int length = header.Write(bytes);
        payload.CopyTo(bytes, length);
        return bytes;
    }

    public static byte[] Data(string text) => Frame(Http3FrameType.Data, Encoding.ASCII.GetBytes(text));

    public static byte[] Headers(params (string Name, string Value)[] fields) => Frame(Http3FrameType.Headers, Section(fields));

    public static byte[] Section(params (string Name, string Value)[] fields)
    {
        byte[] bytes = new byte[16 + fields.Sum(field => (int)QpackEncoder.MaximumFieldLength(field.Name.Length, field.Value.Length))];
        Assert.True(QpackEncoder.TryWritePrefix(bytes, out int length));
        foreach ((string name, string value) in fields)
        {
            Assert.True(QpackEncoder.TryWriteField(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value), bytes.AsSpan(length), out int written));
            length += written;
        }

        return bytes[..length];
    }

    public static byte[] GoAway(ulong streamId)
    {
        byte[] bytes = new byte[Http3IdentifierFrame.MaxLength];
        return bytes[..Http3IdentifierFrame.Write(bytes, Http3FrameType.GoAway, streamId)];
    }

    /// <summary>The whole frames that there are.</summary>
    public static List<(Http3FrameType Type, byte[] Payload)> Frames(ReadOnlySpan<byte> bytes)
    {
        List<(Http3FrameType Type, byte[] Payload)> frames = [];
        while (Http3FrameHeader.TryRead(bytes, out Http3FrameHeader header, out int consumed) && (ulong)(bytes.Length - consumed) >= header.PayloadLength)
        {
            frames.Add((header.Type, bytes.Slice(consumed, (int)header.PayloadLength).ToArray()));
            bytes = bytes[(consumed + (int)header.PayloadLength)..];
        }

        return frames;
    }

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
