using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Attacks;

/// <summary>A client of servers that refuse late, say nothing, die in mid-sentence, or never come to an end.</summary>
public sealed class DyingServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// In TLS 1.3 the client is through with its handshake before the server has judged the client's certificate (RFC 8446 §4.4.2.4): the refusal ends a
    /// connection that requests were sent on. It is the end of that connection, and no other's.
    /// </summary>
    [Fact]
    public async Task AServerThatRefusesTheClientsCertificateIsAskedAgainOnAnotherConnection()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(AnswerAsync, configure: RefuseTheFirst);
        using HttpClient client = Client(server);

        try
        {
            // Where the refusal comes before the request went out, it is sent again at once.
            Assert.Equal("yes", await client.GetStringAsync(server.Uri).WaitAsync(Patience));
        }
        catch (HttpRequestException refusal)
        {
            Assert.Equal(HttpRequestError.SecureConnectionError, refusal.HttpRequestError);
        }

        Assert.Equal("yes", await client.GetStringAsync(server.Uri).WaitAsync(Patience));
    }

    [Fact]
    public async Task AConnectionWhoseClientWasRefusedSaysSoAndTakesNoRequests()
    {
        TaskCompletionSource connected = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(AnswerAsync, configure: (options, _) =>
        {
            options.ServerAuthenticationOptions.ClientCertificateRequired = true;
            options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => !connected.Task.Wait(Patience);
        });
        SslClientAuthenticationOptions tls = ScriptedServer.Trust;
        tls.ClientCertificates = [ScriptedServer.Certificate];
        await using Http3Connection connection = await Http3Connection.ConnectAsync(server.ClientOptions with { ClientAuthenticationOptions = tls });
        Task<Http3Response> underWay = connection.SendAsync(server.Request()).AsTask();
        connected.SetResult();

        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(() => underWay.WaitAsync(Patience));
        Assert.IsType<AuthenticationException>(failure.InnerException);
        Http3Exception end = await Assert.ThrowsAsync<Http3Exception>(() => connection.Closed.WaitAsync(Patience));

        Assert.IsType<AuthenticationException>(end.InnerException);
        Assert.False(connection.IsAcceptingRequests);
        await Assert.ThrowsAsync<Http3Exception>(() => connection.SendAsync(server.Request()).AsTask());
        Assert.Equal(0, connection.ActiveRequests);
    }

    /// <summary>RFC 9114 §6.2 has servers permit three such streams; one that permits none must not hold the client for ever.</summary>
    [Fact]
    public async Task AServerThatPermitsNoControlStreamIsGivenUpWithTheHandshakesPatience()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(AnswerAsync, configure: static (options, _) => options.MaxInboundUnidirectionalStreams = 0);

        QuicException failure = await Assert.ThrowsAsync<QuicException>(
            () => Http3Connection.ConnectAsync(server.ClientOptions with { HandshakeTimeout = Soon }).AsTask().WaitAsync(Patience));

        Assert.Equal(QuicError.ConnectionTimeout, failure.QuicError);
    }

    /// <summary>RFC 9114 §5.2: a server that goes away may permit no more streams, and finish slowly what it has.</summary>
    [Fact]
    public async Task ARequestThatWaitsForAStreamGoesElsewhereWhenTheServerGoesAway()
    {
        TaskCompletionSource waiting = new();
        TaskCompletionSource finish = new();
        int connections = 0;
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async connection =>
            {
                await connection.StartAsync();
                ServedRequest request = await connection.AcceptAsync();
                if (Interlocked.Increment(ref connections) > 1)
                {
                    await request.AnswerAsync(Wire.Ok, Wire.Data("elsewhere"));
                    return;
                }

                await request.WriteAsync(Wire.Ok);
                await waiting.Task;
                await connection.Control.WriteAsync(Wire.GoAway((ulong)request.Stream.Id + 4));
                await finish.Task;
                await request.AnswerAsync(Wire.Data("slowly"));
            },
            maxRequests: 1);
        using HttpClient client = Client(server);
        using HttpResponseMessage slow = await client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead);
        Task<string> next = client.GetStringAsync(server.Uri);
        waiting.SetResult();

        Assert.Equal("elsewhere", await next.WaitAsync(Patience));

        finish.SetResult();
        Assert.Equal("slowly", await slow.Content.ReadAsStringAsync().WaitAsync(Patience));
    }

    /// <summary>RFC 9114 §5.1: the server's idle timeout counts where it is the shorter one, and may have passed there a moment before it does here.</summary>
    [Fact]
    public async Task Hcon08_AConnectionThatWasIdleForAlmostAsLongAsItMayIsNotUsed()
    {
        Channel<bool> ends = Channel.CreateUnbounded<bool>();
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async connection =>
            {
                try
                {
                    await AnswerAsync(connection);
                }
                finally
                {
                    ends.Writer.TryWrite(true);
                }
            },
            configure: static (options, _) => options.IdleTimeout = TimeSpan.FromSeconds(1));
        using HttpClient client = Client(server);
        for (int i = 1; i <= 3; i++)
        {
            // At this moment the server knows the connection no more, and the client may know it still.
            Assert.Equal("yes", await client.GetStringAsync(server.Uri).WaitAsync(Patience));
            await ends.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }

        Assert.Equal(3, server.Connections);
    }

    /// <summary>RFC 9114 §5.1: the last second, or the last quarter of a short timeout, is not for new requests; one that is under way goes on.</summary>
    [Fact]
    public async Task Hcon08_AConnectionIsFreshUntilShortlyBeforeItsIdleTimeout()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(AnswerAsync, configure: static (options, _) => options.IdleTimeout = TimeSpan.FromSeconds(20));
        await using Http3Connection connection = await server.ConnectAsync();
        await using Http3Connection alive = await Http3Connection.ConnectAsync(server.ClientOptions with { KeepAliveInterval = TimeSpan.FromSeconds(5) });
        await using Http3Connection brief = await Http3Connection.ConnectAsync(server.ClientOptions with { IdleTimeout = TimeSpan.FromSeconds(2) });

        Assert.True(connection.IsFresh(connection.IdleSince + 18_999));
        Assert.False(connection.IsFresh(connection.IdleSince + 19_000));
        Assert.True(alive.IsFresh(alive.IdleSince + 60_000));
        Assert.True(brief.IsFresh(brief.IdleSince + 1499));
        Assert.False(brief.IsFresh(brief.IdleSince + 1500));
        await using Http3Response response = await connection.SendAsync(server.Request());
        Assert.True(connection.IsFresh(connection.IdleSince + 60_000));
    }

    [Fact]
    public async Task AHandlerThatIsDisposedOfLetsGoOfThoseWhoWaitForAConnection()
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Http3Handler handler = new() { EndPointCallback = _ => silent.LocalEndPoint! };
        using HttpMessageInvoker client = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, "https://localhost/") { Version = HttpVersion.Version30 };
        Task<HttpResponseMessage> waiting = client.SendAsync(request, CancellationToken.None);
        Assert.True(silent.Poll(Patience, SelectMode.SelectRead));

        handler.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
    }

    /// <summary>Disposal comes beside requests that are about to begin: each ends, and no connection stays behind.</summary>
    [Fact]
    public async Task AHandlerThatIsDisposedOfBesideItsFirstRequestsLeavesNoConnection()
    {
        int open = 0;
        await using (ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            Interlocked.Increment(ref open);
            try
            {
                await AnswerAsync(connection);
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        }))
        {
            for (int i = 0; i < 50; i++)
            {
                Http3Handler handler = new() { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint };
                using HttpMessageInvoker client = new(handler);
                Task[] requests = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => TrySendAsync(client, server.Uri)))];
                await Task.Yield();
                handler.Dispose();
                await Task.WhenAll(requests).WaitAsync(Patience);
            }
        }

        // The server's disposal waits until each of its clients has closed.
        Assert.Equal(0, open);
    }

    /// <summary>RFC 9114 §9: frames of unknown types are skipped, which a server may have the client do for ever.</summary>
    [Theory]
    [InlineData(0x21)]
    [InlineData(0x00)]
    public async Task AnAnswerOfNothingButFramesEndsWithTheTimeout(int type)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok);
            byte[] frames = Wire.Join([.. Enumerable.Repeat(Wire.Frame((Http3FrameType)type), 1000)]);
            await Assert.ThrowsAsync<QuicException>(async () =>
            {
                while (true)
                {
                    await request.WriteAsync(frames);
                }
            });
        });
        using HttpClient client = Client(server);
        client.Timeout = Soon;

        TaskCanceledException timeout = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetStringAsync(server.Uri).WaitAsync(Patience));

        Assert.IsType<TimeoutException>(timeout.InnerException);
    }

    /// <summary>The server learns that nobody waits any more, and the connection goes on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAnswerThatNeverComesEndsWithTheTimeoutAndFreesItsStream(bool hasBegun)
    {
        TaskCompletionSource<long?> stopped = new();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async connection =>
            {
                await connection.StartAsync();
                ServedRequest request = await connection.AcceptAsync();
                if (hasBegun)
                {
                    await request.WriteAsync(Wire.Ok, Wire.Data("begun"));
                }

                asked.SetResult();
                stopped.SetResult((await Assert.ThrowsAsync<QuicException>(() => request.Stream.WritesClosed)).ApplicationErrorCode);
                await request.Stream.DisposeAsync();
                await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("next"));
            },
            maxRequests: 1);
        using HttpClient client = Client(server);
        using CancellationTokenSource patience = new();
        Task<string> answer = client.GetStringAsync(server.Uri, patience.Token);
        await asked.Task.WaitAsync(Patience);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Patience));

        Assert.Equal((long)Http3ErrorCode.RequestCancelled, await stopped.Task.WaitAsync(Patience));
        Assert.Equal("next", await client.GetStringAsync(server.Uri).WaitAsync(Patience));
        Assert.Equal(1, server.Connections);
    }

    /// <summary>RFC 9204 §2.2.2.2: a section that waits for table entries which will never come ends with its stream.</summary>
    [Fact]
    public async Task AResponseThatIsBlockedEndsWhenTheServerGivesItUp()
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();

            // Required Insert Count 1, Base 1, and the entry that is not there; the client looks at it as soon as it has seen what comes before.
            await request.WriteAsync(Wire.Headers((":status", "103")), Wire.Frame(Http3FrameType.Headers, 0x02, 0x00, 0x80));
            await seen.Task;
            request.Stream.Abort(QuicAbortDirection.Write, (long)Http3ErrorCode.InternalError);
        });
        await using Http3Connection connection = await server.ConnectAsync();
        Http3Request asked = new("GET", server.Uri) { InterimCallback = (_, _) => seen.SetResult() };

        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(() => connection.SendAsync(asked).AsTask().WaitAsync(Patience));

        Assert.Equal(Http3ErrorCode.InternalError, failure.ErrorCode);
    }

    private static void RefuseTheFirst(QuicServerConnectionOptions options, int before)
    {
        options.ServerAuthenticationOptions.ClientCertificateRequired = before == 0;
        options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => before > 0 || certificate is not null;
    }

    private static async Task AnswerAsync(ServedConnection connection)
    {
        await connection.StartAsync();
        while (true)
        {
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("yes"));
        }
    }

    private static async Task TrySendAsync(HttpMessageInvoker client, Uri uri)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, uri) { Version = HttpVersion.Version30 };
            using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
            Assert.Equal("yes", await response.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is ObjectDisposedException or HttpRequestException)
        {
            // The handler was disposed of before the request could begin.
        }
    }

    private static HttpClient Client(ScriptedServer server) =>
        new(new Http3Handler { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint })
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
}
