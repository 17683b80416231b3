namespace HotQuic.Http3.Qpack;

/// <summary>The table of field lines that both sides know (RFC 9204 §3.1 and appendix A).</summary>
internal static class StaticTable
{
    private const int BucketCount = 128;

    private static readonly (byte[] Name, byte[] Value)[] Entries =
    [
        (":authority"u8.ToArray(), ""u8.ToArray()),
        (":path"u8.ToArray(), "/"u8.ToArray()),
        ("age"u8.ToArray(), "0"u8.ToArray()),
        ("content-disposition"u8.ToArray(), ""u8.ToArray()),
        ("content-length"u8.ToArray(), "0"u8.ToArray()),
        ("cookie"u8.ToArray(), ""u8.ToArray()),
        ("date"u8.ToArray(), ""u8.ToArray()),
        ("etag"u8.ToArray(), ""u8.ToArray()),
        ("if-modified-since"u8.ToArray(), ""u8.ToArray()),
        ("if-none-match"u8.ToArray(), ""u8.ToArray()),
        ("last-modified"u8.ToArray(), ""u8.ToArray()),
        ("link"u8.ToArray(), ""u8.ToArray()),
        ("location"u8.ToArray(), ""u8.ToArray()),
        ("referer"u8.ToArray(), ""u8.ToArray()),
        ("set-cookie"u8.ToArray(), ""u8.ToArray()),
        (":method"u8.ToArray(), "CONNECT"u8.ToArray()),
        (":method"u8.ToArray(), "DELETE"u8.ToArray()),
        (":method"u8.ToArray(), "GET"u8.ToArray()),
        (":method"u8.ToArray(), "HEAD"u8.ToArray()),
        (":method"u8.ToArray(), "OPTIONS"u8.ToArray()),
        (":method"u8.ToArray(), "POST"u8.ToArray()),
        (":method"u8.ToArray(), "PUT"u8.ToArray()),
        (":scheme"u8.ToArray(), "http"u8.ToArray()),
        (":scheme"u8.ToArray(), "https"u8.ToArray()),
        (":status"u8.ToArray(), "103"u8.ToArray()),
        (":status"u8.ToArray(), "200"u8.ToArray()),
        (":status"u8.ToArray(), "304"u8.ToArray()),
        (":status"u8.ToArray(), "404"u8.ToArray()),
        (":status"u8.ToArray(), "503"u8.ToArray()),
        ("accept"u8.ToArray(), "*/*"u8.ToArray()),
        ("accept"u8.ToArray(), "application/dns-message"u8.ToArray()),
        ("accept-encoding"u8.ToArray(), "gzip, deflate, br"u8.ToArray()),
        ("accept-ranges"u8.ToArray(), "bytes"u8.ToArray()),
        ("access-control-allow-headers"u8.ToArray(), "cache-control"u8.ToArray()),
        ("access-control-allow-headers"u8.ToArray(), "content-type"u8.ToArray()),
        ("access-control-allow-origin"u8.ToArray(), "*"u8.ToArray()),
        ("cache-control"u8.ToArray(), "max-age=0"u8.ToArray()),
        ("cache-control"u8.ToArray(), "max-age=2592000"u8.ToArray()),
        ("cache-control"u8.ToArray(), "max-age=604800"u8.ToArray()),
        ("cache-control"u8.ToArray(), "no-cache"u8.ToArray()),
        ("cache-control"u8.ToArray(), "no-store"u8.ToArray()),
        ("cache-control"u8.ToArray(), "public, max-age=31536000"u8.ToArray()),
        ("content-encoding"u8.ToArray(), "br"u8.ToArray()),
        ("content-encoding"u8.ToArray(), "gzip"u8.ToArray()),
        ("content-type"u8.ToArray(), "application/dns-message"u8.ToArray()),
        ("content-type"u8.ToArray(), "application/javascript"u8.ToArray()),
        ("content-type"u8.ToArray(), "application/json"u8.ToArray()),
        ("content-type"u8.ToArray(), "application/x-www-form-urlencoded"u8.ToArray()),
        ("content-type"u8.ToArray(), "image/gif"u8.ToArray()),
        ("content-type"u8.ToArray(), "image/jpeg"u8.ToArray()),
        ("content-type"u8.ToArray(), "image/png"u8.ToArray()),
        ("content-type"u8.ToArray(), "text/css"u8.ToArray()),
        ("content-type"u8.ToArray(), "text/html; charset=utf-8"u8.ToArray()),
        ("content-type"u8.ToArray(), "text/plain"u8.ToArray()),
        ("content-type"u8.ToArray(), "text/plain;charset=utf-8"u8.ToArray()),
        ("range"u8.ToArray(), "bytes=0-"u8.ToArray()),
        ("strict-transport-security"u8.ToArray(), "max-age=31536000"u8.ToArray()),
        ("strict-transport-security"u8.ToArray(), "max-age=31536000; includesubdomains"u8.ToArray()),
        ("strict-transport-security"u8.ToArray(), "max-age=31536000; includesubdomains; preload"u8.ToArray()),
        ("vary"u8.ToArray(), "accept-encoding"u8.ToArray()),
        ("vary"u8.ToArray(), "origin"u8.ToArray()),
        ("x-content-type-options"u8.ToArray(), "nosniff"u8.ToArray()),
        ("x-xss-protection"u8.ToArray(), "1; mode=block"u8.ToArray()),
        (":status"u8.ToArray(), "100"u8.ToArray()),
        (":status"u8.ToArray(), "204"u8.ToArray()),
        (":status"u8.ToArray(), "206"u8.ToArray()),
        (":status"u8.ToArray(), "302"u8.ToArray()),
        (":status"u8.ToArray(), "400"u8.ToArray()),
        (":status"u8.ToArray(), "403"u8.ToArray()),
        (":status"u8.ToArray(), "421"u8.ToArray()),
        (":status"u8.ToArray(), "425"u8.ToArray()),
        (":status"u8.ToArray(), "500"u8.ToArray()),
        ("accept-language"u8.ToArray(), ""u8.ToArray()),
        ("access-control-allow-credentials"u8.ToArray(), "FALSE"u8.ToArray()),
        ("access-control-allow-credentials"u8.ToArray(), "TRUE"u8.ToArray()),
        ("access-control-allow-headers"u8.ToArray(), "*"u8.ToArray()),
        ("access-control-allow-methods"u8.ToArray(), "get"u8.ToArray()),
        ("access-control-allow-methods"u8.ToArray(), "get, post, options"u8.ToArray()),
        ("access-control-allow-methods"u8.ToArray(), "options"u8.ToArray()),
        ("access-control-expose-headers"u8.ToArray(), "content-length"u8.ToArray()),
        ("access-control-request-headers"u8.ToArray(), "content-type"u8.ToArray()),
        ("access-control-request-method"u8.ToArray(), "get"u8.ToArray()),
        ("access-control-request-method"u8.ToArray(), "post"u8.ToArray()),
        ("alt-svc"u8.ToArray(), "clear"u8.ToArray()),
        ("authorization"u8.ToArray(), ""u8.ToArray()),
        ("content-security-policy"u8.ToArray(), "script-src 'none'; object-src 'none'; base-uri 'none'"u8.ToArray()),
        ("early-data"u8.ToArray(), "1"u8.ToArray()),
        ("expect-ct"u8.ToArray(), ""u8.ToArray()),
        ("forwarded"u8.ToArray(), ""u8.ToArray()),
        ("if-range"u8.ToArray(), ""u8.ToArray()),
        ("origin"u8.ToArray(), ""u8.ToArray()),
        ("purpose"u8.ToArray(), "prefetch"u8.ToArray()),
        ("server"u8.ToArray(), ""u8.ToArray()),
        ("timing-allow-origin"u8.ToArray(), "*"u8.ToArray()),
        ("upgrade-insecure-requests"u8.ToArray(), "1"u8.ToArray()),
        ("user-agent"u8.ToArray(), ""u8.ToArray()),
        ("x-forwarded-for"u8.ToArray(), ""u8.ToArray()),
        ("x-frame-options"u8.ToArray(), "deny"u8.ToArray()),
        ("x-frame-options"u8.ToArray(), "sameorigin"u8.ToArray()),
    ];

