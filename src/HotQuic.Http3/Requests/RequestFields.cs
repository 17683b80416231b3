namespace HotQuic.Http3.Requests;

/// <summary>What a request may say about itself (RFC 9114 §4.2, §4.3.1), checked as it is written.</summary>
internal static class RequestFields
{
    /// <summary>Begins the section with the pseudo-header fields.</summary>
    public static void Begin(FieldSectionWriter writer, string method, in RequestTarget target)
    {
        if (!FieldRules.IsToken(method))
        {
            throw new ArgumentException($"'{method}' is not a method: expected a token (RFC 9110 §9.1).", nameof(method));
        }

        if (method == "CONNECT")
        {
            throw new NotSupportedException("CONNECT (RFC 9114 §4.4) is not offered.");
        }

        writer.Begin();
        writer.Add(":method"u8, method);
        writer.Add(":scheme"u8, target.Scheme);
        writer.Add(":authority"u8, target.Authority);
        writer.Add(":path"u8, target.Path);
    }

    /// <summary>Adds an application's field.</summary>
    /// <exception cref="ArgumentException">It has no place in HTTP/3.</exception>
    public static void Add(FieldSectionWriter writer, string name, string value)
    {
        if (IsRefused(name) || (name.Equals("te", StringComparison.OrdinalIgnoreCase) && !value.Equals("trailers", StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException($"The field {name} has no place in an HTTP/3 request (RFC 9114 §4.2).", nameof(name));
        }

        writer.Add(name, value);
    }

    /// <summary>Whether it is about a connection of HTTP/1.1, or said by the authority.</summary>
    public static bool IsRefused(string name) => name.Length switch
    {
        4 => name.Equals("host", StringComparison.OrdinalIgnoreCase),
        7 => name.Equals("upgrade", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals("connection", StringComparison.OrdinalIgnoreCase) || name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("proxy-connection", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
