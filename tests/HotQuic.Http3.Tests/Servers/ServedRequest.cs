using System.Text;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Servers;

/// <summary>A request as it came to a <see cref="ScriptedServer"/>, and the stream to answer it on.</summary>
internal sealed class ServedRequest(QuicStream stream)
{
    private readonly QpackDecoder _decoder = new(0, 0);

    public QuicStream Stream { get; } = stream;

    /// <summary>All fields, in their order.</summary>
    public List<(string Name, string Value)> Fields { get; } = [];

    public byte[] Body { get; private set; } = [];

    public string this[string name] => Fields.Single(field => field.Name == name).Value;

    /// <summary>Reads the HEADERS frame, and nothing behind it.</summary>
    public async Task ReadFieldsAsync()
    {
        (Http3FrameType type, byte[] payload) = await ReadFrameAsync() ?? throw new EndOfStreamException();
        Assert.Equal(Http3FrameType.Headers, type);
        Collector collector = new(Fields);
        Assert.Equal(QpackOutcomeKind.Decoded, _decoder.Decode(Stream.Id, payload, ref collector, 1 << 20).Kind);
    }

    /// <summary>Reads the rest, to the end of the stream.</summary>
    public async Task ReadBodyAsync()
    {
        using MemoryStream body = new();
        while (await ReadFrameAsync() is var (type, payload))
        {
            Assert.Equal(Http3FrameType.Data, type);
            body.Write(payload);
        }

        Body = body.ToArray();
    }

    /// <summary>Answers with these bytes and the end of the stream.</summary>
    public ValueTask AnswerAsync(params byte[][] parts) => Stream.WriteAsync(Wire.Join(parts), completeWrites: true);

    public ValueTask WriteAsync(params byte[][] parts) => Stream.WriteAsync(Wire.Join(parts));

    private async Task<(Http3FrameType Type, byte[] Payload)?> ReadFrameAsync()
    {
        byte[] header = new byte[Http3FrameHeader.MaxLength];
        for (int length = 0; ; length++)
        {
            if (Http3FrameHeader.TryRead(header.AsSpan(0, length), out Http3FrameHeader frame, out _))
            {
                byte[] payload = new byte[frame.PayloadLength];
                await Stream.ReadExactlyAsync(payload);
                return (frame.Type, payload);
            }

            if (await Stream.ReadAsync(header.AsMemory(length, 1)) == 0)
            {
                return length == 0 ? null : throw new EndOfStreamException();
            }
        }
    }

    private readonly struct Collector(List<(string Name, string Value)> fields) : IFieldSink
    {
        public bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            fields.Add((Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value)));
            return true;
        }
    }
}
