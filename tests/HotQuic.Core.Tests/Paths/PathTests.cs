using System.Net;
using HotQuic.Core.Paths;
using HotQuic.Core.Tests.Wire;
using Path = HotQuic.Core.Paths.Path;

namespace HotQuic.Core.Tests.Paths;

/// <summary>The anti-amplification limit, RFC 9000 §8.</summary>
public class PathTests
{
    [Fact]
    public void Amp01_BeforeValidationThreeTimesTheBytesReceivedMayBeSent()
    {
        Path path = NewPath();
        Assert.False(path.IsValidated);
        Assert.Equal(0, path.SendAllowance);
        path.OnDatagramReceived(1200);
        Assert.Equal(3600, path.SendAllowance);
        path.OnDatagramSent(1200);
        path.OnDatagramSent(1200);
        Assert.Equal(1200, path.SendAllowance);
        path.OnDatagramReceived(50);
        Assert.Equal(1350, path.SendAllowance);
        Assert.Equal((1250L, 2400L), (path.BytesReceived, path.BytesSent));
    }

    [Fact]
    public void Amp01_TheAllowanceIsNeverNegative()
    {
        Path path = NewPath();
        path.OnDatagramReceived(100);
        path.OnDatagramSent(301);
        Assert.Equal(0, path.SendAllowance);
        path.OnDatagramReceived(1);
        Assert.Equal(2, path.SendAllowance);
    }

    [Fact]
    public void Amp01_NoOrderOfSendingWithinTheAllowanceExceedsThreeTimes()
    {
        Seeded.Run(200, random =>
        {
            Path path = NewPath();
            for (int i = 0; i < 100; i++)
            {
                if (random.Next(3) == 0)
                {
                    path.OnDatagramReceived(random.Next(1, 1500));
                }

                int size = random.Next(1, 1500);
                if (size <= path.SendAllowance)
                {
                    path.OnDatagramSent(size);
                }

                Assert.True(path.BytesSent <= 3 * path.BytesReceived);
            }
        });
    }

    [Fact]
    public void Amp02_OnceValidatedThereIsNoLimit()
    {
        Path path = NewPath();
        path.OnDatagramReceived(1200);
        path.OnDatagramSent(3600);
        Assert.Equal(0, path.SendAllowance);
        path.Validate();
        Assert.True(path.IsValidated);
        Assert.Equal(long.MaxValue, path.SendAllowance);
    }

    [Fact]
    public void Amp02_APathMayBeValidatedFromTheStart()
    {
        var path = new Path(Address("192.0.2.1:443"), Address("192.0.2.2:5000")) { IsValidated = true };
        Assert.Equal(long.MaxValue, path.SendAllowance);
    }

    [Fact]
    public void Amp07_EachPathHasItsOwnLimit()
    {
        Path one = NewPath();
        Path other = NewPath();
        one.OnDatagramReceived(1200);
        one.Validate();
        Assert.Equal(0, other.SendAllowance);
        Assert.Equal(one.Addresses, other.Addresses);
        Assert.Equal(Path.MinDatagramSize, other.Mtu);
    }

    private static Path NewPath() => new(Address("192.0.2.1:443"), Address("192.0.2.2:5000"));

    private static PathAddress Address(string text) => PathAddress.From(IPEndPoint.Parse(text));
}
