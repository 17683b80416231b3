namespace HotQuic.Udp.Tests;

public sealed class DropTests
{
    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void L22_WhatAFullReceiveBufferDropsIsCounted(Io io)
    {
        using var peers = new Peers(io, Route.IPv4, receiver: options => options with { ReceiveBufferSize = 16 << 10 });
        const int Sent = 200;
        for (int i = 0; i < Sent; i++)
        {
            Assert.Equal(SendStatus.Sent, peers.Send(new byte[1000], 1000).Status);
        }

        var batch = new ReceiveBatch();
        int received = 0;
        while (peers.Receiver.Receive(batch) > 0)
        {
            foreach (ReceivedTrain train in batch)
            {
                received += train.SegmentCount;
            }
        }

        Assert.InRange(received, 1, Sent - 1);

        // The kernel tells its count with the next datagram that it takes in.
        peers.Send([1], 1);
        peers.Receive(1);
        Assert.Equal(Sent - received, peers.Receiver.KernelDrops);
    }
}
