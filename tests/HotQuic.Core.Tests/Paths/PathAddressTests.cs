using System.Net;
using HotQuic.Core.Paths;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Paths;

/// <summary>Addresses by value.</summary>
public class PathAddressTests
{
    [Theory]
    [InlineData("192.0.2.1:443")]
    [InlineData("255.255.255.255:65535")]
    [InlineData("0.0.0.0:0")]
    [InlineData("[2001:db8::1]:443")]
    [InlineData("[fe80::1%7]:443")]
    [InlineData("[::ffff:192.0.2.1]:443")]
    [InlineData("[::]:0")]
    public void Mig12_AnEndPointComesBackAsItWas(string text)
    {
        var endPoint = IPEndPoint.Parse(text);
        var address = PathAddress.From(endPoint);
        Assert.Equal(endPoint, address.ToIPEndPoint());
        Assert.Equal(endPoint.ToString(), address.ToString());
        Assert.Equal(PathAddress.From(IPEndPoint.Parse(text)), address);
    }

    [Fact]
    public void Mig12_AddressesDifferByFamilyAddressPortAndScope()
    {
        string[] different =
        [
            "192.0.2.1:1", "192.0.2.2:1", "192.0.2.1:2", "[::ffff:192.0.2.1]:1",
            "[fe80::1%1]:1", "[fe80::1%2]:1", "[fe80::1]:1", "0.0.0.0:0",
        ];
        PathAddress[] addresses = [default, .. different.Select(text => PathAddress.From(IPEndPoint.Parse(text)))];
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
    }

    [Fact]
    public void Mig12_TheBytesOfASocketAddressGiveTheSame()
    {
        Assert.Equal(Address("192.0.2.1:443"), PathAddress.FromIPv4(Hex.Bytes("c0000201"), 443));
        Assert.Equal(Address("[fe80::1%7]:443"), PathAddress.FromIPv6(Hex.Bytes("fe800000000000000000000000000001"), 443, 7));
        PathAddress six = PathAddress.FromIPv6(Hex.Bytes("fe800000000000000000000000000001"), 443, 7);
        Assert.Equal((PathAddressFamily.IPv6, (ushort)443, 7u), (six.Family, six.Port, six.ScopeId));
    }

    [Fact]
    public void OnlyALinkLocalAddressKeepsItsScope()
    {
        Assert.Equal(Address("[::1]:443"), Address("[::1%1]:443"));
        Assert.Equal(Address("[2001:db8::1]:443"), PathAddress.FromIPv6(Hex.Bytes("20010db8000000000000000000000001"), 443, 7));
        Assert.NotEqual(Address("[febf::1%1]:443"), Address("[febf::1]:443"));
        Assert.Equal(Address("[fec0::1%1]:443"), Address("[fec0::1]:443"));
    }

    [Fact]
    public void Mig12_ADefaultAddressIsNone()
    {
        PathAddress none = default;
        Assert.Equal(PathAddressFamily.None, none.Family);
        Assert.Equal("none", none.ToString());
        Assert.Throws<InvalidOperationException>(() => none.ToIPEndPoint());
    }

    [Theory]
    [InlineData("192.0.2.1:1", "192.0.2.1:2", true)]
    [InlineData("192.0.2.1:1", "192.0.2.1:1", false)]
    [InlineData("192.0.2.1:1", "192.0.2.2:2", false)]
    [InlineData("[fe80::1%1]:1", "[fe80::1%1]:65535", true)]
    [InlineData("[fe80::1%1]:1", "[fe80::1%2]:2", false)]
    [InlineData("192.0.2.1:1", "[::ffff:192.0.2.1]:2", false)]
    public void Mig12_WhetherOnlyThePortChangedCanBeAsked(string one, string other, bool expected) =>
        Assert.Equal(expected, Address(one).DiffersOnlyInPort(Address(other)));

    [Theory]
    [InlineData("192.0.2.1:1", "c0000201")]
    [InlineData("[::ffff:192.0.2.1]:1", "c0000201")]
    public void Retry10_AnIPv4AddressHasOneFormOfBytes(string text, string last)
    {
        byte[] bytes = new byte[PathAddress.AddressLength];
        Address(text).WriteBytes(bytes);
        Assert.Equal("00000000000000000000ffff" + last, Hex.Of(bytes));
    }

    [Theory]
    [InlineData("192.0.2.1:1", "192.0.2.255:9", true)]
    [InlineData("192.0.2.1:1", "192.0.3.1:1", false)]
    [InlineData("192.0.2.1:1", "[::ffff:192.0.2.7]:1", true)]
    [InlineData("[2001:db8:0:100::1]:1", "[2001:db8:0:1ff:ffff::]:2", true)]
    [InlineData("[2001:db8:0:100::1]:1", "[2001:db8:0:200::1]:1", false)]
    public void Rst02_OneNetworkSharesOneBudget(string one, string other, bool isSame)
    {
        Assert.Equal(isSame, Address(one).PrefixHash(12345) == Address(other).PrefixHash(12345));
        Assert.NotEqual(Address(one).PrefixHash(12345), Address(one).PrefixHash(54321));
    }

    [Fact]
    public void Rst02_NetworksSpreadOverTheBuckets()
    {
        int[] buckets = new int[64];
        for (int i = 0; i < 6400; i++)
        {
            buckets[(int)(PathAddress.FromIPv4([10, (byte)(i >> 8), (byte)i, 1], 443).PrefixHash(99) % 64)]++;
        }

        Assert.All(buckets, count => Assert.InRange(count, 50, 150));
    }

    private static PathAddress Address(string text) => PathAddress.From(IPEndPoint.Parse(text));
}
