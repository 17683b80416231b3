using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>Vectors of the TLS presentation language: a length of one, two or three bytes, then the content (RFC 8446 §3.4).</summary>
internal static class VectorReader
{
    public static bool TryReadVector8(this scoped ref WireReader reader, out ReadOnlySpan<byte> content)
    {
        WireReader start = reader;
        if (reader.TryReadByte(out byte length) && reader.TryReadBytes(length, out content))
        {
            return true;
        }

        reader = start;
        content = default;
        return false;
    }

    public static bool TryReadVector16(this scoped ref WireReader reader, out ReadOnlySpan<byte> content)
    {
        WireReader start = reader;
        if (reader.TryReadUInt16(out ushort length) && reader.TryReadBytes(length, out content))
        {
            return true;
        }

        reader = start;
        content = default;
        return false;
    }

    public static bool TryReadVector24(this scoped ref WireReader reader, out ReadOnlySpan<byte> content)
    {
        WireReader start = reader;
        if (reader.TryReadUInt24(out int length) && reader.TryReadBytes((ulong)length, out content))
        {
            return true;
        }

        reader = start;
        content = default;
        return false;
    }
}
