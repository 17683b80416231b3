using HotQuic.Http3.Connections;

namespace HotQuic.Http3.Tests.Connections;

public class StreamCreditTests
{
    [Fact]
    public void AConnectionThatWasNotToldItsLimitYetIsBetterThanOneThatIsAtIt()
    {
        StreamCredit full = new();
        full.Add(1);
        Assert.True(full.TryTake());
        StreamCredit untold = new();
        untold.Take();
        Assert.True(untold.IsBetterThan(full));
        Assert.False(full.IsBetterThan(untold));
    }

    [Fact]
    public void OfTwoThatWereToldTheOneWithMorePlacesOrTheShorterQueueIsBetter()
    {
        StreamCredit one = new();
        one.Add(2);
        StreamCredit other = new();
        other.Add(2);
        Assert.False(one.IsBetterThan(other));
        other.Take();
        Assert.True(one.IsBetterThan(other));
        one.Take();
        one.Take();
        one.Take();
        Assert.True(other.IsBetterThan(one));
    }
}
