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
