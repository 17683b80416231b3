using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using HotQuic.Kestrel.Tests;
using HotQuic.Kestrel.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Browser.Tests;

#pragma warning disable CA2252 // WebTransport is a preview of Kestrel's.

/// <summary>
/// WebTransport with Kestrel's experimental switch, which the project sets (K12): both sides agree on draft-ietf-webtrans-http3-02. Kestrel
/// gives applications no way to send or receive a datagram.
/// </summary>
[Collection(ChromiumCollection.Name)]
public sealed class WebTransportTests
{
    private const string Connect = """
        const transport = new WebTransport(`https://${location.host}/session`);
        await transport.ready;
        """;

    [SkippableFact]
    public async Task K12_BidirectionalStreamsAreEchoed()
    {
        const string script = $$"""
            async size => {
              {{Connect}}
              const echoes = Array.from({ length: 10 }, async (_, i) => {
                const body = new Uint8Array(size).fill(i + 1);
                const stream = await transport.createBidirectionalStream();
                const writer = stream.writable.getWriter();
                const [answer] = await Promise.all([new Response(stream.readable).arrayBuffer(), writer.write(body).then(() => writer.close())]);
                return answer.byteLength === size && new Uint8Array(answer).every(value => value === i + 1);
              });
              const results = await Promise.all(echoes);
              transport.close();
              return results;
            }
            """;
        await using TestApplication application = await StartAsync(EchoAllAsync);
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal(Enumerable.Repeat(true, 10), await browser.EvaluateAsync<bool[]>(script, 200_000));
    }

    /// <summary>
    /// Chromium has opened its QPACK streams before them, on which it has nothing to say yet, and with the switch on Kestrel reads the type of each
    /// unidirectional stream before it accepts the next: those two must not be in its way.
    /// </summary>
    [SkippableFact]
    public async Task K12_UnidirectionalStreamsOfThePageAreEchoed()
    {
        const string script = $$"""
            async size => {
              {{Connect}}
              const incoming = transport.incomingUnidirectionalStreams.getReader();
              const results = [];
              for (let i = 0; i < 5; i++) {
                const writer = (await transport.createUnidirectionalStream()).getWriter();
                const writing = writer.write(new Uint8Array(size).fill(i + 1)).then(() => writer.close());
                const answer = new Uint8Array(await new Response((await incoming.read()).value).arrayBuffer());
                await writing;
                results.push(answer.byteLength === size && answer.every(value => value === i + 1));
              }
              transport.close();
              return results;
            }
            """;
        await using TestApplication application = await StartAsync(EchoUnidirectionalAsync);
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal(Enumerable.Repeat(true, 5), await browser.EvaluateAsync<bool[]>(script, 200_000));
    }

    [SkippableFact]
    public async Task K12_UnidirectionalStreamsOfTheApplicationReachThePage()
    {
        const string script = $$"""
            async count => {
              {{Connect}}
              const incoming = transport.incomingUnidirectionalStreams.getReader();
              const answers = [];
              for (let i = 0; i < count; i++)
                answers.push(await new Response((await incoming.read()).value).text());
              transport.close();
              return answers;
            }
            """;
        string[] texts = ["one", "two", "three"];
        await using TestApplication application = await StartAsync(async session =>
        {
            foreach (string text in texts)
            {
                ConnectionContext stream = (await session.OpenUnidirectionalStreamAsync(CancellationToken.None))!;
                await stream.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text));
                await stream.Transport.Output.CompleteAsync();
            }
        });
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal(texts.Order(), (await browser.EvaluateAsync<string[]>(script, texts.Length)).Order());
    }

    [SkippableFact]
    public async Task K12_TheApplicationLearnsThatThePageClosedTheSession()
    {
        const string script = $$"""
            async () => {
              {{Connect}}
              transport.close();
              return transport.closed.then(() => "closed");
            }
            """;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await StartAsync(async session =>
        {
            await session.AcceptStreamAsync(CancellationToken.None);
            ended.SetResult();
        });
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal("closed", await browser.EvaluateAsync<string>(script));
        await ended.Task.OrFail();
    }

    /// <summary>
    /// Starts an application that serves a session until the client ends it. Chromium leaves a session's connection without a word: the server's
    /// stop then lasts as long as its token says.
    /// </summary>
    private static Task<TestApplication> StartAsync(Func<IWebTransportSession, Task> serve)
    {
        Chromium.Require();
        return TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.Map("/session", async (HttpContext context) =>
            {
                IWebTransportSession session = (await context.Features.Get<IHttpWebTransportFeature>()!.AcceptAsync(context.RequestAborted))!;
                await serve(session);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }),
        });
    }

    private static async Task EchoAllAsync(IWebTransportSession session)
    {
        List<Task> streams = [];
        while (await session.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            streams.Add(EchoAsync(stream));
        }

        await Task.WhenAll(streams);
    }

    /// <summary>What comes on a stream of the page goes back on one of the application.</summary>
    private static async Task EchoUnidirectionalAsync(IWebTransportSession session)
    {
        while (await session.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            ConnectionContext answer = (await session.OpenUnidirectionalStreamAsync(CancellationToken.None))!;
            await CopyAsync(stream.Transport.Input, answer.Transport.Output);
        }
    }

    private static Task EchoAsync(ConnectionContext stream) => CopyAsync(stream.Transport.Input, stream.Transport.Output);

    private static async Task CopyAsync(PipeReader input, PipeWriter output)
    {
        ReadResult result;
        do
        {
            result = await input.ReadAsync();
            await output.WriteAsync(result.Buffer.ToArray());
            input.AdvanceTo(result.Buffer.End);
        }
        while (!result.IsCompleted);

        await output.CompleteAsync();
    }
}
