using HotQuic.Core.Paths;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Paths;

/// <summary>DPLPMTUD, RFC 8899 and RFC 9000 §14.3, against paths of every MTU.</summary>
public class MtuDiscoveryTests
{
    private Instant _now = new(1_000_000);

    [Fact]
    public void Mtu01_NothingIsProbedBeforeTheHandshakeIsConfirmed()
    {
        var mtu = new MtuDiscovery(MtuDiscovery.DefaultUpperBound);
        Assert.Equal(1200, mtu.CurrentSize);
        Assert.False(mtu.TryGetProbeSize(_now, out _));
        mtu.Start();
        Assert.True(mtu.TryGetProbeSize(_now, out int size));
        Assert.Equal(1452, size);
    }

    [Fact]
    public void Mtu02_OneProbeIsEnoughWhereThePathCarriesTheUpperBound()
    {
        MtuDiscovery mtu = Started(1452);
        Assert.Equal(1, Search(mtu, pathMtu: 1500));
        Assert.Equal((1452, MtuSearchState.Complete), (mtu.CurrentSize, mtu.State));
    }

    [Theory]
    [InlineData(1452)]
    [InlineData(1472)]
    [InlineData(8952)]
    [InlineData(65535)]
    public void Mtu03_TheSearchEndsCloseBelowWhatThePathCarries(int upperBound)
    {
        for (int pathMtu = 1200; pathMtu <= upperBound + 50; pathMtu += upperBound > 2000 ? 611 : 1)
        {
            MtuDiscovery mtu = Started(upperBound);
            int probes = Search(mtu, pathMtu);
            int best = Math.Min(pathMtu, upperBound);
            Assert.InRange(mtu.CurrentSize, Math.Max(1200, best - 16), best);
            Assert.Equal(MtuSearchState.Complete, mtu.State);
            Assert.InRange(probes, 1, 3 * 14);
        }
    }

    [Fact]
    public void Mtu04_OneProbeIsInFlightAtATime()
    {
        MtuDiscovery mtu = Started(1452);
        Assert.True(mtu.TryGetProbeSize(_now, out _));
        mtu.OnProbeSent();
        Assert.False(mtu.TryGetProbeSize(_now, out _));
        mtu.OnProbeLost(_now, 1452);
        Assert.True(mtu.TryGetProbeSize(_now, out _));
    }

    [Fact]
    public void Mtu05_ALostProbeIsRepeatedAndTheThirdLossLowersTheBound()
    {
        MtuDiscovery mtu = Started(1452);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(mtu.TryGetProbeSize(_now, out int size));
            Assert.Equal(1452, size);
            mtu.OnProbeSent();
            mtu.OnProbeLost(_now, size);
        }

