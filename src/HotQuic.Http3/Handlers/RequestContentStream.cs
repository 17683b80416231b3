using System.Buffers;
using System.IO.Pipelines;
using HotQuic.Http3.Requests;

namespace HotQuic.Http3.Handlers;

/// <summary>What an <see cref="HttpContent"/> writes to. The last of so many bytes as were promised is held back, so that the end goes with it.</summary>
/// <param name="body">Where it goes.</param>
/// <param name="length">How many bytes were promised; null where none were.</param>
/// <param name="requestToken">Ends the waits of content that has no token of its own, such as of one that writes synchronously.</param>
internal sealed class RequestContentStream(BodyWriter body, long? length, CancellationToken requestToken) : WriteOnlyStream
{
    /// <summary>How much of a larger piece is handed over at a time: the server's flow control holds for it, too.</summary>
    private const int LargestPiece = 64 * 1024;

    private long _written;

    /// <summary>Content that is shorter than promised is no content (RFC 9114 §4.1.2).</summary>
    public void ThrowIfShort()
    {
        if (length is { } promised && _written != promised)
        {
            throw new HttpRequestException($"The content wrote {_written} bytes, but its Content-Length is {promised}.");
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (length is { } promised && buffer.Length > promised - _written)
        {
            throw new HttpRequestException($"The content writes more bytes than its Content-Length, {promised}.");
        }

        while (buffer.Length > LargestPiece)
        {
            _written += LargestPiece;
            body.Write(buffer.Span[..LargestPiece]);
            buffer = buffer[LargestPiece..];
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        _written += buffer.Length;
        body.Write(buffer.Span);
        if (_written != length)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        FlushResult result = await body.FlushAsync(cancellationToken.CanBeCanceled ? cancellationToken : requestToken).ConfigureAwait(false);
        if (result.IsCompleted)
        {
            throw new IOException("The server wants no more of the content.");
        }
    }
}
