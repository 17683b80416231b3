using System.Text;

namespace HotQuic.Tools.Files;

/// <summary>Reads the path of a request into names of directories and a file that mean nothing but themselves.</summary>
internal static class RequestPath
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The decoded names; none for "/". Null for everything that is not plain: no "/" at the start, an empty name, "." or "..", a
    /// separator, NUL or another control character, encoded or not, a broken percent-encoding, or bytes that are not UTF-8.
    /// </summary>
    /// <param name="path">One character for each byte that the peer sent.</param>
    public static IReadOnlyList<string>? Parse(string path)
    {
        int query = path.IndexOf('?', StringComparison.Ordinal);
        path = query < 0 ? path : path[..query];
        if (path is not ['/', ..])
        {
            return null;
        }

        if (path.Length == 1)
        {
            return [];
        }

        // One "/" at the end names the directory itself.
        string[] names = (path[^1] == '/' ? path[1..^1] : path[1..]).Split('/');
        for (int index = 0; index < names.Length; index++)
        {
            if (Decode(names[index]) is not { } name || !IsPlainName(name))
            {
                return null;
            }

            names[index] = name;
        }

        return names;
    }

    /// <summary>Whether a text can be the name of one file, and of nothing else.</summary>
    public static bool IsPlainName(string name) =>
        name is not ("" or "." or "..") && !name.Any(character => char.IsControl(character) || IsSeparator(character));

    /// <summary>Undoes percent-encoding, once; null when it is broken or the result is not UTF-8.</summary>
    public static string? Decode(string encoded)
    {
        List<byte> bytes = new(encoded.Length);
        for (int index = 0; index < encoded.Length; index++)
        {
            if (encoded[index] is not '%' and <= '\xff')
            {
                bytes.Add((byte)encoded[index]);
            }
            else if (encoded[index] == '%'
                && index + 2 < encoded.Length
                && char.IsAsciiHexDigit(encoded[index + 1])
                && char.IsAsciiHexDigit(encoded[index + 2]))
            {
                bytes.Add(Convert.ToByte(encoded.Substring(index + 1, 2), 16));
                index += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            return StrictUtf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsSeparator(char character) =>
        character is '/' or '\\' || (character == Path.VolumeSeparatorChar && OperatingSystem.IsWindows());
}
