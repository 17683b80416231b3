using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>Nothing is left behind, and nobody pays for what another client does.</summary>
public sealed class AttackTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("HOTQUIC_LONG") == "1";

    [Fact]
    public async Task AThousandConnectionsOneAfterAnotherLeaveNothingBehind()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        for (int i = 0; i < 1000; i++)
        {
            await using Http3TestClient client = await application.ConnectAsync();
            Assert.Equal(200, (await client.GetAsync("/json")).Status);
        }

        await TestApplication.EventuallyAsync(0, () => application.Connections);
        await TestApplication.EventuallyAsync(0, () => application.Streams);
        Assert.Empty(application.Log.Complaints);
    }

    /// <summary>Requests one after another use few contexts: a context returns when the client has acknowledged the answer.</summary>
    [Fact]
    public async Task TwentyThousandRequestsOfOneConnectionUseAFewStreamContexts()
    {
        int requests = IsLong ? 200_000 : 20_000;
        await using TestApplication application = await TestApplication.StartAsync();
        await using (Http3TestClient client = await application.ConnectAsync())
        {
            await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
                Assert.Equal(200, (await client.GetAsync("/bytes/100")).Status));
        }

        await TestApplication.EventuallyAsync(0, () => application.Connections);
        await TestApplication.EventuallyAsync(0, () => application.Streams);
        Assert.InRange(application.StreamContexts, 1, 200);
        Assert.Empty(application.Log.Complaints);
    }

    [Fact]
    public async Task AClientThatResetsHurtsNobody()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { Map = routes => MapWait(routes, aborted) });
        await using Http3TestClient client = await application.ConnectAsync();
        await using Http3TestClient other = await application.ConnectAsync();
        await using QuicStream stream = await client.OpenAsync();
        await stream.WriteAsync(Http3TestClient.RequestHeaders("GET", "/wait")).OrFail();
        Http3Frame headers = (await Http3TestClient.ReadFrameAsync(stream))!;
        Assert.Equal(0x01, headers.Type);
        stream.Abort(QuicAbortDirection.Both, 0x10c);
        await aborted.Task.OrFail();
        Assert.Equal(200, (await client.GetAsync("/json")).Status);
        Assert.Equal(200, (await other.GetAsync("/json")).Status);
        Assert.Empty(application.Log.Complaints);
    }

    /// <summary>Streams that are opened and reset at once, as fast as the server gives credit for them.</summary>
    [Fact]
    public async Task AFloodOfRapidResetsHurtsNobody()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient other = await application.ConnectAsync();
        await using (Http3TestClient attacker = await application.ConnectAsync())
        {
            byte[] request = Http3TestClient.RequestHeaders("GET", "/bytes/100000");
            for (int i = 0; i < 2000; i++)
            {
                QuicStream stream;
                try
                {
                    stream = await attacker.OpenAsync();
                    await stream.WriteAsync(request).OrFail();
                }
                catch (QuicException)
                {
                    // The server may have had enough of it.
                    break;
                }

                stream.Abort(QuicAbortDirection.Both, 0x10c);
                stream.Dispose();
                if (i % 100 == 0)
                {
                    Assert.Equal(200, (await other.GetAsync("/json")).Status);
                }
            }
        }

        Assert.Equal(200, (await other.GetAsync("/json")).Status);
        await TestApplication.EventuallyAsync(1, () => application.Connections);
    }

    [Fact]
    public async Task AClientThatNeverReadsHurtsNobody()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient deaf = await application.ConnectAsync();
        await using Http3TestClient other = await application.ConnectAsync();
        List<QuicStream> ignored = [];
        for (int i = 0; i < 50; i++)
        {
            QuicStream stream = await deaf.OpenAsync();
            await stream.WriteAsync(Http3TestClient.RequestHeaders("GET", "/bytes/5000000"), completeWrites: true).OrFail();
            ignored.Add(stream);
        }

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(1000, (await other.GetAsync("/bytes/1000")).Body.Length);
        }

        ignored.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task AClientThatSendsAByteAtATimeIsAnsweredAndHurtsNobody()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient slow = await application.ConnectAsync();
        await using Http3TestClient other = await application.ConnectAsync();
        await using QuicStream stream = await slow.OpenAsync();
        foreach (byte next in Http3TestClient.RequestHeaders("GET", "/json"))
        {
            await stream.WriteAsync(new byte[] { next }).OrFail();
            Assert.Equal(200, (await other.GetAsync("/json")).Status);
        }

        stream.CompleteWrites();
        Assert.Equal(200, (await Http3TestClient.ReadAnswerAsync(stream)).Status);
    }

    private static void MapWait(WebApplication routes, TaskCompletionSource aborted) => routes.MapGet("/wait", async (HttpContext context) =>
    {
        await context.Response.Body.FlushAsync();
        using CancellationTokenRegistration registration = context.RequestAborted.Register(() => aborted.TrySetResult());
        await aborted.Task;
    });
}
