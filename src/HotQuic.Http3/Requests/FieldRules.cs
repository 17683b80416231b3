using System.Buffers;

namespace HotQuic.Http3.Requests;

/// <summary>What field names and values may be (RFC 9110 §5.1, §5.5; RFC 9114 §4.2).</summary>
internal static class FieldRules
{
    private static readonly SearchValues<byte> LowerCaseToken = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(value => value != '\t').Select(value => (byte)value), 0x7f]);

    /// <summary>Whether a peer may send a field of this name, which has no upper case letters in HTTP/3.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(LowerCaseToken);

    /// <summary>Whether it is a token, in either case: a method, or a name as an application writes it.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    public static bool IsValue(ReadOnlySpan<byte> value) => !value.ContainsAny(ControlBytes);

    /// <summary>The fields that speak of a connection of HTTP/1.1; TE has its own rule (RFC 9114 §4.2).</summary>
    public static bool IsConnectionSpecific(ReadOnlySpan<byte> name) => name.Length switch
    {
        7 => name.SequenceEqual("upgrade"u8),
        10 => name.SequenceEqual("connection"u8) || name.SequenceEqual("keep-alive"u8),
        16 => name.SequenceEqual("proxy-connection"u8),
        17 => name.SequenceEqual("transfer-encoding"u8),
        _ => false,
    };

    /// <summary>A content length: digits, and at most 2^63-1 (RFC 9110 §8.6).</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> value, out long length)
    {
        length = 0;
        foreach (byte digit in value)
        {
            int number = digit - '0';
            if (number is < 0 or > 9 || length > (long.MaxValue - number) / 10)
            {
                return false;
            }

            length = (length * 10) + number;
        }

        return !value.IsEmpty;
    }
}
