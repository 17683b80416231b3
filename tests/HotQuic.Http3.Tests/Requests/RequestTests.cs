using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Requests;

/// <summary>Requests and responses over the lean API (RFC 9114 §4).</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task ARequestCarriesItsPseudoFieldsFirstAndItsFieldsInLowerCase()
    {
        ServedRequest? seen = null;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            seen = await connection.AcceptAsync();
            await seen.ReadBodyAsync();
            await seen.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Request request = new("POST", new Uri(server.Uri, "/a/b?c=d#e"), [new("X-One", "1"), new("TE", "trailers")], new QuicStreamPriority(1, isIncremental: true));
        await using Http3Response response = await client.SendAsync(request, "body"u8.ToArray());
        Assert.Equal(200, response.Status);
        Assert.Equal(
            [
                (":method", "POST"), (":scheme", "https"), (":authority", $"localhost:{server.Port}"), (":path", "/a/b?c=d"),
                ("x-one", "1"), ("te", "trailers"), ("priority", "u=1, i"),
            ],
            seen!.Fields);
        Assert.Equal("body", Encoding.ASCII.GetString(seen.Body));
    }

    [Fact]
    public async Task AResponseHasItsFieldsContentAndTrailers()
    {
        List<int> interim = [];
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(
                Wire.Headers((":status", "103"), ("link", "</x>")),
                Wire.Headers((":status", "201"), ("content-length", "6"), ("server", "lying"), ("x", string.Empty)),
                Wire.Data("abc"),
                Wire.Data(string.Empty),
                Wire.Data("def"),
                Wire.Headers(("checksum", "42")));
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Request request = new("GET", server.Uri) { InterimCallback = (status, fields) => interim.Add(status + fields.Count) };
        Http3Response response = await client.SendAsync(request);
        Assert.Equal([104], interim);
        Assert.Equal(201, response.Status);
        Assert.Equal(6, response.ContentLength);
        Assert.Equal(3, response.Fields.Count);
        Assert.True(response.Fields.TryGetValue("server"u8, out ReadOnlySpan<byte> value) && value.SequenceEqual("lying"u8));
        Assert.Equal(0, response.Trailers.Count);
        Assert.Equal("abcdef", await ReadTextAsync(response));
        Assert.Equal("checksum: 42", response.Trailers[0].ToString());
        response.Dispose();
        Assert.Throws<ObjectDisposedException>(() => response.Status);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await response.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4 * 1024)]
    [InlineData((4 * 1024) + 1)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(5_000_000)]
    public async Task ABodyOfAnySizeComesBackWhole(int size)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(EchoAsync);
        await using Http3Connection client = await server.ConnectAsync();
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);
        await using Http3Response response = await client.SendAsync(server.Request("POST"), body);
        using MemoryStream echo = new();
        Assert.Equal(size, await response.CopyToAsync(echo));
        Assert.Equal(body, echo.ToArray());
    }

    [Fact]
    public async Task ABodyMayBeWrittenPieceByPieceWhileTheResponseIsRead()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok); // before there is any content
            await request.ReadBodyAsync();
            await request.AnswerAsync(Wire.Data(Encoding.ASCII.GetString(request.Body)));
        });
        await using Http3Connection client = await server.ConnectAsync();
        TaskCompletionSource headers = new();
        await using Http3Response response = await client.SendAsync(server.Request("POST"), async (body, token) =>
        {
            await body.FlushAsync(token);
            await headers.Task;
            for (int i = 0; i < 1000; i++)
            {
                body.Write("0123456789"u8);
                if (i % 100 == 0)
                {
                    await body.FlushAsync(token);
                }
            }
        });
        headers.SetResult();
        Assert.Equal(string.Concat(Enumerable.Repeat("0123456789", 1000)), await ReadTextAsync(response));
    }

    [Fact]
    public async Task WhatTheBodysWriterThrowsIsWhatTheCallerGetsAndTheServerLearnsOfIt()
    {
        TaskCompletionSource accepted = new();
        TaskCompletionSource<QuicException> reset = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            accepted.SetResult();
            reset.SetResult(await Assert.ThrowsAsync<QuicException>(request.ReadBodyAsync));
        });
        await using Http3Connection client = await server.ConnectAsync();
        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await client.SendAsync(server.Request("POST"), async (body, token) =>
        {
            await body.WriteAsync(new byte[10], token);
            await accepted.Task;
            throw new InvalidTimeZoneException();
        }));
        Assert.Equal((long)Http3ErrorCode.RequestCancelled, (await reset.Task).ApplicationErrorCode);
    }

    /// <summary>RFC 9114 §4.1: a complete response counts though the server asked for no more of the request.</summary>
    [Fact]
    public async Task AResponseStandsThoughTheServerStopsTheRequest()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            request.Stream.Abort(QuicAbortDirection.Read, (long)Http3ErrorCode.NoError);
            await request.AnswerAsync(Wire.Headers((":status", "413")), Wire.Data("too much"));
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(server.Request("POST"), new byte[10_000_000]);
        Assert.Equal(413, response.Status);
        Assert.Equal("too much", await ReadTextAsync(response));
    }

    [Fact]
    public async Task CancellingGivesTheRequestUp()
    {
        TaskCompletionSource<long?> code = new();
        using CancellationTokenSource cancellation = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await cancellation.CancelAsync();
            code.SetResult((await Assert.ThrowsAsync<QuicException>(() => request.Stream.WritesClosed)).ApplicationErrorCode);
            request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.SendAsync(server.Request(), cancellation.Token));
        Assert.Equal((long)Http3ErrorCode.RequestCancelled, await code.Task);
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(200, response.Status);
    }

    [Fact]
    public async Task DisposingBeforeTheEndGivesTheRequestUp()
    {
        TaskCompletionSource<long?> code = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok, Wire.Data("more to come"));
            code.SetResult((await Assert.ThrowsAsync<QuicException>(() => request.Stream.WritesClosed)).ApplicationErrorCode);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(4, await response.ReadAsync(new byte[4]));
        await response.DisposeAsync();
        Assert.Equal((long)Http3ErrorCode.RequestCancelled, await code.Task);
        Assert.Equal(0, client.ActiveRequests);
    }

    [Theory]
    [InlineData(Http3ErrorCode.RequestRejected, true)]
    [InlineData(Http3ErrorCode.RequestCancelled, false)]
    [InlineData(Http3ErrorCode.InternalError, false)]
    public async Task AResetSaysWhetherTheRequestMayBeSentAgain(Http3ErrorCode code, bool isRetrySafe)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            request.Stream.Abort(QuicAbortDirection.Both, (long)code);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.Equal(code, failure.ErrorCode);
        Assert.Equal(isRetrySafe, failure.IsRetrySafe);
    }

    /// <summary>RFC 9114 §4.3.1: no user information, a path that is never empty, "*" for the server as a whole.</summary>
    [Theory]
    [InlineData("GET", "https://user:secret@localhost/a", "localhost", "/a")]
    [InlineData("GET", "https://localhost", "localhost", "/")]
    [InlineData("GET", "https://localhost?q", "localhost", "/?q")]
    [InlineData("OPTIONS", "https://localhost", "localhost", "*")]
    [InlineData("OPTIONS", "https://localhost/", "localhost", "/")]
    [InlineData("GET", "https://[::1]:444/", "[::1]:444", "/")]
    [InlineData("GET", "https://[fe80::1%3]:444/", "[fe80::1]:444", "/")] // RFC 6874 §4: the zone means something here alone
    public async Task Hmsg22_Hmsg23_Hmsg24_TheTargetIsSaidAsTheUriHasIt(string method, string uri, string authority, string path)
    {
        ServedRequest? seen = null;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            seen = await connection.AcceptAsync();
            await seen.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(new Http3Request(method, new Uri(uri)));
        Assert.Equal([(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)], seen!.Fields);
    }

    /// <summary>RFC 9114 §3.1.2: nothing else is asked of a server that did not say that it has it.</summary>
    [Theory]
    [InlineData("http://localhost/")]
    [InlineData("ftp://localhost/")]
    public void Hcon03_OnlyHttpsIsAskedFor(string uri) => Assert.Throws<ArgumentException>(() => new Http3Request("GET", new Uri(uri)));

    /// <summary>Continuations on the thread that received the packet, with sections that wait and bodies that stream.</summary>
    [Fact]
    public async Task RequestsMayContinueWhereTheirPacketsArrive()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(EchoAsync, maxRequests: 20);
        await using Http3Connection client = await Http3Connection.ConnectAsync(server.ClientOptions with { Transport = new() { CompletesInline = true } });
        Http3Request request = server.Request("POST");
        int inline = 0;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(lane => Task.Run(async () =>
        {
            byte[] body = new byte[lane * 5000];
            new Random(lane).NextBytes(body);
            for (int i = 0; i < 20; i++)
            {
                await using Http3Response response = i % 2 == 0
                    ? await client.SendAsync(request, body)
                    : await client.SendAsync(request, async (writer, token) => await writer.WriteAsync(body, token));
                if (!Thread.CurrentThread.IsThreadPoolThread)
                {
                    Interlocked.Increment(ref inline);
                }

                using MemoryStream echo = new();
                await response.CopyToAsync(echo);
                Assert.Equal(body, echo.ToArray());
            }
        })));
        Assert.Equal(0, client.ActiveRequests);
        Assert.NotEqual(0, inline);
        await client.CloseAsync();
    }

    /// <summary>RFC 9204 §2.1.2: the section waits for the entry that it refers to.</summary>
    [Fact]
    public async Task AResponseWaitsForTheTableEntriesThatItRefersTo()
    {
        TaskCompletionSource insert = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();

            // Required Insert Count 1 (encoded 2), Base 1; :status 200 from the static table, the entry at relative index 0.
            await request.AnswerAsync(Wire.Frame(Http3FrameType.Headers, 0x02, 0x00, 0xc0 | 25, 0x80));
            await insert.Task;

            // Set Dynamic Table Capacity 220; Insert with Literal Name a: b.
            await connection.OpenAsync(Http3StreamType.QpackEncoder, 0x3f, 0xbd, 0x01, 0x41, (byte)'a', 0x01, (byte)'b');
        });
        await using Http3Connection client = await server.ConnectAsync();
        ValueTask<Http3Response> sending = client.SendAsync(server.Request());
        insert.SetResult();
        await using Http3Response response = await sending;
        Assert.Equal("a: b", response.Fields[0].ToString());
    }

    [Fact]
    public async Task ManyRequestsMoreThanTheServerAllowsAtATimeAreAllAnswered()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(EchoAsync, maxRequests: 7);
        await using Http3Connection client = await server.ConnectAsync();
        Http3Request request = server.Request("POST");
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (index, token) =>
        {
            byte[] body = BitConverter.GetBytes(index);
            await using Http3Response response = await client.SendAsync(request, body, token);
            Assert.Equal(Encoding.Latin1.GetString(body), await ReadTextAsync(response));
        });
        Assert.Equal(0, client.ActiveRequests);
    }

    [Fact]
    public async Task ThePipeShowsContentInPlaceAndJoinsFramesForWhoeverKeepsThem()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Data("abc"), Wire.Data("defg"), Wire.Data("hi"), Wire.Headers(("t", "u")));
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(server.Request());
        PipeReader body = response.Body;
        ReadResult result = await body.ReadAsync();
        Assert.Equal("abc", Encoding.ASCII.GetString(result.Buffer));
        body.AdvanceTo(result.Buffer.GetPosition(1), result.Buffer.End);
        result = await body.ReadAsync();
        Assert.Equal("bcdefg", Encoding.ASCII.GetString(result.Buffer));
        body.AdvanceTo(result.Buffer.GetPosition(2), result.Buffer.GetPosition(3));
        Assert.True(body.TryRead(out result));
        Assert.Equal("defg", Encoding.ASCII.GetString(result.Buffer));
        body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        result = await body.ReadAtLeastAsync(6);
        Assert.Equal("defghi", Encoding.ASCII.GetString(result.Buffer));
        body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        result = await body.ReadAsync();
        Assert.True(result.IsCompleted);
        Assert.Equal("defghi", Encoding.ASCII.GetString(result.Buffer));
        body.AdvanceTo(result.Buffer.End);
        Assert.Equal("t: u", response.Trailers[0].ToString());
        await body.CompleteAsync();
    }

    [Fact]
    public async Task TwoReadsAtATimeAreRefused()
    {
        TaskCompletionSource end = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok);
            await end.Task;
            await request.AnswerAsync(Wire.Data("x"));
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(server.Request());
        ValueTask<int> read = response.ReadAsync(new byte[1]);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await response.ReadAsync(new byte[1]));
        end.SetResult();
        Assert.Equal(1, await read);
    }

    [Fact]
    public async Task HeadHasALengthAndNoContent()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Headers((":status", "200"), ("content-length", "1000")));
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(server.Request("HEAD"));
        Assert.Equal(1000, response.ContentLength);
        Assert.Equal(0, await response.DrainAsync());
    }

    [Theory]
    [InlineData("host", "x")]
    [InlineData("Connection", "close")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Keep-Alive", "1")]
    [InlineData("Proxy-Connection", "close")]
    [InlineData("Upgrade", "h2c")]
    [InlineData("te", "gzip")]
    [InlineData(":path", "/")]
    [InlineData("a b", "x")]
    [InlineData("a", "x\r\ny")]
    [InlineData("a", "snowman \u2603")]
    public void AFieldThatHasNoPlaceIsTheCallersMistake(string name, string value) =>
        Assert.Throws<ArgumentException>(() => new Http3Request("GET", new Uri("https://localhost/"), [new(name, value)]));

    [Fact]
    public void AMethodThatIsNoneIsTheCallersMistake()
    {
        Assert.Throws<ArgumentException>(() => new Http3Request("GET IT", new Uri("https://localhost/")));
        Assert.Throws<NotSupportedException>(() => new Http3Request("CONNECT", new Uri("https://localhost/")));
    }

    internal static async Task EchoAsync(ServedConnection connection)
    {
        await connection.StartAsync();
        List<Task> answers = [];
        while (true)
        {
            ServedRequest request = await connection.AcceptAsync();
            answers.Add(AnswerAsync(request));
        }

        static async Task AnswerAsync(ServedRequest request)
        {
            await request.ReadBodyAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Frame(Http3FrameType.Data, request.Body));
        }
    }

    private static async Task<string> ReadTextAsync(Http3Response response)
    {
        using MemoryStream text = new();
        byte[] buffer = new byte[1000];
        while (await response.ReadAsync(buffer) is > 0 and int count)
        {
            text.Write(buffer, 0, count);
        }

        return Encoding.Latin1.GetString(text.ToArray());
    }
}
