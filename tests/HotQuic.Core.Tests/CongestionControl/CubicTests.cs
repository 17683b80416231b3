using HotQuic.Core.CongestionControl;
using static HotQuic.Core.Tests.CongestionControl.Batches;

namespace HotQuic.Core.Tests.CongestionControl;

/// <summary>RFC 9438.</summary>
public class CubicTests
{
    private static readonly CongestionOptions NoHyStart = CongestionOptions.Default with { UseHyStart = false };

    /// <summary>A controller whose window was so many datagrams when it lost a packet.</summary>
    private static Cubic ReducedFrom(int datagrams, double nowMs = 1000)
    {
        var cubic = new Cubic(NoHyStart);
        cubic.OnAcknowledged(Batch(cubic, 1, 0.5, (datagrams * (long)Mds) - cubic.CongestionWindow));
        Assert.Equal(datagrams * (long)Mds, cubic.CongestionWindow);
        Assert.True(Lose(cubic, nowMs - 1, nowMs));
        return cubic;
    }

    [Fact]
    public void Cc04_ReductionIsToSevenTenthsOnceARecoveryPeriod()
    {
        Cubic cubic = ReducedFrom(1000);
        Assert.Equal((840_000, 840_000), (cubic.CongestionWindow, cubic.SlowStartThreshold));
        Assert.False(Lose(cubic, 1000, 1001));
        Assert.Equal(840_000, cubic.CongestionWindow);
    }

    /// <summary>
    /// W_cubic(t) = 0.4 (t - K)^3 + 1000 with K = cbrt(300 / 0.4) = 9.0856 s, in datagrams: 700 at 0, 930 at 3.5 s, 1000 at K,
    /// 1083 at 15 s.
    /// </summary>
    [Theory]
    [InlineData(3.5)]
    [InlineData(6.0)]
    [InlineData(9.0)]
    [InlineData(12.0)]
    [InlineData(15.0)]
    public void Cc10_WindowFollowsTheCubicCurve(double seconds)
    {
        Cubic cubic = ReducedFrom(1000);

        // A long RTT keeps Reno's window far below the curve.
        const double rttMs = 200;
        double start = 1001 + rttMs;
        double now = start;
        double first = now + (rttMs / 10);
        while (now < start + (seconds * 1000))
        {
            now = AcknowledgeWindow(cubic, now, rttMs);
        }

        double k = Math.Cbrt(300 / 0.4);
        double t = (now - first) / 1000;
        double onCurve = (0.4 * Math.Pow(t - k, 3)) + 1000;
        double nextRtt = (0.4 * Math.Pow(t + 0.2 - k, 3)) + 1000;

        // The window runs towards where the curve is a round trip later: it lies between the two.
        double window = (double)cubic.CongestionWindow / Mds;
        Assert.InRange(window, Math.Min(onCurve, nextRtt) - 2, Math.Max(onCurve, nextRtt) + 2);
    }

    [Fact]
    public void Cc10_IncreaseIsAtMostHalfTheWindowARoundTrip()
    {
        Cubic cubic = ReducedFrom(100);
        Lose(cubic, 2000, 2001); // 49 datagrams
        double now = 2002;
        for (int round = 0; round < 5; round++)
        {
            // With round trips of ten seconds the curve is always far ahead.
            long before = cubic.CongestionWindow;
            now = AcknowledgeWindow(cubic, now, 10_000, batches: 1);
            Assert.InRange(cubic.CongestionWindow, before, (long)(before * 1.5) + 1);
        }
    }

    [Fact]
    public void Cc10_RenoFriendlyRegionGrowsByAlphaADatagramsAWindow()
    {
        // A short RTT: the curve hardly moves in a round trip, Reno's window does.
        Cubic cubic = ReducedFrom(20);
        const double rttMs = 1;
        double now = 1001 + rttMs;
        const int rounds = 5;
        double expected = 14;
        for (int i = 0; i < rounds; i++)
        {
            now = AcknowledgeWindow(cubic, now, rttMs, batches: 1);
            expected += 3 * 0.3 / 1.7; // alpha = 3 (1 - 0.7) / (1 + 0.7) = 0.529
        }

        Assert.Equal(expected, (double)cubic.CongestionWindow / Mds, 1);

        // From where the window was before the reduction on, one datagram a window: W_est >= cwnd_prior.
        while (cubic.CongestionWindow < 20 * Mds)
        {
            now = AcknowledgeWindow(cubic, now, rttMs, batches: 1);
        }

        double before = (double)cubic.CongestionWindow / Mds;
        now = AcknowledgeWindow(cubic, now, rttMs, batches: 1);
        AcknowledgeWindow(cubic, now, rttMs, batches: 1);
        Assert.Equal(before + 2, (double)cubic.CongestionWindow / Mds, 1);
    }

