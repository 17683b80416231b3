using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Connections;

/// <summary>How connections end in peace (RFC 9114 §5.2, §5.3).</summary>
public sealed class GoAwayTests
{
    [Fact]
    public async Task RequestsBelowTheIdAreFinishedAndThoseFromItOnMayBeSentAgain()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest first = await connection.AcceptAsync();
            ServedRequest second = await connection.AcceptAsync();
            await connection.Control.WriteAsync(Wire.GoAway((ulong)second.Stream.Id));
            QuicException abort = await Assert.ThrowsAsync<QuicException>(() => second.Stream.WritesClosed);
            Assert.Equal((long)Http3ErrorCode.RequestCancelled, abort.ApplicationErrorCode);
            await first.AnswerAsync(Wire.Ok, Wire.Data("done"));
        });
        await using Http3Connection client = await server.ConnectAsync();
        ValueTask<Http3Response> first = client.SendAsync(server.Request());
        Http3Exception refusal = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.True(refusal.IsRetrySafe);
        Assert.False(client.IsAcceptingRequests);
        refusal = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.True(refusal.IsRetrySafe);
        Http3Response response = await first;
        Assert.Equal(4, await response.DrainAsync());
        response.Dispose();
        await client.Closed; // nothing more could come of it
    }

    [Fact]
    public async Task AnIdThatRisesIsAnError()
    {
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.AcceptAsync();
            await connection.Control.WriteAsync(Wire.Join(Wire.GoAway(8), Wire.GoAway(12)));
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.Equal(Http3ErrorCode.IdError, await closed.Task);
    }

    [Fact]
    public async Task AnIdleConnectionIsClosedWithoutAnError()
    {
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync(Wire.Settings, Wire.GoAway(0));
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        Assert.Equal(Http3ErrorCode.NoError, await closed.Task);
        await client.Closed;
    }

    [Fact]
    public async Task Hcon09_AnIdMayFall()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest first = await connection.AcceptAsync();
            ServedRequest second = await connection.AcceptAsync();
            await connection.Control.WriteAsync(Wire.Join(Wire.GoAway((1UL << 62) - 4), Wire.GoAway((ulong)second.Stream.Id)));
            await Assert.ThrowsAsync<QuicException>(() => second.Stream.WritesClosed);
            await connection.Control.WriteAsync(Wire.GoAway((ulong)second.Stream.Id)); // once more the same is fine
            await first.AnswerAsync(Wire.Ok);
        });
        await using Http3Connection client = await server.ConnectAsync();
        ValueTask<Http3Response> first = client.SendAsync(server.Request());
        Assert.True((await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()))).IsRetrySafe);
        using (Http3Response response = await first)
        {
            Assert.Equal(200, response.Status);
        }

        await client.Closed;
    }

    /// <summary>Kestrel says 2^62-1 first, which is no stream of a client's: what is under way is not lost by that.</summary>
    [Fact]
    public async Task Hfrm17_AnIdAboveAllOthersIsANoticeThoughItIsNoRequests()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await connection.Control.WriteAsync(Wire.Join(Wire.GoAway((1UL << 62) - 1), Wire.GoAway((ulong)request.Stream.Id + 4)));
            await request.AnswerAsync(Wire.Ok, Wire.Data("done"));
        });
        await using Http3Connection client = await server.ConnectAsync();
        using (Http3Response response = await client.SendAsync(server.Request()))
        {
            Assert.Equal(4, await response.DrainAsync());
        }

        await client.Closed;
        Assert.False(client.IsAcceptingRequests);
    }

    /// <summary>RFC 9114 §3.3: the end is announced first.</summary>
    [Fact]
    public async Task Hcon07_AnIdleConnectionSaysGoAwayBeforeItCloses()
    {
        TaskCompletionSource reading = new();
        TaskCompletionSource<List<(Http3FrameType Type, byte[] Payload)>> said = new();
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            Task<List<(Http3FrameType Type, byte[] Payload)>> control = connection.ReadControlAsync();
            reading.SetResult();
            said.SetResult(await control);
            closed.SetResult(await connection.WhenClosedAsync());
        });
        await using Http3Connection client = await server.ConnectAsync();
        await reading.Task;
        await client.CloseAsync();
        await client.CloseAsync(); // a second time says nothing more
        List<(Http3FrameType Type, byte[] Payload)> frames = await said.Task;
        Assert.Equal([Http3FrameType.Settings, Http3FrameType.GoAway], frames.Select(frame => frame.Type));
        Assert.Equal([0], frames[1].Payload); // the push ID from which on none is accepted
        Assert.Equal(Http3ErrorCode.NoError, await closed.Task);
    }

    [Fact]
    public async Task Hcon07_ClosingWaitsForWhatIsUnderWayAndThenSaysGoAway()
    {
        TaskCompletionSource answer = new();
        TaskCompletionSource<List<(Http3FrameType Type, byte[] Payload)>> said = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok);
            Task<List<(Http3FrameType Type, byte[] Payload)>> control = connection.ReadControlAsync();
            await answer.Task;
            Assert.False(control.IsCompleted); // which it would be with GOAWAY
            await request.AnswerAsync(Wire.Data("late"));
            said.SetResult(await control);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Response response = await client.SendAsync(server.Request());
        Task closing = client.CloseAsync().AsTask();
        Assert.True((await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()))).IsRetrySafe);
        Assert.False(closing.IsCompleted);
        answer.SetResult();
        Assert.Equal(4, await response.DrainAsync());
        response.Dispose();
        await closing;
        await client.Closed;
        Assert.Equal([Http3FrameType.Settings, Http3FrameType.GoAway], (await said.Task).Select(frame => frame.Type));
    }

    [Fact]
    public async Task TheServersCloseFailsRequestsWithItsCode()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.AcceptAsync();
            await connection.Transport.CloseAsync((long)Http3ErrorCode.InternalError);
        });
        await using Http3Connection client = await server.ConnectAsync();
        Http3Exception failure = await Assert.ThrowsAsync<Http3Exception>(async () => await client.SendAsync(server.Request()));
        Assert.Equal(Http3ErrorCode.InternalError, failure.ErrorCode);
        Assert.False(failure.IsRetrySafe);
        Assert.Equal(Http3ErrorCode.InternalError, (await Assert.ThrowsAsync<Http3Exception>(() => client.Closed)).ErrorCode);
    }
}
