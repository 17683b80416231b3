using System.Net;

namespace HotQuic.Udp.Tests;

public sealed class UdpAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", 443)]
    [InlineData("255.254.253.252", 65535)]
    [InlineData("0.0.0.0", 0)]
    [InlineData("::", 1)]
    [InlineData("::1", 4433)]
    [InlineData("2001:db8:1:2:3:4:5:6", 53)]
    [InlineData("fe80::1%7", 9)]
    public void AnEndPointComesBackAsItWas(string address, int port)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);
        var value = UdpAddress.From(endPoint);
        Assert.Equal(endPoint, value.ToIPEndPoint());
        Assert.Equal(endPoint.ToString(), value.ToString());
        Assert.Equal(value, UdpAddress.From(endPoint));
        Assert.Equal(value.GetHashCode(), UdpAddress.From(endPoint).GetHashCode());
    }

    [Fact]
    public void AMappedAddressIsTheIPv4AddressItStandsFor()
    {
        var mapped = UdpAddress.From(IPAddress.Parse("::ffff:192.0.2.7"), 5);
        var plain = UdpAddress.From(IPAddress.Parse("192.0.2.7"), 5);
        Assert.Equal(plain, mapped);
        Assert.Equal(UdpFamily.IPv4, mapped.Family);

        byte[] bytes = new byte[16];
        plain.CopyMappedTo(bytes);
        Assert.Equal(IPAddress.Parse("::ffff:192.0.2.7").GetAddressBytes(), bytes);
        Assert.Equal(4, plain.CopyTo(bytes));
        Assert.Equal(new byte[] { 192, 0, 2, 7 }, bytes[..4]);
    }

    [Fact]
    public void AZoneCountsOnlyWhereItNamesSomething()
    {
        byte[] global = IPAddress.Parse("2001:db8::1").GetAddressBytes();
        byte[] linkLocal = IPAddress.Parse("fe80::1").GetAddressBytes();
        Assert.Equal(new UdpAddress(global, 1), new UdpAddress(global, 1, scopeId: 3));
        Assert.NotEqual(new UdpAddress(linkLocal, 1), new UdpAddress(linkLocal, 1, scopeId: 3));
    }

    [Fact]
    public void FamilyAddressAndPortTellAddressesApart()
    {
        UdpAddress[] all =
        [
            default,
            UdpAddress.From(IPAddress.Any, 0),
            UdpAddress.From(IPAddress.IPv6Any, 0),
            UdpAddress.From(IPAddress.Loopback, 1),
            UdpAddress.From(IPAddress.Loopback, 2),
            UdpAddress.From(IPAddress.IPv6Loopback, 1),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.True(all[3].HasSameAddress(all[4]));
        Assert.False(all[3].HasSameAddress(all[5]));
        Assert.Equal(all[4], all[3].WithPort(2));
        Assert.True(all[3] != all[4]);
    }

    [Fact]
    public void NoAddressIsNeitherUnspecifiedNorConvertible()
    {
        UdpAddress none = default;
        Assert.True(none.IsNone);
        Assert.False(none.IsUnspecified);
        Assert.True(UdpAddress.From(IPAddress.Any, 9).IsUnspecified);
        Assert.True(UdpAddress.From(IPAddress.IPv6Any, 9).IsUnspecified);
        Assert.False(UdpAddress.From(IPAddress.IPv6Loopback, 9).IsUnspecified);
        Assert.True(none.WithPort(3).IsNone);
        Assert.Equal("none", none.ToString());
        Assert.Throws<InvalidOperationException>(none.ToIPEndPoint);
        Assert.Throws<ArgumentException>(() => new UdpAddress(new byte[5], 1));
    }
}
