using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Connections;

/// <summary>Sections that wait for entries of the table while their response, or their connection, comes to an end (RFC 9204 §2.1.2, §2.2.2.2).</summary>
public sealed class BlockedSectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Required Insert Count 1 (encoded 2), Base 1; the entry at relative index 0.</summary>
    private static readonly byte[] BlockedTrailers = Wire.Frame(Http3FrameType.Headers, 0x02, 0x00, 0x80);

    /// <summary>Set Dynamic Table Capacity 220; Insert with Literal Name a: b.</summary>
    private static readonly byte[] Insert = [0x3f, 0xbd, 0x01, 0x41, (byte)'a', 0x01, (byte)'b'];

    /// <summary>The response is there with its end, but its trailers never will be: the connection that would bring the entry is gone before they are looked at.</summary>
    [Fact]
    public async Task TrailersWhoseEntryNeverComesFailWithTheConnection()
    {
        TaskCompletionSource read = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Data("x"), BlockedTrailers);
            await request.Stream.WritesClosed;
            await read.Task;
            await connection.Transport.CloseAsync((long)Http3ErrorCode.InternalError);
        });
        await using Http3Connection client = await server.ConnectAsync();
        await using Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(1, await response.ReadAsync(new byte[10]));
        read.SetResult();
        await Assert.ThrowsAsync<Http3Exception>(() => client.Closed.WaitAsync(Patience));

        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(() => response.ReadAsync(new byte[10]).AsTask().WaitAsync(Patience));

        Assert.Equal(Http3ErrorCode.InternalError, failure.ErrorCode);
    }

    /// <summary>Whoever reads a response that is disposed of is told, though nothing more can come on its stream.</summary>
    [Fact]
    public async Task AReadThatIsBlockedEndsWhenTheResponseIsDisposedOf()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Data("x"), BlockedTrailers);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(1, await response.ReadAsync(new byte[10]));
        Task<int> blocked = response.ReadAsync(new byte[10]).AsTask();

        response.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked.WaitAsync(Patience));
        Assert.Equal(0, client.ActiveRequests);
    }

    /// <summary>RFC 9204 §4.4.1: a section of a stream that was cancelled is not acknowledged behind that, which would end the connection.</summary>
    [Fact]
    public async Task Qpk16_WhatWasCancelledIsNotAcknowledged()
    {
        TaskCompletionSource disposed = new();
        TaskCompletionSource<byte[]> instructions = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.AnswerAsync(Wire.Ok, Wire.Data("x"), BlockedTrailers);
            await disposed.Task;
            await connection.OpenAsync(Http3StreamType.QpackEncoder, Insert);
            instructions.SetResult(await ReadDecoderStreamAsync(connection, expected: 2));
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Response response = await client.SendAsync(server.Request());
        Assert.Equal(1, await response.ReadAsync(new byte[10]));
        Task<int> blocked = response.ReadAsync(new byte[10]).AsTask();
        response.Dispose();
        disposed.SetResult();

        // Stream Cancellation of stream 0, then Insert Count Increment by 1.
        Assert.Equal("4001", Convert.ToHexString(await instructions.Task.WaitAsync(Patience)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked.WaitAsync(Patience));
    }

    private static async Task<byte[]> ReadDecoderStreamAsync(ServedConnection connection, int expected)
    {
        while (true)
        {
            QuicStream stream = await connection.AcceptClientStreamAsync();
            byte[] type = new byte[1];
            await stream.ReadExactlyAsync(type);
            if (type[0] == (byte)Http3StreamType.QpackDecoder)
            {
                byte[] bytes = new byte[expected];
                await stream.ReadExactlyAsync(bytes);
                return bytes;
            }
        }
    }
}
