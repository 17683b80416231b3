using System.Text;

namespace HotQuic.Tools.Hq;

/// <summary>Reads and writes the one line of a request.</summary>
internal static class HqRequest
{
    private static ReadOnlySpan<byte> Method => "GET "u8;

    /// <summary>The bytes of a request for a path that is percent-encoded already.</summary>
    public static byte[] Write(string path) => Encoding.Latin1.GetBytes($"GET {path}\r\n");

    /// <summary>
    /// Reads a stream up to the line end or FIN and returns the path, one character a byte; null when it is no such request or longer
    /// than <see cref="HqProtocol.LongestRequest"/>.
    /// </summary>
    public static async ValueTask<string?> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellation)
    {
        buffer = buffer[..Math.Min(buffer.Length, HqProtocol.LongestRequest)];
        int length = 0;
        while (length < buffer.Length)
        {
            int read = await stream.ReadAsync(buffer[length..], cancellation);
            int lineEnd = buffer.Span.Slice(length, read).IndexOf((byte)'\n');
            if (lineEnd >= 0 || read == 0)
            {
                return Parse(buffer.Span[..(lineEnd >= 0 ? length + lineEnd : length)]);
            }

            length += read;
        }

        return null;
    }

    private static string? Parse(ReadOnlySpan<byte> line)
    {
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        return line.StartsWith(Method) ? Encoding.Latin1.GetString(line[Method.Length..]) : null;
    }
}
