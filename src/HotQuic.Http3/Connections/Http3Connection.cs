using System.IO.Pipelines;
using HotQuic.Http3.Connections;
using HotQuic.Http3.Errors;

namespace HotQuic.Http3;

/// <summary>
/// An HTTP/3 connection to a server (RFC 9114): made by <see cref="ConnectAsync"/>, it carries requests side by side, each with
/// <see cref="SendAsync(Http3Request, CancellationToken)"/>, until <see cref="CloseAsync"/> or <see cref="DisposeAsync"/>. It does not make
/// itself anew: once <see cref="IsAcceptingRequests"/> is false, connect again. All members may be called from any thread.
/// </summary>
public sealed partial class Http3Connection : IAsyncDisposable
{
    private readonly Http3ConnectionOptions _options;
    private readonly PeerStreams _peerStreams;
    private readonly StreamCredit _credit;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QuicStream? _control;

    private Http3Connection(Http3ConnectionOptions options, QuicConnection transport)
    {
        _options = options;
        Transport = transport;
        Fields = new FieldDecoding(options);
        _credit = StreamCredit.Of(transport);
        _peerStreams = new PeerStreams(this);
    }

    /// <summary>The QUIC connection below: addresses, certificate, statistics. It is this object's to use and to close.</summary>
    public QuicConnection Transport { get; }

    /// <summary>
    /// Ends with the connection: successfully where it was closed without an error, which codes that are not known say too (RFC 9114 §8), else
    /// with an <see cref="Http3Exception"/>, which nobody needs to look at.
    /// </summary>
    public Task Closed => _closed.Task;

    /// <summary>Whether requests may be sent: not after a GOAWAY (RFC 9114 §5.2), and not once the connection ends.</summary>
    public bool IsAcceptingRequests => !_isClosing && Volatile.Read(ref _goAwayId) == NoGoAway && Failure is null;

    /// <summary>How many requests can be sent at this moment without waiting for the server to allow more (RFC 9000 §4.6).</summary>
    public int AvailableRequests => Math.Max(0, _credit.Available);

    /// <summary>How many requests are under way: sent or about to be, and their responses not disposed of.</summary>
    public int ActiveRequests => Volatile.Read(ref _activeCount);

    /// <summary>The largest field section that the server accepts, in bytes; null where it did not say, or not yet (RFC 9114 §4.2.2).</summary>
    public long? PeerMaxFieldSectionSize => Volatile.Read(ref _peerMaxFieldSectionSize) is >= 0 and long size ? size : null;

    internal FieldDecoding Fields { get; }

    internal int MaxFieldSectionSize => _options.MaxFieldSectionSize;

    internal StreamCredit Credit => _credit;

    /// <summary>Connects, by QUIC with the application protocol h3.</summary>
    /// <param name="options">Where to, and how.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The connection, on which requests may be sent at once.</returns>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The handshake failed by TLS, such as by the server's certificate.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The host is not known, or nobody listens there.</exception>
    /// <exception cref="QuicException">The connection could not be made, or ended at once.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<Http3Connection> ConnectAsync(Http3ConnectionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        QuicConnection transport = await QuicConnection.ConnectAsync(options.ToQuicOptions(), cancellationToken).ConfigureAwait(false);
        try
        {
            Http3Connection connection = new(options, transport);
            await connection.StartAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends a request without a body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Gives the request up until the response's fields are there (H3_REQUEST_CANCELLED).</param>
    /// <returns>The response, with its fields; its content follows. It must be disposed of.</returns>
    /// <inheritdoc cref="SendAsync(Http3Request, ReadOnlyMemory{byte}, CancellationToken)" path="/exception"/>
    public ValueTask<Http3Response> SendAsync(Http3Request request, CancellationToken cancellationToken = default) =>
        SendAsync(request, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Sends a request with a body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">
    /// The body. Up to 64 KiB go out in one piece with the fields and the end. It must not change until the response was disposed of with
    /// <see cref="Http3Response.DisposeAsync"/>, since a server may answer before it has all of it.
    /// </param>
    /// <param name="cancellationToken">Gives the request up until the response's fields are there (H3_REQUEST_CANCELLED).</param>
    /// <returns>The response, with its fields; its content follows. It must be disposed of.</returns>
    /// <exception cref="ArgumentException">The request promises a content-length other than the body's.</exception>
    /// <exception cref="Http3Exception">
    /// The request failed: <see cref="Http3Exception.IsRetrySafe"/> says whether it may be sent again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<Http3Response> SendAsync(Http3Request request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ContentLength is { } length && length != body.Length)
        {
            throw new ArgumentException($"The request promises a content-length of {length}, but the body has {body.Length} bytes.", nameof(body));
        }

        return SendAsync(request.ToMessage() with { Body = body }, cancellationToken);
    }

    /// <summary>Sends a request whose body is written piece by piece.</summary>
    /// <param name="request">The request.</param>
    /// <param name="writeBody">
    /// Writes the body. The fields go out with the first flush, or with all of it. The body ends when what is returned has ended; an exception
    /// gives the request up, and whoever waits for the response gets it. Once the server wants no more (RFC 9114 §4.1), flushes say
    /// <see cref="FlushResult.IsCompleted"/>. It may go on after the response's fields have come.
    /// </param>
    /// <param name="cancellationToken">Gives the request up until the response's fields are there (H3_REQUEST_CANCELLED).</param>
    /// <returns>The response, with its fields; its content follows. It must be disposed of.</returns>
    /// <inheritdoc cref="SendAsync(Http3Request, ReadOnlyMemory{byte}, CancellationToken)" path="/exception"/>
    public ValueTask<Http3Response> SendAsync(
        Http3Request request, Func<PipeWriter, CancellationToken, ValueTask> writeBody, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(writeBody);
        return SendAsync(request.ToMessage() with { BodyWriter = writeBody }, cancellationToken);
    }

    /// <summary>
    /// Closes the connection when the requests that are under way are done, which is when their responses were disposed of. From now on no new
    /// ones are sent; at the end the server is told so, with GOAWAY (RFC 9114 §5.2).
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for the requests: then they are given up.</param>
    /// <returns>Ends when the server was told of the end (H3_NO_ERROR).</returns>
    public async ValueTask CloseAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await WhenDrainedAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // They had their time.
        }

        // Not before: a server may refuse what it has not begun when it reads this.
        _ = SendGoAwayAsync();
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes the connection at once (H3_NO_ERROR); requests that are under way fail. <see cref="CloseAsync"/> waits for them.</summary>
    /// <returns>Ends when the server was told.</returns>
    public async ValueTask DisposeAsync()
    {
        _isClosing = true;
        SetFailure(new Http3Failure(Http3ErrorCode.NoError, "The connection was closed by this side."));
        await Transport.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString() => $"HTTP/3 {Transport}";
}
