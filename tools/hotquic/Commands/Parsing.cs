using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Text;

namespace HotQuic.Tools.Commands;

/// <summary>Parsers of option values: culture plays no part, and what is wrong is said together with what was expected.</summary>
internal static class Parsing
{
    private const int LongestApplicationProtocol = 255;

    /// <summary>A whole number within a range.</summary>
    public static Func<ArgumentResult, int?> Whole(int least, int most) => result => ParseWhole(result, least, most, advice: string.Empty);

    /// <summary>As <see cref="Whole"/>, or the option without a value, which stands for the given one.</summary>
    public static Func<ArgumentResult, int?> OptionalWhole(int least, int most, int without) => result => result.Tokens.Count == 0
        ? without
        : ParseWhole(result, least, most, " Without a number, the option has to stand last or before another option.");

    /// <summary>A time in seconds, above zero.</summary>
    public static Func<ArgumentResult, double?> Seconds(int most) => result =>
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value > 0
            && value <= most)
        {
            return value;
        }

        result.AddError($"{NameOf(result)}: '{text}' is not a number of seconds above 0, up to {most}.");
        return null;
    };

    /// <summary>An address of this machine with a port: <c>127.0.0.1:4433</c>, <c>[::1]:4433</c>.</summary>
    public static IPEndPoint? ListenEndPoint(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (TrySplit(text, out string host, out int port) && IPAddress.TryParse(host, out IPAddress? address))
        {
            return new(address, port);
        }

        result.AddError($"{NameOf(result)}: '{text}' is not ADDR:PORT, such as 127.0.0.1:4433 or [::]:4433.");
        return null;
    }

    /// <summary>A host by name or address with a port from 1: <c>example.org:4433</c>.</summary>
    public static DnsEndPoint? HostAndPort(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (TrySplit(text, out string host, out int port) && port > 0 && Uri.CheckHostName(host) != UriHostNameType.Unknown)
        {
            return new(host, port);
        }

        result.AddError($"{NameOf(result)}: '{text}' is not HOST:PORT, such as example.org:4433.");
        return null;
    }

    /// <summary>The name of a file, which an empty text is not.</summary>
    public static string? FileName(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text.Length == 0)
        {
            result.AddError($"{NameOf(result)}: the name of a file is expected.");
        }

        return text;
    }

    /// <summary>A name for ALPN (RFC 7301 §3.1).</summary>
    public static string? ApplicationProtocol(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Encoding.UTF8.GetByteCount(text) is >= 1 and <= LongestApplicationProtocol)
        {
            return text;
        }

        result.AddError($"{NameOf(result)}: '{text}' is not a name of 1 to {LongestApplicationProtocol} bytes.");
        return null;
    }

    /// <summary>An address where the host is one, a name to resolve otherwise.</summary>
    public static EndPoint ToEndPoint(string host, int port) =>
        IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);

    private static int? ParseWhole(ArgumentResult result, int least, int most, string advice)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
        {
            return value;
        }

        result.AddError($"{NameOf(result)}: '{text}' is not a whole number from {least} to {most}.{advice}");
        return null;
    }

    private static bool TrySplit(string text, out string host, out int port)
    {
        int colon = text.LastIndexOf(':');
        host = colon > 0 ? text[..colon] : string.Empty;
        bool bracketed = host is ['[', .., ']'];
        host = bracketed ? host[1..^1] : host;
        port = 0;
        return host.Length > 0
            && host.Contains(':', StringComparison.Ordinal) == bracketed
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port <= IPEndPoint.MaxPort;
    }

    private static string NameOf(ArgumentResult result) => (result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name;
}
