using System.Net;
using System.Security.Cryptography;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>S12: closing and disposing, and what every member does after the end.</summary>
public class EndingTests
{
    /// <summary>A server process that died and came back knows the connection's IDs by its secret, and no more (RFC 9000 §10.3).</summary>
    [Fact]
    public async Task S12_AServerThatLostItsStateResetsTheConnection()
    {
        var options = new QuicEngineOptions { Shards = 1, ResetSecret = RandomNumberGenerator.GetBytes(32) };
        var dying = new QuicEngine(options);
        QuicListener listener = await QuicListener.ListenOnAsync(dying, Pair.ListenerOptions(), CancellationToken.None);
        IPEndPoint at = listener.LocalEndPoint;
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(at)).AsTask().WaitAsync(Pair.Patience);
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[100]);

        // Nobody disposes of what the engine takes with it.
        QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        _ = await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        Task<QuicStream> accept = client.AcceptInboundStreamAsync().AsTask();
        dying.Dispose();
        using var reborn = new QuicEngine(options);
        await using QuicListener again = await QuicListener.ListenOnAsync(reborn, Pair.ListenerOptions(at: at), CancellationToken.None);
        await stream.WriteAsync(new byte[500]);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.TransportError, exception.QuicError);
        Assert.Null(exception.TransportErrorCode);
    }

    [Fact]
    public async Task S12_OnceDisposedEveryCallSaysSoAndWhatIsKnownStaysKnown()
    {
        await using Pair pair = await Pair.ConnectAsync();
        QuicConnection client = pair.Client;
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.AcceptInboundStreamAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.CloseAsync(0));
        Assert.Equal(pair.Listener.LocalEndPoint, client.RemoteEndPoint);
        Assert.Equal(Pair.Protocol, client.NegotiatedApplicationProtocol.ToString());
        Assert.Equal("localhost", client.TargetHostName);
        Assert.NotNull(client.RemoteCertificate);
        Assert.NotEmpty(client.ToString());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task S12_OnceClosedEveryWaitThrowsThatTheOperationWasAborted()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.MaxInboundUnidirectionalStreams = 0);
        Task[] waits =
        [
            pair.Client.AcceptInboundStreamAsync().AsTask(),
            pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).AsTask(),
        ];
        await pair.Client.CloseAsync(3).AsTask().WaitAsync(Pair.Patience);
        foreach (Task wait in (Task[])[.. waits, pair.Client.AcceptInboundStreamAsync().AsTask(), pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask()])
        {
            QuicException exception = await Assert.ThrowsAsync<QuicException>(() => wait.WaitAsync(Pair.Patience));
            Assert.Equal((QuicError.OperationAborted, null), (exception.QuicError, exception.ApplicationErrorCode));
        }
    }

    /// <summary>The first close decides, whoever calls it again, with what code, and at the same time.</summary>
    [Fact]
    public async Task S12_ClosingAgainIsIgnored()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicStream> accept = pair.Server.AcceptInboundStreamAsync().AsTask();
        await Task.WhenAll(
            pair.Client.CloseAsync(1).AsTask(), pair.Client.CloseAsync(2).AsTask(), pair.Client.DisposeAsync().AsTask()).WaitAsync(Pair.Patience);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, 1L), (exception.QuicError, exception.ApplicationErrorCode));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData((1L << 62) - 1)]
    public async Task S12_CodesAtTheLimitsArrive(long code)
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicStream> accept = pair.Client.AcceptInboundStreamAsync().AsTask();
        await pair.Server.CloseAsync(code);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, code), (exception.QuicError, exception.ApplicationErrorCode));
    }

    [Fact]
    public async Task S12_ACodeOutOfRangeIsNamedAndClosesNothing()
    {
        await using Pair pair = await Pair.ConnectAsync();
        ArgumentOutOfRangeException exception = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.CloseAsync(1L << 62));
        Assert.Equal("errorCode", exception.ParamName);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Assert.True(client.CanWrite && server.CanRead);
    }

    /// <summary>The token ends the wait, not the closing.</summary>
    [Fact]
    public async Task S12_ACancelledCloseStillCloses()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicStream> accept = pair.Server.AcceptInboundStreamAsync().AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Client.CloseAsync(4, new CancellationToken(canceled: true)));
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(4, exception.ApplicationErrorCode);
    }

    /// <summary>As in System.Net.Quic: whoever aborts to be safe need not know who has disposed of the stream.</summary>
    [Fact]
    public async Task AbortingAStreamThatWasDisposedOfDoesNothing()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[3]);
        Task disposal = client.DisposeAsync().AsTask();
        client.Abort(QuicAbortDirection.Both, 1);
        using var received = new MemoryStream();
        await server.CopyToAsync(received).WaitAsync(Pair.Patience);
        Assert.Equal(3, received.Length);
        await server.DisposeAsync();
        await disposal.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task ToStringTellsConnectionsApart()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Assert.NotEqual(pair.Client.ToString(), pair.Server.ToString());
        Assert.Contains(pair.Listener.LocalEndPoint.ToString(), pair.Client.ToString(), StringComparison.Ordinal);
        Assert.Contains(pair.Listener.LocalEndPoint.ToString(), pair.Listener.ToString(), StringComparison.Ordinal);
    }
}
