using HotQuic.Core.CongestionControl;
using HotQuic.Core.Time;
using static HotQuic.Core.Tests.CongestionControl.Batches;

namespace HotQuic.Core.Tests.CongestionControl;

/// <summary>RFC 9002 §7.7.</summary>
public class PacerTests
{
    /// <summary>A controller outside of slow start with a window of so many datagrams.</summary>
    private static NewReno Window(long datagrams)
    {
        var reno = new NewReno(CongestionOptions.Default);
        reno.OnAcknowledged(Batch(reno, 1, 0.5, (2 * datagrams * Mds) - reno.CongestionWindow));
        Lose(reno, 2, 3);
        Assert.Equal(datagrams * Mds, reno.CongestionWindow);
        return reno;
    }

    private static Pacer New(ICongestionController congestion, double rttMs)
    {
        var pacer = new Pacer(CongestionOptions.Default);
        pacer.SetRate(congestion, Ms(rttMs), At(10));
        return pacer;
    }

    [Fact]
    public void Cc08_RateIsOneAndAQuarterWindowsARoundTripAndTwoInSlowStart()
    {
        Assert.Equal(1.25 * 100 * Mds / 0.1, New(Window(100), 100).Rate, 3);
        Assert.Equal(2.0 * 10 * Mds / 0.1, New(new NewReno(CongestionOptions.Default), 100).Rate, 3);
    }

    [Fact]
    public void Cc08_BurstAfterAPauseIsAtMostTheInitialWindowAtLowRates()
    {
        Pacer pacer = New(Window(100), 100);
        Assert.Equal(10 * Mds, pacer.Allowance(At(1_000_000)));
    }

    [Fact]
    public void Cc08_TrainsLeaveInEvenStepsThatAddUpToTheRate()
    {
        Pacer pacer = New(Window(100), 100);
        Instant start = At(1000);
        Instant now = start;
        Drain(pacer, now);
        long sent = 0;
        int trains = 0;
        while (now < start + Ms(1000))
        {
            now = pacer.NextSend(now);
            long train = Drain(pacer, now);
            Assert.InRange(train, 10 * Mds, 11 * Mds);
            sent += train;
            trains++;
        }

        // 1.25 * 120,000 bytes in 100 ms is 1,500,000 a second: 125 trains of ten packets.
        Assert.InRange(sent, 1_500_000 - (12 * Mds), 1_500_000 + (12 * Mds));
        Assert.InRange(trains, 123, 127);
    }

    [Fact]
    public void Cc08_ADryBucketWaitsForATrain()
    {
        Pacer pacer = New(Window(100), 100);
        Drain(pacer, At(1000));
        Instant next = pacer.NextSend(At(1000));
        Assert.Equal(0, pacer.Allowance(new Instant(next.Ticks - 1)));
        Assert.True(pacer.Allowance(next) >= 10 * Mds);
        Assert.Equal(next, pacer.NextSend(next));
    }

    [Fact]
    public void Cc08_TrainsAreAFractionOfASmallWindow()
    {
        Pacer pacer = New(Window(8), 100);
        Assert.Equal(2 * Mds, pacer.TrainSize);
        Assert.Equal(Mds, New(Window(2), 100).TrainSize);
    }

    [Fact]
    public void Cc08_TrainsGrowWithTheRateUpToTheirMaximum()
    {
        // 10,000 datagrams in 50 ms: a millisecond gives 250 of them.
        Pacer pacer = New(Window(10_000), 50);
        Assert.Equal(64 * Mds, pacer.TrainSize);
        Assert.Equal(500 * Mds, pacer.Capacity);
    }

    [Fact]
    public void Cc08_OnLoopbackTheWindowIsWhatLimits()
    {
        // 2 MB in flight, 100 us: what two milliseconds give is many windows, so the bucket never runs dry before the window does.
        Pacer pacer = New(Window(1700), 0.1);
        Assert.True(pacer.Capacity > 10 * 1700 * Mds);
        Instant now = At(100);
        Assert.Equal(0, Shortfall(pacer, ref now, rounds: 1000));

        static int Shortfall(Pacer pacer, ref Instant now, int rounds)
        {
            int shortfalls = 0;
            for (int i = 0; i < rounds; i++)
            {
                // A window each round trip, which is less than the rate.
                for (int packet = 0; packet < 1700; packet++)
                {
                    shortfalls += pacer.Allowance(now) < Mds ? 1 : 0;
                    pacer.OnSent(Mds, now);
                }

                now += Ms(0.1);
            }

            return shortfalls;
        }
    }

    [Fact]
    public void Cc08_ALateTimerCostsNoThroughput()
    {
        // 1 ms late each time, at 10,000 datagrams in 20 ms: the credit of that millisecond is still there.
        Pacer pacer = New(Window(10_000), 20);
        Instant start = At(1000);
        Instant now = start;
        Drain(pacer, now);
        long sent = 0;
        while (now < start + Ms(1000))
        {
            now = pacer.NextSend(now) + Ms(1);
            sent += Drain(pacer, now);
        }

        double seconds = (now - start).TotalSeconds;
        Assert.InRange(sent / seconds, pacer.Rate * 0.99, pacer.Rate * 1.01);
    }

    [Fact]
    public void Cc08_WhatWentRegardlessIsPaidBack()
    {
        Pacer pacer = New(Window(100), 100);
        Drain(pacer, At(1000));
        Instant before = pacer.NextSend(At(1000));
        pacer.OnSent(Mds, At(1000));
        Assert.Equal(Ms(0.8), pacer.NextSend(At(1000)) - before); // 1200 bytes at 1.5 bytes a microsecond
    }

    [Fact]
    public void Cc08_LargerDatagramsAreAllowedFromTheirMtuOn()
    {
        Pacer pacer = New(Window(2), 100);
        pacer.OnMtuChanged(9000);
        Assert.True(pacer.TrainSize >= 9000);
        Assert.True(pacer.Capacity >= 9000);
    }

    private static long Drain(Pacer pacer, Instant now)
    {
        long sent = 0;
        while (pacer.Allowance(now) >= Mds)
        {
            pacer.OnSent(Mds, now);
            sent += Mds;
        }

        return sent;
    }
}