        Assert.True(mtu.TryGetProbeSize(_now, out int next));
        Assert.InRange(next, 1201, 1451);
        Assert.Equal(1200, mtu.CurrentSize);
    }

    [Fact]
    public void Mtu06_ThePeersLimitIsAnUpperBound()
    {
        var mtu = new MtuDiscovery(1452);
        mtu.OnPeerLimit(1300);
        mtu.OnPeerLimit(65527);
        mtu.Start();
        _ = Search(mtu, pathMtu: 9000);
        Assert.Equal(1300, mtu.CurrentSize);
    }

    [Theory]
    [InlineData(1200, 65527)]
    [InlineData(1452, 1200)]
    [InlineData(1452, 1210)]
    public void Mtu06_WhereThereIsNothingToGainNothingIsProbed(int upperBound, int peerLimit)
    {
        var mtu = new MtuDiscovery(upperBound);
        mtu.OnPeerLimit(peerLimit);
        mtu.Start();
        Assert.False(mtu.TryGetProbeSize(_now, out _));
        Assert.False(mtu.TryGetProbeSize(_now + TimeSpan.FromDays(1), out _));
        Assert.Equal((1200, MtuSearchState.Complete), (mtu.CurrentSize, mtu.State));
    }

    [Fact]
    public void Mtu07_LossesOfLargePacketsOnlyAreABlackHole()
    {
        MtuDiscovery mtu = Complete(1452);
        Assert.False(LoseFlight(mtu, 1452));
        Assert.False(LoseFlight(mtu, 1400));
        Assert.True(LoseFlight(mtu, 1452));
        Assert.Equal((1200, MtuSearchState.BlackHole), (mtu.CurrentSize, mtu.State));
        Assert.False(mtu.TryGetProbeSize(_now, out _));
    }

    [Fact]
    public void Mtu07_ABurstOfLossesIsNoBlackHole()
    {
        MtuDiscovery mtu = Complete(1452);
        Instant sent = _now;
        Pass();
        for (int i = 0; i < 50; i++)
        {
            Assert.False(mtu.OnPacketLost(_now, sent, 1452));
        }

        Assert.Equal(1452, mtu.CurrentSize);
    }

    [Fact]
    public void Mtu07_ALargePacketThatArrivesClearsTheSuspicion()
    {
        MtuDiscovery mtu = Complete(1452);
        for (int i = 0; i < 20; i++)
        {
            Assert.False(LoseFlight(mtu, 1452));
            Assert.False(LoseFlight(mtu, 1452));
            mtu.OnPacketAcknowledged(_now, 1452);
            Pass();
        }

        Assert.Equal(1452, mtu.CurrentSize);
    }

    [Fact]
    public void Mtu07_SmallPacketsNeitherRaiseNorClearTheSuspicion()
    {
        MtuDiscovery mtu = Complete(1452);
        for (int i = 0; i < 10; i++)
        {
            Assert.False(LoseFlight(mtu, 1200));
        }

        _ = LoseFlight(mtu, 1452);
        mtu.OnPacketAcknowledged(_now, 1200);
        Pass();
        _ = LoseFlight(mtu, 1452);
        mtu.OnPacketAcknowledged(_now, 40);
        Pass();
        Assert.True(LoseFlight(mtu, 1452));
    }

    [Fact]
    public void Mtu07_LossesOfWhatWasSentBeforeALargePacketThatArrivedSayNothing()
    {
        MtuDiscovery mtu = Complete(1452);
        Instant early = _now;
        Pass();
        mtu.OnPacketAcknowledged(_now, 1452);
        for (int i = 0; i < 10; i++)
        {
            Pass();
            Assert.False(mtu.OnPacketLost(_now, early, 1452));
        }
    }

    [Fact]
    public void Mtu08_WhereNothingIsAcknowledgedAtAllProbeTimeoutsShowTheBlackHole()
    {
        MtuDiscovery mtu = Complete(1452);
        Assert.False(mtu.OnProbeTimeout(_now));
        Pass();
        Assert.False(mtu.OnProbeTimeout(_now));
        Pass();
        Assert.True(mtu.OnProbeTimeout(_now));
        Assert.Equal(1200, mtu.CurrentSize);
        Assert.False(mtu.OnProbeTimeout(_now));
    }

    [Fact]
    public void Mtu09_AfterABlackHoleTheSearchBeginsAgainLater()
    {
        MtuDiscovery mtu = Complete(1452);
        while (!LoseFlight(mtu, 1452))
        {
        }

        Assert.False(mtu.TryGetProbeSize(_now + TimeSpan.FromSeconds(59), out _));
        _now += TimeSpan.FromSeconds(61);
        _ = Search(mtu, pathMtu: 1400);
        Assert.InRange(mtu.CurrentSize, 1384, 1400);
    }

    [Fact]
    public void Mtu09_ASizeBelowTheBoundIsTriedToRaiseLongAfter()
    {
        MtuDiscovery mtu = Started(1452);
        _ = Search(mtu, pathMtu: 1300);
        int size = mtu.CurrentSize;
        Assert.False(mtu.TryGetProbeSize(_now + TimeSpan.FromMinutes(9), out _));
        Assert.Equal(size, mtu.CurrentSize);
        _now += TimeSpan.FromMinutes(11);
        Assert.Equal(1, Search(mtu, pathMtu: 1500));
        Assert.Equal(1452, mtu.CurrentSize);
    }

    [Fact]
    public void Mtu10_NewsOfAProbeThatIsNoLongerOutIsIgnored()
    {
        MtuDiscovery mtu = Started(1452);
        mtu.OnProbeAcknowledged(_now, 1452);
        Assert.Equal(1200, mtu.CurrentSize);
        Assert.True(mtu.TryGetProbeSize(_now, out _));
        mtu.OnProbeSent();
        mtu.OnProbeAcknowledged(_now, 1300);
        mtu.OnProbeLost(_now, 1300);
        Assert.Equal(1200, mtu.CurrentSize);
        Assert.False(mtu.TryGetProbeSize(_now, out _));
    }

    [Fact]
    public void Mtu10_NoOrderOfEventsLeavesTheBounds()
    {
        Seeded.Run(500, random =>
        {
            var now = new Instant(0);
            int upperBound = random.Next(1200, 9000);
            MtuDiscovery mtu = new(upperBound);
            mtu.OnPeerLimit(random.Next(1200, 9000));
            mtu.Start();
            for (int i = 0; i < 300; i++)
            {
                now += TimeSpan.FromMilliseconds(random.Next(100_000));
                int size = mtu.TryGetProbeSize(now, out int probe) ? probe : random.Next(1200, upperBound + 1);
                switch (random.Next(6))
                {
                    case 0:
                        mtu.OnProbeSent();
                        break;
                    case 1:
                        mtu.OnProbeAcknowledged(now, size);
                        break;
                    case 2:
                        mtu.OnProbeLost(now, size);
                        break;
                    case 3:
                        mtu.OnPacketAcknowledged(now - TimeSpan.FromMilliseconds(random.Next(200_000)), size);
                        break;
                    case 4:
                        _ = mtu.OnPacketLost(now, now - TimeSpan.FromMilliseconds(random.Next(200_000)), size);
                        break;
                    default:
                        _ = mtu.OnProbeTimeout(now);
                        break;
                }

                Assert.InRange(mtu.CurrentSize, 1200, upperBound);
            }
        });
    }

    [Fact]
    public void Mtu10_AnUpperBoundBelowTheBaseThrows()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MtuDiscovery(1199));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MtuDiscovery(65536));
    }

    private static MtuDiscovery Started(int upperBound)
    {
        var mtu = new MtuDiscovery(upperBound);
        mtu.Start();
        return mtu;
    }

    private MtuDiscovery Complete(int size)
    {
        MtuDiscovery mtu = Started(size);
        _ = Search(mtu, size);
        Pass();
        return mtu;
    }

    /// <summary>Probes until the search rests, over a path that drops what is too large; how many probes that took.</summary>
    private int Search(MtuDiscovery mtu, int pathMtu)
    {
        int probes = 0;
        while (mtu.TryGetProbeSize(_now, out int size))
        {
            Assert.True(++probes < 200, "The search does not end.");
            mtu.OnProbeSent();
            Pass();
            if (size <= pathMtu)
            {
                mtu.OnProbeAcknowledged(_now, size);
            }
            else
            {
                mtu.OnProbeLost(_now, size);
            }
        }

        return probes;
    }

    private bool LoseFlight(MtuDiscovery mtu, int size)
    {
        Instant sent = _now;
        Pass();
        bool isBlackHole = mtu.OnPacketLost(_now, sent, size);
        isBlackHole |= mtu.OnPacketLost(_now, sent, size);
        Pass();
        return isBlackHole;
    }

    private void Pass() => _now += TimeSpan.FromMilliseconds(50);
}
