using HotQuic.Core.Streams;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Streams;

public class FlowControllerTests
{
    private static readonly TimeSpan Rtt = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void Fc03_ALimitThatDoesNotRiseIsIgnored()
    {
        var flow = new SendFlowController(100);
        Assert.False(flow.TryRaise(100));
        Assert.False(flow.TryRaise(50));
        Assert.Equal(100u, flow.Limit);
        Assert.True(flow.TryRaise(101));
    }

    [Fact]
    public void Fc01_SpendingMoreThanTheLimitIsAMistakeOfOurs()
    {
        var flow = new SendFlowController(100);
        flow.Use(100);
        Assert.Throws<InvalidOperationException>(() => flow.Use(1));
    }

    [Fact]
    public void ALimitIsSaidToBlockOnce()
    {
        var flow = new SendFlowController(10);
        Assert.False(flow.TryAnnounceBlocked());
        flow.Use(10);
        Assert.True(flow.TryAnnounceBlocked());
        Assert.False(flow.TryAnnounceBlocked());
        flow.TryRaise(20);
        flow.Use(10);
        Assert.True(flow.TryAnnounceBlocked());
    }

    [Fact]
    public void CreditIsScarceWhereHalfOfTheWindowWaitsToBeConsumed()
    {
        var flow = new ReceiveFlowController(1000, 1000);
        flow.OnReceived(500);
        Assert.False(flow.IsScarce);
        flow.OnReceived(1);
        Assert.True(flow.IsScarce);
        flow.OnConsumed(501);
        flow.Grant(new Instant(1), Rtt);
        Assert.False(flow.IsScarce);
    }

    [Fact]
    public void Fc04_TheWindowDoublesWhileTheApplicationKeepsUpWithIt()
    {
        var flow = new ReceiveFlowController(1000, 3500);
        var now = new Instant(1);
        flow.Grant(now, Rtt);
        ulong[] expected = [2000, 3500, 3500];
        foreach (ulong window in expected)
        {
            flow.OnConsumed(flow.Window / 2);
            now += 2 * Rtt;
            Assert.Equal(flow.Consumed + window, flow.Grant(now, Rtt));
            Assert.Equal(window, flow.Window);
        }
    }

    [Fact]
    public void Fc04_TheWindowStaysWhereTheApplicationIsSlow()
    {
        var flow = new ReceiveFlowController(1000, 64_000);
        var now = new Instant(1);
        flow.Grant(now, Rtt);
        for (int i = 0; i < 20; i++)
        {
            flow.OnConsumed(500);
            now += (2 * Rtt) + TimeSpan.FromTicks(1);
            flow.Grant(now, Rtt);
        }

        Assert.Equal(1000u, flow.Window);
    }

    [Fact]
    public void Fc04_StreamsAreGrantedAsOthersFinish()
    {
        var counts = new StreamCountController(8);
        for (int i = 0; i < 4; i++)
        {
            counts.OnOpened();
        }

        counts.OnFinished();
        Assert.False(counts.IsUpdateDue, "one of eight, and the peer has four left");
        counts.OnFinished();
        Assert.True(counts.IsUpdateDue);
        Assert.Equal(10u, counts.Grant());
        Assert.False(counts.IsUpdateDue);
    }

    [Fact]
    public void Fc04_APeerThatRunsOutOfStreamsGetsEachOneAtOnce()
    {
        var counts = new StreamCountController(8);
        for (int i = 0; i < 8; i++)
        {
            counts.OnOpened();
        }

        counts.OnFinished();
        Assert.True(counts.IsUpdateDue);
        Assert.Equal(9u, counts.Grant());
    }
}
