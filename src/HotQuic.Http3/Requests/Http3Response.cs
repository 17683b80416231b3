using System.IO.Pipelines;
using HotQuic.Http3.Requests;

namespace HotQuic.Http3;

/// <summary>
/// A response whose fields are there and whose content is read as it arrives: with <see cref="ReadAsync"/>, <see cref="DrainAsync"/> or
/// <see cref="Body"/>, one read at a time, from any thread. It is a value, a handle of state that serves other requests later: copies mean the
/// same response, and after <see cref="Dispose"/>, which must follow, all of them throw <see cref="ObjectDisposedException"/>.
/// </summary>
public readonly struct Http3Response : IDisposable, IAsyncDisposable
{
    private readonly Exchange? _exchange;
    private readonly int _generation;

    internal Http3Response(Exchange exchange)
    {
        _exchange = exchange;
        _generation = exchange.Generation;
    }

    /// <summary>The status code, 200 to 999.</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public int Status => Current.Status;

    /// <summary>The fields.</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public Http3Fields Fields => new(Current, Current.ResponseFields, _generation);

    /// <summary>The trailers; empty until the end of the content was read.</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public Http3Fields Trailers => new(Current, Current.Trailers, _generation);

    /// <summary>The content-length in bytes; null where the response has none. What is read never differs from it: that is an <see cref="Http3Exception"/>.</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public long? ContentLength => Current.ContentLength is >= 0 and long length ? length : null;

    /// <summary>The ID of the request's stream (RFC 9000 §2.1).</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public long StreamId => Current.StreamId;

    /// <summary>
    /// The content as a pipe, which shows the memory that it was decrypted into, without a copy. Each call makes a new object: keep it for the
    /// whole content. Completing it before the end tells the server that the rest is not wanted.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public PipeReader Body => new BodyReader(Current, _generation);

    internal Exchange Current
    {
        get
        {
            ObjectDisposedException.ThrowIf(_exchange is null, typeof(Http3Response));
            _exchange.ThrowIfNot(_generation);
            return _exchange;
        }
    }

    internal int Generation => _generation;

    /// <summary>Reads content, waiting for at least one byte.</summary>
    /// <param name="buffer">Where to put it.</param>
    /// <param name="cancellationToken">Ends the wait and gives the request up (H3_REQUEST_CANCELLED).</param>
    /// <returns>The number of bytes; 0 at the end of the content, when the trailers are there too.</returns>
    /// <exception cref="Http3Exception">The server gave up, or broke the protocol, or the connection is gone.</exception>
    /// <exception cref="InvalidOperationException">A read is under way.</exception>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Current.ReadAsync(_generation, buffer, cancellationToken);

    /// <summary>Reads the content to its end and drops it.</summary>
    /// <param name="cancellationToken">Ends the wait and gives the request up (H3_REQUEST_CANCELLED).</param>
    /// <returns>How many bytes there were.</returns>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public ValueTask<long> DrainAsync(CancellationToken cancellationToken = default) => Current.DrainAsync(_generation, destination: null, cancellationToken);

    /// <summary>Reads the content to its end into a stream.</summary>
    /// <param name="destination">Where it goes.</param>
    /// <param name="cancellationToken">Ends the wait and gives the request up (H3_REQUEST_CANCELLED).</param>
    /// <returns>How many bytes there were.</returns>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public ValueTask<long> CopyToAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return Current.DrainAsync(_generation, destination, cancellationToken);
    }

    /// <summary>
    /// Gives the response up: what was not read is not wanted any more, and what of the request was not sent neither (H3_REQUEST_CANCELLED,
    /// RFC 9114 §4.1.1). A second time does nothing.
    /// </summary>
    public void Dispose() => _exchange?.End(_generation);

    /// <summary>As <see cref="Dispose"/>.</summary>
    /// <returns>Ends when the memory of the request's body is the caller's again, which after <see cref="Dispose"/> may take a moment more.</returns>
    public ValueTask DisposeAsync() => _exchange?.EndAsync(_generation) ?? ValueTask.CompletedTask;
}
