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
    /// <summary>Longer than a request is under way to anywhere.</summary>
    private static readonly TimeSpan LargestIdleMargin = TimeSpan.FromSeconds(1);

    private readonly Http3ConnectionOptions _options;
    private readonly PeerStreams _peerStreams;
    private readonly StreamCredit _credit;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _freshMilliseconds;
    private QuicStream? _control;

    private Http3Connection(Http3ConnectionOptions options, QuicConnection transport)
    {
        _options = options;
        Transport = transport;
        Fields = new FieldDecoding(options);
        _credit = StreamCredit.Of(transport);
        _peerStreams = new PeerStreams(this);
        _freshMilliseconds = FreshMilliseconds(options, transport);
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

    /// <summary>
    /// Whether a request may count on the server's still knowing the connection, which was idle for a while: not shortly before either side's
    /// idle timeout (RFC 9114 §5.1), for then the request may arrive after it.
    /// </summary>
    internal bool IsFresh(long now) => ActiveRequests > 0 || now - IdleSince < _freshMilliseconds;

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
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.HandshakeTimeout);
        try
        {
            Http3Connection connection = new(options, transport);
            await connection.StartAsync(patience.Token).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new QuicException(QuicError.ConnectionTimeout, applicationErrorCode: null, "The server did not permit a control stream in time (RFC 9114 §6.2).");
            }

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
    /// <see cref="FlushResult.IsCompleted"/>. It may go on after the response's fields have come. Its token is
    /// cancelled with the caller's, and once the response was disposed of.
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

    private static long FreshMilliseconds(Http3ConnectionOptions options, QuicConnection transport)
    {
        TimeSpan here = transport.LocalTransportParameters?.MaxIdleTimeout ?? TimeSpan.Zero;
        TimeSpan there = transport.PeerTransportParameters?.MaxIdleTimeout ?? TimeSpan.Zero;
        TimeSpan idleTimeout = here == TimeSpan.Zero || (there > TimeSpan.Zero && there < here) ? there : here;
        if (idleTimeout == TimeSpan.Zero || options.KeepAliveInterval != Timeout.InfiniteTimeSpan)
        {
            return long.MaxValue;
        }

        TimeSpan margin = idleTimeout / 4;
        return (long)(idleTimeout - (margin < LargestIdleMargin ? margin : LargestIdleMargin)).TotalMilliseconds;
    }
}
