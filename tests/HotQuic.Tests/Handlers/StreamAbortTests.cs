namespace HotQuic.Tests.Handlers;

/// <summary>Streams that end before their data does (RFC 9000 §2.4).</summary>
public sealed class StreamAbortTests
{
    [Fact]
    public async Task EachSideIsAbortedWithItsCode()
    {
        var server = new StreamProbe();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => server);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write([1]));
        Assert.Equal("data 1", await server.NextAsync());
        await pair.OnClientAsync(() => stream.Abort(QuicAbortDirection.Write, 7));
        Assert.Equal("reading aborted 7", await server.NextAsync());
        await pair.OnClientAsync(() => stream.Abort(QuicAbortDirection.Read, 8));
        Assert.Equal("writing aborted 8", await server.NextAsync());
        Assert.Equal("closed", await server.NextAsync());
        Assert.Equal("closed", await client.NextAsync());
    }

    [Fact]
    public async Task ThePeersAbortsReachTheHandler()
    {
        var server = new StreamProbe { Data = (stream, data, _) => Abort(stream, data.Length) };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => server);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write([1]));

        Assert.Equal(
            ["closed", "reading aborted 21", "writing aborted 21"],
            new[] { await client.NextAsync(), await client.NextAsync(), await client.NextAsync() }.Order());
        await pair.OnClientAsync(() => Assert.False(stream.IsValid));

        static int Abort(QuicStreamHandle stream, int consumed)
        {
            stream.Abort(QuicAbortDirection.Both, 21);
            return consumed;
        }
    }

    [Fact]
    public async Task AnAbortInsideDataLeavesTheBytesAloneUntilItReturns()
    {
        byte[] seen = [];
        var server = new StreamProbe
        {
            Data = (stream, data, _) =>
            {
                stream.Abort(QuicAbortDirection.Read, 3);
                stream.Write(new byte[5000]);
                seen = data.ToArray();
                return data.Length;
            },
        };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => server);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write([1, 2, 3, 4]));
        string first = await client.NextAsync();
        while (first.StartsWith("data", StringComparison.Ordinal))
        {
            first = await client.NextAsync();
        }

        Assert.Equal("writing aborted 3", first);
        Assert.Equal([1, 2, 3, 4], seen);
    }

    [Fact]
    public async Task WritesAfterThePeerStoppedTakeNothing()
    {
        var server = new StreamProbe { Data = (stream, data, _) => Stop(stream, data.Length) };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => server);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write([1]));
        Assert.Equal("writing aborted 4", await client.NextAsync());
        await pair.OnClientAsync(() => Assert.Equal((0, 0), (stream.Write([2]), stream.WritableBytes)));

        static int Stop(QuicStreamHandle stream, int consumed)
        {
            stream.Abort(QuicAbortDirection.Read, 4);
            return consumed;
        }
    }

    [Fact]
    public async Task AStreamThatNobodyTakesIsRefusedWithTheDefaultCode()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => null);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write([1]));

        Assert.Equal(
            ["closed", "reading aborted 81", "writing aborted 81"],
            new[] { await client.NextAsync(), await client.NextAsync(), await client.NextAsync() }.Order());
    }

    [Theory]
    [InlineData(QuicAbortDirection.Read, -1L)]
    [InlineData(QuicAbortDirection.Read, 1L << 62)]
    [InlineData((QuicAbortDirection)0, 1L)]
    [InlineData((QuicAbortDirection)4, 1L)]
    public async Task AnAbortTakesADirectionAndACodeInRange(QuicAbortDirection direction, long code)
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync();
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe());
        await pair.OnClientAsync(() => Assert.Throws<ArgumentOutOfRangeException>(() => stream.Abort(direction, code)));
    }
}
