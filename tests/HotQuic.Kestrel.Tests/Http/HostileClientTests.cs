using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>What clients do that mean harm, or were written badly: nothing of it stays behind, and the others are served.</summary>
public sealed class HostileClientTests
{
    /// <summary>A request given up at each of its bytes, in either direction, read or not.</summary>
    [Fact]
    public async Task ARequestMayBeGivenUpAtEveryMoment()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { IsWithoutWebTransport = true });
        await using (Http3TestClient other = await application.ConnectAsync())
        await using (Http3TestClient client = await application.ConnectAsync())
        {
            byte[] get = Http3TestClient.RequestHeaders("GET", "/bytes/100000");
            byte[] post = [.. Http3TestClient.RequestHeaders("POST", "/upload"), .. Http3TestClient.DataHeader(20), 1, 2, 3];
            foreach (byte[] request in new[] { get, post })
            {
                foreach (QuicAbortDirection direction in new[] { QuicAbortDirection.Read, QuicAbortDirection.Write, QuicAbortDirection.Both })
                {
                    for (int length = 0; length <= request.Length; length++)
                    {
                        await GiveUpAsync(client, request.AsMemory(0, length), direction, answer: length % 3);
                    }
                }
            }

            // More streams than the client may have open at a time: their places were given back.
            Assert.Equal(200, (await client.GetAsync("/json")).Status);
            Assert.Equal(200, (await other.GetAsync("/json")).Status);
        }

        await TestApplication.EventuallyAsync(0, () => application.Connections);
        await TestApplication.EventuallyAsync(0, () => application.Streams);
        Assert.Empty(application.Log.Complaints);
    }

    /// <summary>RFC 9114 §6.2.3, §9: streams of types that nobody knows are the client's to open, as many as it likes one after another.</summary>
    [Fact]
    public async Task StreamsOfUnknownTypesAreDroppedAndTheirPlacesGivenBack()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { IsWithoutWebTransport = true });
        await using Http3TestClient client = await application.ConnectAsync();
        for (int i = 0; i < 200; i++)
        {
            QuicStream stream = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).OrFail();
            try
            {
                await stream.WriteAsync((byte[])[.. Http3TestClient.VarInt(0x21 + (0x1fL * i)), .. new byte[i * 20]], completeWrites: i % 2 == 0).OrFail();
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.StreamAborted)
            {
                // The server has said already that it does not want it.
            }

            stream.Abort(QuicAbortDirection.Write, 0x10c);
            await stream.DisposeAsync();
            Assert.Equal(200, (await client.GetAsync("/json")).Status);
        }

        Assert.Empty(application.Log.Complaints);
    }

    /// <summary>RFC 9114 §6.2: a stream whose type does not come, or not whole, holds nobody up.</summary>
    [Fact]
    public async Task StreamsThatDoNotSayTheirTypeHoldNobodyUp()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient client = await application.ConnectAsync();
        List<QuicStream> silent = [];
        for (int i = 0; i < 6; i++)
        {
            QuicStream stream = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).OrFail();
            await stream.WriteAsync(new byte[] { 0x40 }.AsMemory(0, i % 2)).OrFail();
            silent.Add(stream);
        }

        Assert.Equal(200, (await client.GetAsync("/json")).Status);
        silent.ForEach(stream => stream.Dispose());
    }

    /// <summary>A download goes on, whole, while its client appears somewhere else again and again (RFC 9000 §9.3.3).</summary>
    [Fact]
    public async Task ADownloadSurvivesThatItsClientMoves()
    {
        const int Size = 20_000_000;
        const int Moves = 5;
        await using TestApplication application = await TestApplication.StartAsync();
        await using var relay = new Relay(application.EndPoint);
        await using Http3TestClient client = await Http3TestClient.ConnectAsync(relay.EndPoint);
        await using QuicStream stream = await client.OpenAsync();
        await stream.WriteAsync(Http3TestClient.RequestHeaders("GET", $"/bytes/{Size}"), completeWrites: true).OrFail();
        using var received = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int moves = 0;
        while (await stream.ReadAsync(buffer).OrFail() is > 0 and int count)
        {
            received.Write(buffer.AsSpan(0, count));
            if (moves < Moves && received.Length > (moves + 1) * (Size / (Moves + 1)))
            {
                relay.Move(IPAddress.Parse($"127.0.0.{++moves + 1}"));
            }
        }

        Assert.Equal(Moves, moves);
        received.Position = 0;
        using var body = new MemoryStream();
        while (await Http3TestClient.ReadFrameAsync(received) is { } frame)
        {
            if (frame.Type == 0)
            {
                body.Write(frame.Payload);
            }
        }

        Assert.True(TestApplication.Pattern(Size).AsSpan().SequenceEqual(body.GetBuffer().AsSpan(0, (int)body.Length)));
    }

    /// <summary>RFC 9114 §5.2: what the application was given before the server stopped is answered, and nothing is given to it that is not.</summary>
    [Fact]
    public async Task EveryRequestThatTheApplicationSawIsAnsweredWhenTheServerStops()
    {
        int begun = 0;
        int answered = 0;
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapGet("/work", async () =>
            {
                await Task.Delay(Interlocked.Increment(ref begun) % 20);
                return Results.Bytes(TestApplication.Pattern(20_000));
            }),
        });
        Http3TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => application.ConnectAsync()));
        Task[] loads = [.. clients.SelectMany(client => Enumerable.Range(0, 10).Select(_ => LoadAsync(client)))];
        await TestApplication.EventuallyAsync(1, () => Volatile.Read(ref answered) > 500 ? 1 : 0);

        Task stopping = application.StopAsync();

        // The clients leave once they have their answers: the server waits for that.
        await Task.WhenAll(loads).OrFail();
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        await stopping.OrFail();
        Assert.Equal(begun, answered);
        Assert.Empty(application.Log.Complaints);

        async Task LoadAsync(Http3TestClient client)
        {
            try
            {
                while (!client.GoAway.Task.IsCompleted)
                {
                    Http3Answer answer = await client.GetAsync("/work");
                    Assert.Equal((200, 20_000), (answer.Status, answer.Body.Length));
                    Interlocked.Increment(ref answered);
                }
            }
            catch (QuicException)
            {
                // The server goes away, and the application never saw this one.
            }
        }
    }

    /// <summary>The server gives up at once, uploads and downloads under way: nothing of them stays.</summary>
    [Fact]
    public async Task AServerThatStopsAtOnceLeavesNothingBehind()
    {
        int running = 0;
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { Map = routes => MapEndless(routes, change => Interlocked.Add(ref running, change)) });
        Http3TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => application.ConnectAsync()));
        foreach (Http3TestClient client in clients)
        {
            for (int i = 0; i < 10; i++)
            {
                QuicStream stream = await client.OpenAsync();
                await stream.WriteAsync(i % 2 == 0
                    ? Http3TestClient.RequestHeaders("GET", "/endless")
                    : [.. Http3TestClient.RequestHeaders("POST", "/upload"), .. Http3TestClient.DataHeader(1 << 30), .. new byte[1000]]).OrFail();
            }
        }

        await TestApplication.EventuallyAsync(20, () => Volatile.Read(ref running));

        await application.StopAsync(new CancellationToken(canceled: true)).OrFail();

        await TestApplication.EventuallyAsync(0, () => Volatile.Read(ref running));
        await TestApplication.EventuallyAsync(0, () => application.Connections);
        await TestApplication.EventuallyAsync(0, () => application.Streams);
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
    }

    /// <summary>What an application has called when a client is gone may throw: that is logged, and ends no process.</summary>
    [Fact]
    public async Task ACallbackThatThrowsWhenTheClientIsGoneIsLogged()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapGet("/watch", async context =>
            {
                context.Features.Get<IConnectionLifetimeFeature>()!.ConnectionClosed.Register(static () => throw new InvalidOperationException("of the application"));
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }),
        });
        await using (Http3TestClient client = await application.ConnectAsync())
        {
            QuicStream stream = await client.OpenAsync();
            await stream.WriteAsync(Http3TestClient.RequestHeaders("GET", "/watch"), completeWrites: true).OrFail();
            Assert.Equal(0x01, (await Http3TestClient.ReadFrameAsync(stream))!.Type);
        }

        LogEntry entry = await application.Log.WaitForAsync("CallbackFailed");
        Assert.Contains("of the application", entry.Exception!.ToString(), StringComparison.Ordinal);
        await using Http3TestClient next = await application.ConnectAsync();
        Assert.Equal(200, (await next.GetAsync("/json")).Status);
    }

    internal static void MapEndless(WebApplication routes, Action<int> onChange) => routes.MapGet("/endless", async context =>
    {
        onChange(1);
        try
        {
            byte[] chunk = new byte[16 * 1024];
            while (true)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);

                // Kestrel takes what is written to an aborted request at once, and tells the request only when a thread of the pool is free.
                await Task.Yield();
            }
        }
        finally
        {
            onChange(-1);
        }
    });

    private static async Task GiveUpAsync(Http3TestClient client, ReadOnlyMemory<byte> request, QuicAbortDirection direction, int answer)
    {
        QuicStream stream = await client.OpenAsync();
        try
        {
            await stream.WriteAsync(request, completeWrites: answer == 1).OrFail();
            if (answer == 2 && request.Span.StartsWith(Http3TestClient.RequestHeaders("GET", "/bytes/100000")))
            {
                await stream.ReadExactlyAsync(new byte[request.Length]).OrFail();
            }
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.StreamAborted)
        {
            // The server has understood that it is no request.
        }

        stream.Abort(direction, 0x10c);
        await stream.DisposeAsync();
    }
}
