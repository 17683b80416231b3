using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel.Tests.Http;

#pragma warning disable CA2252 // WebTransport is a preview of Kestrel's.

/// <summary>WebTransport, with the experimental switch that the test project sets (K12).</summary>
public sealed class WebTransportTests
{
    /// <summary>A bidirectional stream of a session begins so (draft-ietf-webtrans-http3-02 §4.2).</summary>
    private static readonly byte[] StreamType = [0x40, 0x41];

    /// <summary>A unidirectional stream of a session begins so (§4.1).</summary>
    private static readonly byte[] UnidirectionalStreamType = [0x40, 0x54];

    [Fact]
    public async Task K12_AStreamOfASessionIsEchoed()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapMethods("/session", ["CONNECT"], EchoAsync),
        });
        await using Http3TestClient client = await application.ConnectAsync();
        await using QuicStream session = await client.OpenAsync();
        await session.WriteAsync(ConnectHeaders("/session")).OrFail();
        Assert.Equal(0x01, (await Http3TestClient.ReadFrameAsync(session))!.Type);

        await using QuicStream stream = await client.OpenAsync();
        await stream.WriteAsync((byte[])[.. StreamType, (byte)session.Id, .. "hello"u8], completeWrites: true).OrFail();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        Assert.Equal("hello", await reader.ReadToEndAsync().OrFail());
    }

    /// <summary>
    /// The type of a stream of one direction (draft-ietf-webtrans-http3-02 §4.1) that opens others before it, on which nothing comes, as browsers
    /// do with those of QPACK.
    /// </summary>
    [Fact]
    public async Task K12_AUnidirectionalStreamBehindEmptyOnesReachesTheApplication()
    {
        var text = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapMethods("/session", ["CONNECT"], async context =>
            {
                IWebTransportSession session = (await context.Features.Get<IHttpWebTransportFeature>()!.AcceptAsync(context.RequestAborted))!;
                ConnectionContext stream = (await session.AcceptStreamAsync(context.RequestAborted))!;
                using var reader = new StreamReader(stream.Transport.Input.AsStream(), Encoding.ASCII);
                text.SetResult(await reader.ReadToEndAsync(context.RequestAborted));
            }),
        });
        await using Http3TestClient client = await application.ConnectAsync();
        _ = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).OrFail();
        _ = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).OrFail();
        await using QuicStream session = await client.OpenAsync();
        await session.WriteAsync(ConnectHeaders("/session")).OrFail();
        Assert.Equal(0x01, (await Http3TestClient.ReadFrameAsync(session))!.Type);

        await using QuicStream stream = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).OrFail();
        await stream.WriteAsync((byte[])[.. UnidirectionalStreamType, (byte)session.Id, .. "hello"u8], completeWrites: true).OrFail();
        Assert.Equal("hello", await text.Task.OrFail());
    }

    /// <summary>
    /// A client that is gone without a word, with its session, a stream of it and the application's wait for another one: the server's stop
    /// lasts as long as its token says, and not until the connection would have become idle, which here is never.
    /// </summary>
    [Fact]
    public async Task K12_AClientThatIsGoneDoesNotKeepTheServerFromStopping()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapMethods("/session", ["CONNECT"], async context =>
            {
                IWebTransportSession session = (await context.Features.Get<IHttpWebTransportFeature>()!.AcceptAsync(context.RequestAborted))!;
                while (await session.AcceptStreamAsync(CancellationToken.None) is { } stream)
                {
                    await stream.Transport.Input.ReadAsync(CancellationToken.None);
                }

                ended.SetResult();
            }),
        });
        await using (var relay = new Relay(application.EndPoint))
        {
            Http3TestClient client = await Http3TestClient.ConnectAsync(relay.EndPoint);
            QuicStream session = await client.OpenAsync();
            await session.WriteAsync(ConnectHeaders("/session")).OrFail();
            Assert.Equal(0x01, (await Http3TestClient.ReadFrameAsync(session))!.Type);
            QuicStream stream = await client.OpenAsync();
            await stream.WriteAsync((byte[])[.. StreamType, (byte)session.Id, .. "hello"u8]).OrFail();
            await TestApplication.EventuallyAsync(3, () => application.Streams);
        }

        // Nobody is there any more, and nobody says so.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await application.StopAsync(patience.Token).OrFail();
        await TestApplication.EventuallyAsync(0, () => application.Connections);
        await ended.Task.OrFail();
    }

    private static async Task EchoAsync(HttpContext context)
    {
        IWebTransportSession session = (await context.Features.Get<IHttpWebTransportFeature>()!.AcceptAsync(context.RequestAborted))!;
        ConnectionContext stream = (await session.AcceptStreamAsync(context.RequestAborted))!;
        while (true)
        {
            ReadResult result = await stream.Transport.Input.ReadAsync(context.RequestAborted);
            foreach (ReadOnlyMemory<byte> piece in result.Buffer)
            {
                await stream.Transport.Output.WriteAsync(piece, context.RequestAborted);
            }

            stream.Transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await stream.Transport.Output.CompleteAsync();
    }

    /// <summary>An extended CONNECT (RFC 9220): 15 is CONNECT, 23 is https in QPACK's static table.</summary>
    private static byte[] ConnectHeaders(string path)
    {
        byte[] section =
        [
            0, 0, 0xc0 | 15, 0xc0 | 23, .. Http3TestClient.Literal(0, "localhost"), .. Http3TestClient.Literal(1, path),
            .. Http3TestClient.Literal(":protocol", "webtransport"), .. Http3TestClient.Literal("sec-webtransport-http3-draft02", "1"),
        ];
        return [0x01, .. Http3TestClient.VarInt(section.Length), .. section];
    }
}
