using System.Buffers.Binary;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>A ClientHello, or a ServerHello, taken apart so that a test can break one part of it and put it together again.</summary>
internal sealed class HelloModel
{
    private readonly byte _type;

    public HelloModel(byte[] message)
    {
        _type = message[0];
        bool isClient = _type == (byte)HandshakeType.ClientHello;
        Version = message[4..6];
        Random = message[6..38];
        int position = 38;
        SessionId = Take(1);
        Suites = isClient ? Take(2) : Fixed(2);
        Compression = isClient ? Take(1) : Fixed(1);
        byte[] extensions = Take(2);
        Extensions = ReadExtensions(extensions);

        byte[] Take(int lengthBytes)
        {
            int length = lengthBytes == 1 ? message[position] : BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(position));
            byte[] content = message[(position + lengthBytes)..(position + lengthBytes + length)];
            position += lengthBytes + length;
            return content;
        }

        byte[] Fixed(int length)
        {
            position += length;
            return message[(position - length)..position];
        }
    }

    public byte[] Version { get; set; }

    public byte[] Random { get; set; }

    public byte[] SessionId { get; set; }

    public byte[] Suites { get; set; }

    public byte[] Compression { get; set; }

    public List<(ushort Type, byte[] Body)> Extensions { get; }

    /// <summary>Bytes at the end of the extension block that are no extension.</summary>
    public byte[] BrokenExtension { get; set; } = [];

    /// <summary>Bytes behind the extensions, within the message.</summary>
    public byte[] Trailer { get; set; } = [];

    public byte[] this[ExtensionType type]
    {
        get => Extensions.Single(extension => extension.Type == (ushort)type).Body;
        set
        {
            int index = Extensions.FindIndex(extension => extension.Type == (ushort)type);
            if (index < 0)
            {
                Extensions.Add(((ushort)type, value));
            }
            else
            {
                Extensions[index] = ((ushort)type, value);
            }
        }
    }

    public void Remove(ExtensionType type) => Extensions.RemoveAll(extension => extension.Type == (ushort)type);

    public byte[] ToMessage()
    {
        bool isClient = _type == (byte)HandshakeType.ClientHello;
        byte[] body =
        [
            .. Version, .. Random, (byte)SessionId.Length, .. SessionId,
            .. isClient ? Vector16(Suites) : Suites,
            .. isClient ? [(byte)Compression.Length, .. Compression] : Compression,
            .. Vector16([.. WriteExtensions(Extensions), .. BrokenExtension]), .. Trailer,
        ];
        return Message(_type, body);
    }

    public static byte[] Message(byte type, byte[] body) =>
        [type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    public static byte[] Vector16(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];

    public static byte[] Vector24(byte[] content) => [(byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length, .. content];

    public static List<(ushort Type, byte[] Body)> ReadExtensions(byte[] block)
    {
        var extensions = new List<(ushort, byte[])>();
        for (int position = 0; position < block.Length;)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(position));
            int length = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(position + 2));
            extensions.Add((type, block[(position + 4)..(position + 4 + length)]));
            position += 4 + length;
        }

        return extensions;
    }

    public static byte[] WriteExtensions(IEnumerable<(ushort Type, byte[] Body)> extensions) =>
        [.. extensions.SelectMany(extension => (byte[])[(byte)(extension.Type >> 8), (byte)extension.Type, .. Vector16(extension.Body)])];

    public static byte[] Extension(ExtensionType type, params byte[] body) => WriteExtensions([((ushort)type, body)]);
}
