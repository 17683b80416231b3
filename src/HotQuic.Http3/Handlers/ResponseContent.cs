using System.Net;

namespace HotQuic.Http3.Handlers;

/// <summary>A response's content, read once, as it arrives. Disposing of it, or of its stream, before the end gives the request up.</summary>
internal sealed class ResponseContent : HttpContent
{
    private readonly ResponseStream _stream;
    private bool _isTaken;

    public ResponseContent(Http3Response response, HttpResponseMessage message)
    {
        _stream = new ResponseStream(response, message);
    }

    /// <summary>Where nothing follows the fields, nothing is kept for it.</summary>
    public void EndIfEmpty() => _stream.EndIfOver();

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(Take());

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => Take();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using ResponseStream content = Take();
        await content.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The content-length, where there is one, is among the headers.</summary>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private ResponseStream Take()
    {
        if (Interlocked.Exchange(ref _isTaken, true))
        {
            throw new InvalidOperationException("The content was read already: it comes from the connection, and only once.");
        }

        return _stream;
    }
}
