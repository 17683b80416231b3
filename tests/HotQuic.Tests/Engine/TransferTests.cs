using System.Security.Cryptography;

namespace HotQuic.Tests.Engine;

public class TransferTests
{
    public static TheoryData<QuicIoMode> IoModes => new() { QuicIoMode.Auto, QuicIoMode.Sockets };

    [Theory]
    [MemberData(nameof(IoModes))]
    public async Task WhatIsWrittenComesBack(QuicIoMode io)
    {
        await using Pair pair = await Pair.ConnectAsync(io);
        await using QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        byte[] sent = RandomNumberGenerator.GetBytes(10_000);
        await client.WriteAsync(sent, completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        await using QuicStream server = await pair.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        using var received = new MemoryStream();
        await server.CopyToAsync(received).WaitAsync(Pair.Patience);
        await server.WriteAsync(received.ToArray(), completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        using var echoed = new MemoryStream();
        await client.CopyToAsync(echoed).WaitAsync(Pair.Patience);
        Assert.Equal(sent, echoed.ToArray());
    }
}
