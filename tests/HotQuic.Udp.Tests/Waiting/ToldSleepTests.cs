using System.Runtime.Versioning;
using HotQuic.Udp.Linux;
using HotQuic.Udp.Portable;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Tests.Waiting;

/// <summary>
/// Waits for sockets of <see cref="UdpIo.Sockets"/> on Linux: the system call tells what arrives in a short sleep, System.Net.Sockets in a
/// long one.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ToldSleepTests : IDisposable
{
    private readonly Peers _peers = LinuxUdpSocket.IsSupported ? new Peers(Io.Sockets, Route.DualModeByIPv4) : null!;

    public void Dispose() => _peers?.Dispose();

    [SkippableFact]
    public void WhatArrivesInAShortSleepIsSeenWithoutTheSignal()
    {
        using LinuxShardWaiter waiter = Create(TimeSpan.MaxValue);
        for (byte round = 1; round <= 20; round++)
        {
            byte content = round;
            var sender = new Thread(() => _peers.Send([content], 1));
            sender.Start();
            WaitForArrival(waiter);
            Assert.False(Signal.HasArrived);
            Assert.Equal([content], _peers.Receive(1)[0].Payload);
            sender.Join();
        }
    }

    [SkippableFact]
    public void WhatArrivesInALongSleepIsToldByTheSignal()
    {
        using LinuxShardWaiter waiter = Create(TimeSpan.Zero);
        var sender = new Thread(() => _peers.Send([1], 1));
        sender.Start();
        WaitForArrival(waiter);
        Assert.True(Signal.HasArrived);
        Assert.Equal([1], _peers.Receive(1)[0].Payload);
        Assert.False(Signal.HasArrived);
        sender.Join();
    }

    [SkippableFact]
    public void AShortSleepThatBringsNothingTurnsIntoALongOneWithinOneWait()
    {
        using LinuxShardWaiter waiter = Create(TimeSpan.FromTicks(1));
        var sender = new Thread(() => _peers.Send([1], 1));
        Assert.Equal(WaitOutcome.None, waiter.Wait(TimeSpan.FromMilliseconds(3)));
        Assert.True(Signal.IsWaiting);

        // The wait that is over has asked the signal: nobody takes what arrives before that has told of it.
        sender.Start();
        WaitForArrival(waiter);
        Assert.True(Signal.HasArrived);
        Assert.Equal([1], _peers.Receive(1)[0].Payload);
        Assert.False(Signal.IsWaiting);
        sender.Join();
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void NoWakeIsLostWhereAShortSleepTurnsIntoALongOne(int ticks)
    {
        using LinuxShardWaiter waiter = Create(TimeSpan.FromTicks(ticks));
        ShardWaiterTests.CheckThatNoWakeIsLost(waiter);
    }

    private ReadableSignal Signal => ((LinuxUdpSocket)_peers.Receiver).Signal!;

    private static void WaitForArrival(ShardWaiter waiter)
    {
        while ((waiter.Wait(TimeSpan.MaxValue) & WaitOutcome.Ready) == 0)
        {
        }
    }

    /// <summary>A waiter with the receiver of the peers, that takes it from theirs.</summary>
    private LinuxShardWaiter Create(TimeSpan ownSleep)
    {
        Skip.IfNot(LinuxUdpSocket.IsSupported);
        _peers.Waiter.Remove(_peers.Receiver);
        var waiter = new LinuxShardWaiter { OwnSleep = ownSleep };
        waiter.Add(_peers.Receiver);
        waiter.Wait(TimeSpan.Zero); // The wake of being added.
        return waiter;
    }
}