    /// <summary>The first entry of each bucket, or -1.</summary>
    private static readonly short[] Buckets = new short[BucketCount];

    /// <summary>The entry behind each entry in its bucket, or -1.</summary>
    private static readonly short[] Following = new short[Entries.Length];

    static StaticTable()
    {
        Buckets.AsSpan().Fill(-1);
        for (int index = Entries.Length - 1; index >= 0; index--)
        {
            int bucket = BucketOf(Entries[index].Name);
            Following[index] = Buckets[bucket];
            Buckets[bucket] = (short)index;
        }
    }

    /// <summary>How many entries there are; they are numbered from 0.</summary>
    public static int Count => Entries.Length;

    public static ReadOnlySpan<byte> Name(int index) => Entries[index].Name;

    public static ReadOnlySpan<byte> Value(int index) => Entries[index].Value;

    /// <summary>Finds a field line.</summary>
    /// <param name="name">The field name.</param>
    /// <param name="value">The field value.</param>
    /// <param name="nameIndex">The first entry with that name, or -1.</param>
    /// <returns>The entry with that name and value, or -1.</returns>
    public static int Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, out int nameIndex)
    {
        nameIndex = -1;
        for (int index = name.IsEmpty ? -1 : Buckets[BucketOf(name)]; index >= 0; index = Following[index])
        {
            (byte[] entryName, byte[] entryValue) = Entries[index];
            bool isMatch = value.SequenceEqual(entryValue);
            if ((nameIndex >= 0 && !isMatch) || !name.SequenceEqual(entryName))
            {
                continue;
            }

            if (isMatch)
            {
                nameIndex = nameIndex < 0 ? index : nameIndex;
                return index;
            }

            nameIndex = index;
        }

        return -1;
    }

    /// <summary>Spreads the 52 names by their length and three of their letters, so that hardly any two share a bucket.</summary>
    private static int BucketOf(ReadOnlySpan<byte> name) =>
        ((name.Length * 38) + (name[0] * 23) + (name[name.Length / 2] * 10) + (name[^1] * 4)) & (BucketCount - 1);
}
