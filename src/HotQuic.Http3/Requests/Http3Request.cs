using HotQuic.Http3.Requests;

namespace HotQuic.Http3;

/// <summary>
/// A request without its body: its fields are checked and encoded once, here, and may be sent any number of times, on any number of
/// connections, from any thread. Send it with
/// <see cref="Http3Connection.SendAsync(Http3Request, ReadOnlyMemory{byte}, CancellationToken)"/>.
/// </summary>
public sealed class Http3Request
{
    private readonly ReadOnlyMemory<byte> _head;
    private readonly long _sectionSize;
    private readonly QuicStreamPriority _priority;
    private readonly long? _contentLength;

    /// <summary>Makes a request.</summary>
    /// <param name="method">The method, such as GET. CONNECT is not offered.</param>
    /// <param name="target">What is asked for: an absolute https URI, whose authority, path and query are sent; user information and fragment are not.</param>
    /// <param name="fields">
    /// Further fields, sent in this order, names in lower case. The authority takes the place of Host. A content-length must be what the body will
    /// have; without one the end of the stream tells.
    /// </param>
    /// <param name="priority">
    /// How urgent the response is: sent as the priority field (RFC 9218 §5), and what the request's own stream is sent with. Null: neither.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The method or a name is not a token, the target not absolute or not https, a value has control characters or others than Latin-1, or a field has no
    /// place in HTTP/3 (RFC 9114 §4.2): a pseudo-header field, Host, Connection, Transfer-Encoding and their like, or TE other than "trailers".
    /// </exception>
    /// <exception cref="NotSupportedException">The method is CONNECT.</exception>
    public Http3Request(
        string method, Uri target, IEnumerable<KeyValuePair<string, string>>? fields = null, QuicStreamPriority? priority = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(target);
        if (!target.IsAbsoluteUri || target.Scheme != Uri.UriSchemeHttps || target.Host.Length == 0)
        {
            // RFC 9114 §3.1.2: a server was not asked whether it serves anything else.
            throw new ArgumentException("Expected an absolute https URI with a host, such as https://example.org/path.", nameof(target));
        }

        Method = method;
        FieldSectionWriter writer = new();
        RequestFields.Begin(writer, method, new RequestTarget(target.Scheme, RequestTarget.AuthorityOf(target), RequestTarget.PathOf(method, target)));
        foreach ((string name, string value) in fields ?? [])
        {
            RequestFields.Add(writer, name, value);
            if (name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
            {
                _contentLength = long.TryParse(value, out long length) && length >= 0
                    ? length
                    : throw new ArgumentException("Expected a content-length of 0 or above.", nameof(fields));
            }
        }

        if (priority is { } chosen)
        {
            writer.Add("priority"u8, chosen.IsIncremental ? $"u={chosen.Urgency}, i" : $"u={chosen.Urgency}");
        }

        _priority = priority ?? QuicStreamPriority.Default;
        _head = writer.Complete().ToArray();
        _sectionSize = writer.SectionSize;
    }

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>Is told of interim responses; null, the default: nobody is.</summary>
    public Http3InterimCallback? InterimCallback { get; init; }

    /// <summary>The length that the fields promise; null where they do not.</summary>
    internal long? ContentLength => _contentLength;

    internal RequestMessage ToMessage() => new()
    {
        Head = _head,
        SectionSize = _sectionSize,
        Priority = _priority,
        IsHead = Method == "HEAD",
        OnInterim = InterimCallback,
    };
}
