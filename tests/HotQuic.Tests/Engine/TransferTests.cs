using System.Security.Cryptography;
using HotQuic.Options;

namespace HotQuic.Tests.Engine;

/// <summary>Data over real sockets, in each way of driving them: equal bytes, many streams.</summary>
public class TransferTests
{
    /// <summary>Every way that the system has of driving sockets.</summary>
    public static IEnumerable<QuicIoMode> EveryIoMode =>
        OperatingSystem.IsLinux() ? [QuicIoMode.Offload, QuicIoMode.Sockets, IoModes.Datagrams] : [QuicIoMode.Sockets];

    public static TheoryData<QuicIoMode> Modes => new(EveryIoMode);

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task WhatIsWrittenComesBack(QuicIoMode io)
    {
        await using Pair pair = await Pair.ConnectAsync(io);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task echo = EchoAsync(server);
        byte[] sent = RandomNumberGenerator.GetBytes(10_000);
        await client.WriteAsync(sent, completeWrites: true);
        using var received = new MemoryStream();
        await client.CopyToAsync(received).WaitAsync(Pair.Patience);
        await echo.WaitAsync(Pair.Patience);
        Assert.Equal(sent, received.ToArray());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task TwentyMegabytesGoBothWaysWithEqualHashes(QuicIoMode io)
    {
        const int length = 20_000_000;
        await using Pair pair = await Pair.ConnectAsync(io);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] up = RandomNumberGenerator.GetBytes(length);
        byte[] down = RandomNumberGenerator.GetBytes(length);
        Task<byte[]> atServer = SHA256.HashDataAsync(server).AsTask();
        Task<byte[]> atClient = SHA256.HashDataAsync(client).AsTask();
        await Task.WhenAll(
            client.WriteAsync(up, completeWrites: true).AsTask(),
            server.WriteAsync(down, completeWrites: true).AsTask()).WaitAsync(Pair.Patience);
        Assert.Equal(SHA256.HashData(up), await atServer.WaitAsync(Pair.Patience));
        Assert.Equal(SHA256.HashData(down), await atClient.WaitAsync(Pair.Patience));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task ThreeHundredStreamsAtATimeGetTheirOwnAnswers(QuicIoMode io)
    {
        await using Pair pair = await Pair.ConnectAsync(io);
        using var stop = new CancellationTokenSource();
        Task serving = ServeAsync(pair.Server, stop.Token);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => AskAsync(pair.Client, i))).WaitAsync(Pair.Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    private static async Task AskAsync(QuicConnection connection, int number)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        byte[] question = BitConverter.GetBytes(number);
        await stream.WriteAsync(question, completeWrites: true);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer);
        Assert.Equal(question, answer.ToArray());
    }

    private static async Task ServeAsync(QuicConnection connection, CancellationToken stop)
    {
        while (true)
        {
            QuicStream stream = await connection.AcceptInboundStreamAsync(stop);
            _ = Task.Run(() => EchoAsync(stream), CancellationToken.None);
        }
    }

    private static async Task EchoAsync(QuicStream stream)
    {
        await using (stream)
        {
            await stream.CopyToAsync(stream);
            stream.CompleteWrites();
        }
    }
}
