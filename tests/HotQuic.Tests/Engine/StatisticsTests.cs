namespace HotQuic.Tests.Engine;

/// <summary>Statistics are complete, cost no wait, and may be asked for anywhere.</summary>
public class StatisticsTests
{
    [Fact]
    public async Task WhatWasDoneIsCounted()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.Transport.KeyExchangeGroups = [QuicKeyExchangeGroup.Secp384r1]);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await using QuicStream other = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await other.WriteAsync(new byte[100_000], completeWrites: true);
        await using QuicStream received = await pair.Server.AcceptInboundStreamAsync();
        await received.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        QuicConnectionStatistics atClient = pair.Client.GetStatistics();
        QuicConnectionStatistics atServer = pair.Server.GetStatistics();
        Assert.Equal((1L, 1L, 0L, 0L), (
            atClient.BidirectionalStreamsOpened, atClient.UnidirectionalStreamsOpened, atClient.BidirectionalStreamsReceived, atClient.UnidirectionalStreamsReceived));
        Assert.Equal((0L, 0L, 1L, 1L), (
            atServer.BidirectionalStreamsOpened, atServer.UnidirectionalStreamsOpened, atServer.BidirectionalStreamsReceived, atServer.UnidirectionalStreamsReceived));
        Assert.True(atServer.BytesReceived >= 100_000, $"{atServer.BytesReceived} bytes were received.");
        Assert.True(atServer.BytesReceived <= atClient.BytesSent);
        Assert.True(atClient.UdpDatagramsSent >= atServer.UdpDatagramsReceived);
        Assert.True(atClient.UsedHelloRetryRequest && atServer.UsedHelloRetryRequest);
        Assert.False(atClient.UsedRetry || atServer.UsedRetry);
        Assert.Equal((1u, 1u), (atClient.Version, atServer.Version));
        Assert.InRange(atClient.PathMtu, 1200, 1452);
        Assert.True(atClient.Elapsed > TimeSpan.Zero);
        Assert.True(atClient.MinRtt > TimeSpan.Zero && atClient.MinRtt <= atClient.LatestRtt);
        Assert.True(client.CanRead && server.CanRead);
    }

    [Fact]
    public async Task ElapsedStopsWithTheConnection()
    {
        await using Pair pair = await Pair.ConnectAsync();
        TimeSpan before = pair.Client.GetStatistics().Elapsed;
        Assert.True(pair.Client.GetStatistics().Elapsed >= before);
        await pair.Client.CloseAsync(1);
        await Assert.ThrowsAsync<QuicException>(() => pair.Client.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience));
        TimeSpan after = pair.Client.GetStatistics().Elapsed;
        Assert.Equal(after, pair.Client.GetStatistics().Elapsed);
    }

    /// <summary>A shard that waited for another, or for itself, would never answer.</summary>
    [Fact]
    public async Task AnyThreadMayAskAlsoTheShardsThemselves()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task[] asking = [.. new[] { pair.Client, pair.Server }.Select(each => each.Driver.Shard.RunAsync(_ =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                Assert.True(pair.Client.GetStatistics().PacketsSent > 0);
                Assert.True(pair.Server.GetStatistics().PacketsSent > 0);
            }
        }))];
        await Task.WhenAll(asking).WaitAsync(Pair.Patience);
    }

    /// <summary>Numbers of one moment: whoever reads while the shard counts never sees half of it.</summary>
    [Fact]
    public async Task NumbersAreOfOneMomentWhileDataMoves()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task reading = server.CopyToAsync(Stream.Null);
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                await client.WriteAsync(new byte[50_000]);
            }

            client.CompleteWrites();
        });
        long packets = 0;
        long bytes = 0;
        while (!reading.IsCompleted)
        {
            QuicConnectionStatistics now = pair.Client.GetStatistics();
            Assert.True(now.PacketsSent >= packets && now.BytesSent >= bytes);
            Assert.InRange(now.BytesSent, now.UdpDatagramsSent * 20, now.UdpDatagramsSent * now.LargestUdpPayloadSent);
            (packets, bytes) = (now.PacketsSent, now.BytesSent);
            await Task.Yield();
        }

        await Task.WhenAll(reading, writing).WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task AskingAllocatesNothing()
    {
        await using Pair pair = await Pair.ConnectAsync();
        _ = pair.Client.GetStatistics();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _ = pair.Client.GetStatistics();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>RFC 9000 §13.4: loopback keeps the marks, so that they are reported.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EcnCountsAreReported(bool isEnabled)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Marks are set on Linux only.");
        await using Pair pair = await Pair.ConnectAsync(QuicIoMode.Offload, client: options => options.Transport.IsEcnEnabled = isEnabled);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.WriteAsync(new byte[1]);
            Assert.Equal(1, await server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        }

        await client.WriteAsync(new byte[1], completeWrites: true);
        await client.WritesClosed.WaitAsync(Pair.Patience);
        QuicConnectionStatistics statistics = pair.Client.GetStatistics();
        Assert.Equal(isEnabled, statistics.IsEcnInUse);
        Assert.Equal(isEnabled, statistics.EcnMarkedPacketsSent > 0);
        Assert.Equal(isEnabled, statistics.EcnReportedEct0 > 0);
        Assert.Equal((0L, 0L), (statistics.EcnReportedEct1, statistics.EcnReportedCe));
    }
}
