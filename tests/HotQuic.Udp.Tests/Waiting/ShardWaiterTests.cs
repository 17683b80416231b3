using System.Net;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Tests.Waiting;

public sealed class ShardWaiterTests
{
    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void AWaitEndsWhenItsTimeIsUp(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        Assert.Equal(WaitOutcome.Woken, peers.Waiter.Wait(TimeSpan.Zero)); // The wake of being added.
        Assert.Equal(WaitOutcome.None, peers.Waiter.Wait(TimeSpan.FromTicks(1)));
        Assert.Equal(WaitOutcome.None, peers.Waiter.Wait(TimeSpan.FromMilliseconds(3)));
        Assert.Equal(WaitOutcome.None, peers.Waiter.Wait(TimeSpan.FromMilliseconds(-1)));
        Assert.Equal(UdpReadiness.None, peers.Receiver.Readiness);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ADatagramEndsAWaitWithoutATime(Io io)
    {
        using var peers = new Peers(io, Route.DualModeByIPv4);
        var sender = new Thread(() => peers.Send([1], 1));
        sender.Start();
        while ((peers.Receiver.Readiness & UdpReadiness.Readable) == 0 || peers.Receiver.Receive(new ReceiveBatch(1)) == 0)
        {
            peers.Waiter.Wait(TimeSpan.MaxValue);
        }

        sender.Join();
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void AWakeFromAnotherThreadEndsAWaitWithoutATime(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        peers.Waiter.Wait(TimeSpan.Zero);
        var waker = new Thread(peers.Waiter.Wake);
        waker.Start();
        while ((peers.Waiter.Wait(TimeSpan.MaxValue) & WaitOutcome.Woken) == 0)
        {
        }

        waker.Join();
    }

    [Fact]
    public void OneSocketIsTakenForReadableUnaskedAFewTimesInARow()
    {
        using var peers = new Peers(Io.Offload, Route.IPv4);
        int count = 0;
        while (peers.Waiter.TryAssumeReadable())
        {
            Assert.Equal(UdpReadiness.Readable, peers.Receiver.Readiness);
            Assert.Equal(0, peers.Receiver.Receive(new ReceiveBatch(1)));
            count++;
        }

        Assert.InRange(count, 1, 100);
        peers.Waiter.Wait(TimeSpan.Zero);
        Assert.Equal(UdpReadiness.None, peers.Receiver.Readiness);
        Assert.True(peers.Waiter.TryAssumeReadable());
    }

    [Theory]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void SocketsThatAreToldOfArrivalsAreAlwaysAsked(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        Assert.False(peers.Waiter.TryAssumeReadable());
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void WakesBeforeAWaitAreTakenTogetherByTheNext(Io io)
    {
        using ShardWaiter waiter = ShardWaiter.Create((UdpIo)io);
        waiter.Wake();
        waiter.Wake();
        waiter.Wake();
        Assert.Equal(WaitOutcome.Woken, waiter.Wait(TimeSpan.MaxValue));
        Assert.Equal(WaitOutcome.None, waiter.Wait(TimeSpan.Zero));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void NoWakeIsLost(Io io)
    {
        using ShardWaiter waiter = ShardWaiter.Create((UdpIo)io);
        CheckThatNoWakeIsLost(waiter);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void DisposingAWaiterEndsTheWaitOfAnotherThread(Io io)
    {
        var peers = new Peers(io, Route.IPv4);
        using var waiting = new ManualResetEventSlim();
        var owner = new Thread(() =>
        {
            waiting.Set();
            while ((peers.Waiter.Wait(TimeSpan.MaxValue) & WaitOutcome.Closed) == 0)
            {
            }
        });
        owner.Start();
        waiting.Wait(TestTime.Limit);
        peers.Waiter.Dispose();
        Assert.True(owner.Join(TestTime.Limit));
        Assert.Equal(WaitOutcome.Closed, peers.Waiter.Wait(TimeSpan.MaxValue));
        peers.Waiter.Wake();
        peers.Dispose();
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void DisposingASocketEndsTheWaitOfAnotherThreadAndFreesThePort(Io io)
    {
        for (int round = 0; round < 20; round++)
        {
            var peers = new Peers(io, Route.DualModeByIPv4);
            using var waiting = new ManualResetEventSlim();
            var owner = new Thread(() =>
            {
                waiting.Set();
                while (!peers.Receiver.IsDisposed)
                {
                    peers.Waiter.Wait(TimeSpan.MaxValue);
                }
            });
            owner.Start();
            waiting.Wait(TestTime.Limit);
            peers.Receiver.Dispose();
            Assert.True(owner.Join(TestTime.Limit));
            Assert.Equal(WaitOutcome.None, peers.Waiter.Wait(TimeSpan.Zero) & ~WaitOutcome.Woken);
            using UdpSocket again = UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io, LocalEndPoint = peers.Receiver.LocalEndPoint });
            peers.Dispose();
        }
    }

    [Fact]
    public void OneWaiterWaitsForSocketsOfEveryKind()
    {
        using ShardWaiter waiter = ShardWaiter.Create();
        UdpSocket[] sockets = [.. Enumerable.Range(0, 20).Select(i =>
            UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)Enum.GetValues<Io>()[i % 3] }))];
        Array.ForEach(sockets, waiter.Add);
        using UdpSocket sender = UdpSocket.Bind(new UdpSocketOptions());
        for (int i = 0; i < sockets.Length; i++)
        {
            UdpAddress there = UdpAddress.From(IPAddress.Loopback, (ushort)sockets[i].LocalEndPoint.Port);
            sender.Send(new SendRequest { Payload = [(byte)i], SegmentSize = 1, Remote = there });
            while ((sockets[i].Readiness & UdpReadiness.Readable) == 0)
            {
                waiter.Wait(TestTime.Limit);
            }

            Assert.Equal([(byte)i], Peers.Receive(sockets[i], waiter, new ReceiveBatch(), 1)[0].Payload);
        }

        waiter.Remove(sockets[0]);
        sockets[1].Dispose();
        waiter.Wait(TimeSpan.Zero);
        waiter.Wait(TimeSpan.Zero);
        Assert.All(sockets, socket => Assert.Equal(UdpReadiness.None, socket.Readiness & UdpReadiness.Error));
        waiter.Add(sockets[0]);
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    public void ASocketIsWithOneWaiterThatTakesItsKind(Io io)
    {
        using ShardWaiter any = ShardWaiter.Create();
        using ShardWaiter portable = ShardWaiter.Create(UdpIo.Datagrams);
        using UdpSocket socket = UdpSocket.Bind(new UdpSocketOptions { Io = (UdpIo)io });
        Assert.Throws<ArgumentException>(() => portable.Add(socket));
        any.Add(socket);
        Assert.Throws<InvalidOperationException>(() => any.Add(socket));
        any.Remove(socket);
        any.Add(socket);
    }

    /// <summary>Two producers count up, and wake after each step; a lost wake leaves the consumer asleep for ever.</summary>
    internal static void CheckThatNoWakeIsLost(ShardWaiter waiter)
    {
        const int Steps = 5_000;
        int[] posted = new int[2];
        int[] taken = new int[2];
        Thread[] producers = [.. Enumerable.Range(0, 2).Select(i => new Thread(() =>
        {
            for (int step = 1; step <= Steps; step++)
            {
                Volatile.Write(ref posted[i], step);
                waiter.Wake();
                if (step % 8 == 0)
                {
                    // Wait for the consumer, so that it goes to sleep again and again.
                    SpinWait.SpinUntil(() => Volatile.Read(ref taken[i]) == step, TestTime.Limit);
                }
            }
        }))];
        var consumer = new Thread(() =>
        {
            while (taken[0] < Steps || taken[1] < Steps)
            {
                waiter.Wait(TimeSpan.MaxValue);
                Volatile.Write(ref taken[0], Volatile.Read(ref posted[0]));
                Volatile.Write(ref taken[1], Volatile.Read(ref posted[1]));
            }
        })
        {
            IsBackground = true,
        };
        consumer.Start();
        Array.ForEach(producers, producer => producer.Start());
        Assert.True(consumer.Join(TestTime.Limit), "A wake was lost.");
        Array.ForEach(producers, producer => producer.Join());
        Assert.Equal([Steps, Steps], taken);
    }
}
