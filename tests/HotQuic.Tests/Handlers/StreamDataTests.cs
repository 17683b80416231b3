namespace HotQuic.Tests.Handlers;

/// <summary>Data of handled streams: what is consumed, what waits, what does not fit.</summary>
public sealed class StreamDataTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public async Task WhatWasNotConsumedComesAgainAfterResuming()
    {
        QuicStreamHandle atServer = default;
        var server = new StreamProbe { Data = (stream, data, _) => data.Length == 10 ? 3 : data.Length };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, stream) =>
        {
            atServer = stream;
            return server;
        });
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe());

        await pair.OnClientAsync(() => stream.Write(Ten, completeWrites: true));
        Assert.Equal("data 10 end", await server.NextAsync());
        await pair.OnServerAsync(() => atServer.ResumeReading());

        Assert.Equal("data 7 end", await server.NextAsync());
        Assert.Equal(Ten, server.Received);
    }

    [Fact]
    public async Task AResumptionInsideDataDoesNotUndoPartialConsumption()
    {
        var server = new StreamProbe
        {
            Data = (stream, data, _) =>
            {
                stream.ResumeReading();
                return 4;
            },
        };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => server);
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe());

        await pair.OnClientAsync(() => stream.Write(Ten));
        Assert.Equal("data 10", await server.NextAsync());
        await RoundTripAsync(pair);

        Assert.False(server.HasNext);
    }

    [Fact]
    public async Task AWriteThatDoesNotFitIsCutAndToldWhenThereIsRoom()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, _) => new StreamProbe(),
            clientOptions: options => options.Transport.SendBufferSize = 1000);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);
        int taken = 0;
        int roomBefore = 0;
        int roomAfter = -1;

        await pair.OnClientAsync(() =>
        {
            roomBefore = stream.WritableBytes;
            taken = stream.Write(new byte[5000], completeWrites: true);
            roomAfter = stream.WritableBytes;
        });

        Assert.Equal((1000, 1000, 0), (roomBefore, taken, roomAfter));
        Assert.Equal("writable", await client.NextAsync());
        await pair.OnClientAsync(() => Assert.InRange(stream.WritableBytes, 250, 1000));
        await pair.OnClientAsync(() => stream.CompleteWrites());
        Assert.Equal("acknowledged", await client.NextAsync());
    }

    /// <summary>RFC 9000 §4.1: a paused reader grants no credit, so the sender is held by the window and its own buffer.</summary>
    [Fact]
    public async Task APauseHoldsThePeerByFlowControl()
    {
        const int window = 10_000;
        const int buffer = 20_000;
        byte[] sent = new byte[100_000];
        Random.Shared.NextBytes(sent);
        QuicStreamHandle atServer = default;
        var server = new StreamProbe();
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, stream) =>
            {
                atServer = stream;
                stream.PauseReading();
                opened.TrySetResult();
                return server;
            },
            serverOptions: options => options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = window,
            clientOptions: options => options.Transport.SendBufferSize = buffer);
        int taken = 0;
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = new StreamProbe
        {
            Writable = stream =>
            {
                taken += stream.Write(sent.AsSpan(taken), completeWrites: true);
                if (taken == window + buffer)
                {
                    full.TrySetResult();
                }
            },
        };
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => client.Writable(stream));
        await pair.OnClientAsync(() => Assert.InRange(taken, buffer, buffer + window));
        await opened.Task;
        await RoundTripAsync(pair);
        Assert.False(server.HasNext);
        await pair.OnClientAsync(() => Assert.InRange(taken, buffer, buffer + window));

        await pair.OnServerAsync(() => atServer.ResumeReading());
        await server.WhenEnded;
        Assert.Equal(sent, server.Received);
        Assert.Equal(sent.Length, taken);
    }

    [Fact]
    public async Task TheEndIsToldEvenWhereAPauseOutlivesTheProtocolsStream()
    {
        QuicStreamHandle atServer = default;
        var server = new StreamProbe
        {
            Data = (stream, data, isEnd) =>
            {
                stream.PauseReading();
                return data.Length;
            },
        };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, stream) =>
        {
            atServer = stream;
            stream.CompleteWrites();
            return server;
        });
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write(Ten));
        Assert.Equal("data 10", await server.NextAsync());
        await pair.OnClientAsync(() => stream.CompleteWrites());
        await client.WhenClosed;
        await RoundTripAsync(pair);
        Assert.Equal("acknowledged", await server.NextAsync());
        Assert.False(server.HasNext);
        Assert.True(atServer.IsValid);

        await pair.OnServerAsync(() => atServer.ResumeReading());
        Assert.Equal("data 0 end", await server.NextAsync());
        Assert.Equal("closed", await server.NextAsync());
    }

    [Fact]
    public async Task AUnidirectionalStreamHasOneWriter()
    {
        QuicStreamHandle atServer = default;
        var server = new StreamProbe();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, stream) =>
        {
            atServer = stream;
            return server;
        });
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe(), QuicStreamType.Unidirectional);

        await pair.OnClientAsync(() => stream.Write(Ten));
        Assert.Equal("data 10", await server.NextAsync());
        await pair.OnServerAsync(() =>
        {
            Assert.Equal((QuicStreamType.Unidirectional, 2L), (atServer.Type, atServer.Id));
            Assert.Equal(0, atServer.WritableBytes);
            Assert.Throws<InvalidOperationException>(() => atServer.Write(Ten));
            Assert.Throws<InvalidOperationException>(() => atServer.CompleteWrites());
        });
    }

    [Fact]
    public async Task NothingIsWrittenAfterTheEnd()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => new StreamProbe());
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe());

        await pair.OnClientAsync(() =>
        {
            stream.Write(Ten, completeWrites: true);
            stream.CompleteWrites();
            Assert.Throws<InvalidOperationException>(() => stream.Write(Ten));
            Assert.Equal(0, stream.WritableBytes);
        });
    }

    /// <summary>What was sent before on the same connection has been told by the time that an answer to a new stream is.</summary>
    private static async Task RoundTripAsync(HandlerPair pair)
    {
        pair.Server.Stream = (_, _) => new StreamProbe { Data = (stream, data, isEnd) => stream.Write(data, isEnd) };
        var ping = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(ping);
        await pair.OnClientAsync(() => stream.Write(Ten, completeWrites: true));
        await ping.WhenEnded;
    }
}
