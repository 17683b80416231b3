using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using HotQuic.Http3.Requests;

namespace HotQuic.Http3.Handlers;

/// <summary>What an <see cref="HttpRequestMessage"/> is in HTTP/3 (RFC 9114 §4.1 to §4.3).</summary>
internal static class RequestTranslation
{
    /// <summary>Where a request goes.</summary>
    /// <exception cref="HttpRequestException">It asks for what cannot be done.</exception>
    /// <exception cref="InvalidOperationException">It has no absolute URI.</exception>
    /// <exception cref="NotSupportedException">Its scheme is not https.</exception>
    public static Origin OriginOf(HttpRequestMessage request)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } uri)
        {
            throw new InvalidOperationException("The request has no absolute URI.");
        }

        if (uri.Scheme != Uri.UriSchemeHttps)
        {
            throw new NotSupportedException($"The scheme '{uri.Scheme}' is not supported: HTTP/3 is for https (RFC 9114 §3.1).");
        }

        bool mayBeVersion3 = request.VersionPolicy switch
        {
            HttpVersionPolicy.RequestVersionOrHigher => true,
            HttpVersionPolicy.RequestVersionExact => request.Version == HttpVersion.Version30,
            _ => request.Version >= HttpVersion.Version30,
        };
        return mayBeVersion3
            ? new Origin(uri.IdnHost, uri.Port)
            : throw new HttpRequestException(
                HttpRequestError.VersionNegotiationError,
                $"The request asks for HTTP/{request.Version} by {request.VersionPolicy}, but Http3Handler speaks HTTP/3 only: set the version to 3.0, "
                + "with HttpClient.DefaultRequestVersion for all requests, or the policy to RequestVersionOrHigher.");
    }

    /// <summary>The HEADERS frame.</summary>
    public static void Write(HttpRequestMessage request, FieldSectionWriter writer)
    {
        Uri uri = request.RequestUri!;
        string method = HttpMethod.Parse(request.Method.Method).Method; // The known ones are meant in any case, as everywhere with HttpClient.
        string authority = request.Headers.Host ?? RequestTarget.AuthorityOf(uri);
        RequestFields.Begin(writer, method, new RequestTarget(Uri.UriSchemeHttps, authority, RequestTarget.PathOf(method, uri)));
        Write(request.Headers.NonValidated, writer, hasContent: request.Content is not null);
        if (request.Content is { } content)
        {
            _ = content.Headers.ContentLength; // has it computed
            Write(content.Headers.NonValidated, writer, hasContent: true);
        }
        else if (method is "POST" or "PUT" or "PATCH")
        {
            writer.Add("content-length"u8, "0"); // RFC 9110 §8.6
        }

        if (request.Headers.TransferEncodingChunked == true && request.Content is null)
        {
            throw new HttpRequestException("The request says that its content is chunked, but has no content.");
        }
    }

    private static void Write(HttpHeadersNonValidated headers, FieldSectionWriter writer, bool hasContent)
    {
        foreach ((string name, HeaderStringValues values) in headers)
        {
            if (RequestFields.IsRefused(name))
            {
                continue; // RFC 9114 §4.2: they speak of a connection of HTTP/1.1, or were said by the authority
            }

            if (!hasContent && name.Equals("Expect", StringComparison.OrdinalIgnoreCase))
            {
                continue; // RFC 9110 §10.1.1: there is nothing that could wait for the server's word
            }

            bool isTransferCoding = name.Equals("TE", StringComparison.OrdinalIgnoreCase);
            string value = values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? string.Join("; ", values) : values.ToString();
            if (!isTransferCoding || value.Equals("trailers", StringComparison.OrdinalIgnoreCase))
            {
                writer.Add(name, value);
            }
        }
    }

    /// <summary>The priority that a request's field says, for the stream's own data (RFC 9218 §5).</summary>
    public static QuicStreamPriority PriorityOf(HttpRequestMessage request)
    {
        if (!request.Headers.NonValidated.TryGetValues("Priority", out HeaderStringValues values))
        {
            return QuicStreamPriority.Default;
        }

        int urgency = QuicStreamPriority.Default.Urgency;
        bool isIncremental = false;
        foreach (string part in values.ToString().Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("u=", StringComparison.Ordinal) && int.TryParse(part.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= 7)
            {
                urgency = value;
            }
            else if (part is "i" or "i=?1")
            {
                isIncremental = true;
            }
        }

        return new QuicStreamPriority(urgency, isIncremental);
    }
}
