using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Frames;

/// <summary>The values that exist to be ignored (RFC 9114 §7.2.8).</summary>
public sealed class ReservedValueTests
{
    [Theory]
    [InlineData(0x21UL, true)]
    [InlineData(0x40UL, true)]
    [InlineData(0x22UL, false)]
    [InlineData(0x02UL, false)]
    [InlineData(0UL, false)]
    public void ReservedValuesAreOneIn31(ulong value, bool isReserved)
    {
        Assert.Equal(isReserved, ReservedValue.Is(value));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x123456789abcdefUL)]
    public void AnySeedGivesAReservedValueThatCanBeWritten(ulong seed)
    {
        Assert.True(ReservedValue.Is(ReservedValue.From(seed)));
        Assert.InRange(ReservedValue.From(seed), 0x21UL, VarInt.MaxValue);
    }
}