    [Fact]
    public void Cc10_FastConvergenceLowersThePlateauWhereTheWindowDidNotComeBack()
    {
        Assert.Equal(85.0, PlateauAfterSecondLoss(useFastConvergence: true) * 100 / 70, 0);
        Assert.Equal(100.0, PlateauAfterSecondLoss(useFastConvergence: false) * 100 / 70, 0);

        // The plateau is found by following the curve until it is flat.
        static double PlateauAfterSecondLoss(bool useFastConvergence)
        {
            var cubic = new Cubic(NoHyStart with { UseFastConvergence = useFastConvergence });
            cubic.OnAcknowledged(Batch(cubic, 1, 0.5, (100_000L * Mds) - cubic.CongestionWindow));
            Lose(cubic, 999, 1000);
            Lose(cubic, 1999, 2000); // at 70,000 datagrams, below the 100,000 of the loss before

            const double rttMs = 100;
            double now = 2001;
            double slowest = double.MaxValue;
            double plateau = 0;
            for (int round = 0; round < 700; round++)
            {
                long before = cubic.CongestionWindow;
                now = AcknowledgeWindow(cubic, now, rttMs, batches: 4);
                if (cubic.CongestionWindow - before < slowest)
                {
                    slowest = cubic.CongestionWindow - before;
                    plateau = (double)cubic.CongestionWindow / Mds;
                }
            }

            return plateau / 1000;
        }
    }

    [Fact]
    public void Cc07_TimeInWhichTheWindowIsNotUsedIsNoTimeOnTheCurve()
    {
        Cubic active = ReducedFrom(1000);
        Cubic paused = ReducedFrom(1000);
        double now = 1001;
        for (int i = 0; i < 10; i++)
        {
            AcknowledgeWindow(paused, now, 200);
            now = AcknowledgeWindow(active, now, 200);
        }

        // A minute of little data: nothing grows.
        long window = paused.CongestionWindow;
        double later = now;
        for (int i = 0; i < 600; i++)
        {
            later += 100;
            paused.OnAcknowledged(Batch(paused, later, 200) with { IsApplicationLimited = true, BytesInFlightBefore = Mds });
        }

        Assert.Equal(window, paused.CongestionWindow);
        AcknowledgeWindow(active, now, 200);
        AcknowledgeWindow(paused, later, 200);
        Assert.Equal(active.CongestionWindow, paused.CongestionWindow);
    }

    [Fact]
    public void Cc07_FirstFullWindowAfterAPauseDoesNotCountThePause()
    {
        Cubic cubic = ReducedFrom(1000);
        double now = AcknowledgeWindow(cubic, 1001, 200);
        long window = cubic.CongestionWindow;
        now += 3_600_000;
        cubic.OnAcknowledged(Batch(cubic, now, 200, window / 10) with { IsApplicationLimited = true });
        Assert.InRange(cubic.CongestionWindow, window, window + (40 * Mds));
    }

    [Fact]
    public void Cc06_AfterPersistentCongestionSlowStartThenACurveThatStartsFlat()
    {
        Cubic cubic = ReducedFrom(1000);
        cubic.OnPersistentCongestion();
        Assert.Equal((2 * Mds, true), (cubic.CongestionWindow, cubic.IsInSlowStart));
        cubic.OnAcknowledged(Batch(cubic, 1100, 50, 10_000_000));
        Assert.Equal(cubic.SlowStartThreshold, cubic.CongestionWindow);
        long start = cubic.CongestionWindow;
        double now = AcknowledgeWindow(cubic, 1200, 100);
        AcknowledgeWindow(cubic, now, 100);

        // K = 0: 0.4 * 0.3^3 is less than a datagram, so only Reno's growth of about half a datagram a window shows.
        Assert.InRange(cubic.CongestionWindow, start, start + (3 * Mds));
    }

    [Fact]
    public void SpuriousCongestionRestoresWhatWasBeforeIt()
    {
        Cubic cubic = ReducedFrom(1000);
        cubic.OnSpuriousCongestion();
        Assert.Equal((1000L * Mds, long.MaxValue), (cubic.CongestionWindow, cubic.SlowStartThreshold));
        cubic.OnSpuriousCongestion();
        Assert.Equal(1000L * Mds, cubic.CongestionWindow);
    }

    [Fact]
    public void CeMarksAreNotUndone()
    {
        var cubic = new Cubic(NoHyStart);
        cubic.OnCongestionEvent(new CongestionEvent(At(10), At(20), IsEcn: true));
        cubic.OnSpuriousCongestion();
        Assert.Equal(8400, cubic.CongestionWindow);
    }

    [Fact]
    public void Cc10_GrowthIsSaneWithRoundTripsOfMicroseconds()
    {
        Cubic cubic = ReducedFrom(1000);
        double now = 1001;
        for (int i = 0; i < 1000; i++)
        {
            long before = cubic.CongestionWindow;
            now = AcknowledgeWindow(cubic, now, 0.05, batches: 4);
            Assert.InRange(cubic.CongestionWindow - before, 0, 2 * Mds);
        }

        // 1000 windows of alpha = 0.529 at least until the old window, then of 1
        Assert.InRange((double)cubic.CongestionWindow / Mds, 700 + 520, 700 + 1010);
    }

    [Fact]
    public void Cc10_WindowNeverPassesItsMaximumNorItsMinimum()
    {
        var cubic = new Cubic(NoHyStart with { MaximumWindow = 4 << 20 });
        double now = 10;
        for (int i = 0; i < 40; i++)
        {
            now = AcknowledgeWindow(cubic, now, 10);
        }

        Assert.Equal(4 << 20, cubic.CongestionWindow);
        for (int i = 0; i < 40; i++)
        {
            Lose(cubic, now + 10, now + 20);
            now += 100;
        }

        Assert.Equal(2 * Mds, cubic.CongestionWindow);
    }
}
