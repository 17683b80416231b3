
using System.Diagnostics.CodeAnalysis;

namespace HotQuic.Http3.Handlers;

/// <summary>A response's content as a stream. With its end come the trailers, and the response is disposed of.</summary>
internal sealed class ResponseStream(Http3Response response, HttpResponseMessage message) : Stream
{
    private bool _isOver;
    private bool _isDisposed;

    /// <summary>Who forgets the response must not keep its request from ending.</summary>
    ~ResponseStream()
    {
        response.Dispose();
    }

    public override bool CanRead => !_isDisposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Lets go of the response where nothing of it is left.</summary>
    public void EndIfOver()
    {
        if (!_isOver && response.Current.HasEnded)
        {
            End();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isOver)
        {
            return 0;
        }

        try
        {
            int count = await response.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0 && !buffer.IsEmpty)
            {
                End();
            }
            else
            {
                EndIfOver();
            }

            return count;
        }
        catch (Exception e) when (HttpFailures.TranslateContent(e) is { } translated)
        {
            throw translated;
        }
    }

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isOver)
        {
            return;
        }

        try
        {
            await response.CopyToAsync(destination, cancellationToken).ConfigureAwait(false);
            End();
        }
        catch (Exception e) when (HttpFailures.TranslateContent(e) is { } translated)
        {
            throw translated;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            response.Dispose();
        }

        base.Dispose(disposing);
    }

    [SuppressMessage("Usage", "CA1816", Justification = "There is nothing left that the finalizer would have to end.")]
    private void End()
    {
        _isOver = true;
        ResponseTranslation.AddTrailers(response, message.TrailingHeaders);
        response.Dispose();
        GC.SuppressFinalize(this);
    }
}
