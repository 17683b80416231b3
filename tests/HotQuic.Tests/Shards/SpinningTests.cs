using HotQuic.Core.Time;
using HotQuic.Shards;

namespace HotQuic.Tests.Shards;

public sealed class SpinningTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMicroseconds(64);

    [Fact]
    public void WithoutALimitItSleepsAtOnce()
    {
        var spinning = new Spinning(TimeSpan.Zero);
        spinning.OnWork(At(100));
        Assert.False(spinning.GoesOn(At(100)));
    }

    [Fact]
    public void ItLooksForWorkUpToTheLimit()
    {
        var spinning = new Spinning(Limit);
        spinning.OnWork(At(100));
        Assert.True(spinning.GoesOn(At(100)));
        Assert.True(spinning.GoesOn(At(163)));
        Assert.False(spinning.GoesOn(At(164)));
    }

    [Fact]
    public void WhereItKeepsFailingItLooksForAShorterTimeButNeverNotAtAll()
    {
        var spinning = new Spinning(Limit);
        int now = 0;
        foreach (int allowed in (int[])[64, 64, 64, 64, 32, 16, 8, 4, 2, 2, 2])
        {
            spinning.OnWork(At(now));
            Assert.True(spinning.GoesOn(At(now + allowed - 1)));
            Assert.False(spinning.GoesOn(At(now + allowed)));
            now += 1000;
        }
    }

    [Fact]
    public void WorkThatCameInTimeToBeFoundBringsTheWholeLimitBack()
    {
        var spinning = new Spinning(Limit);
        KeepMissing(spinning, times: 5);
        Sleep(spinning, 5000, after: 16);
        spinning.OnWork(At(5060));
        Assert.True(spinning.GoesOn(At(5060 + 63)));
    }

    [Fact]
    public void AfterManyShortLooksItTriesTheWholeLimitAgain()
    {
        var spinning = new Spinning(Limit);
        KeepMissing(spinning, times: 72);
        Sleep(spinning, 72_000, after: 2);
        spinning.OnWork(At(73_000));
        Assert.True(spinning.GoesOn(At(73_000 + 63)));
    }

    [Fact]
    public void ItLooksOnlyWhereAProcessorIsToSpareAndAsksNowAndThen()
    {
        bool hasRoom = false;
        int asked = 0;
        var spinning = new Spinning(Limit, () =>
        {
            asked++;
            return hasRoom;
        });
        spinning.OnWork(At(0));
        Assert.False(spinning.GoesOn(At(0)));
        hasRoom = true;
        spinning.OnWork(At(9_000));
        Assert.False(spinning.GoesOn(At(9_000)));
        spinning.OnWork(At(10_000));
        Assert.True(spinning.GoesOn(At(10_000)));
        hasRoom = false;
        Assert.True(spinning.GoesOn(At(10_001)));
        spinning.OnWork(At(20_000));
        Assert.False(spinning.GoesOn(At(20_000)));
        Assert.Equal(3, asked);
    }

    [Fact]
    public void WhatWasAskedForHoldsWhoeverElseWantsTheProcessors()
    {
        var spinning = Spinning.For(Limit);
        spinning.OnWork(At(100));
        Assert.True(spinning.GoesOn(At(163)));
        Assert.False(Spinning.For(TimeSpan.Zero).GoesOn(At(163)));
    }

    private static void KeepMissing(Spinning spinning, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Sleep(spinning, 1000 * i, after: 64);
        }
    }

    private static void Sleep(Spinning spinning, int at, int after)
    {
        spinning.OnWork(At(at));
        Assert.False(spinning.GoesOn(At(at + after)));
    }

    private static Instant At(int microseconds) => new(microseconds * TimeSpan.TicksPerMicrosecond);
}
