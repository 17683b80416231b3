using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Wire;

/// <summary>Reading and writing fields in network order.</summary>
public class WireReaderTests
{
    [Fact]
    public void Pkt12_WhatWasWrittenIsReadBack()
    {
        byte[] buffer = new byte[64];
        var writer = new WireWriter(buffer);
        writer.WriteByte(0x01);
        writer.WriteUInt16(0x0203);
        writer.WriteUInt24(0x040506);
        writer.WriteUInt32(0x0708090a);
        writer.WriteVarInt(15293);
        writer.WriteVarInt(3);
        writer.WriteBytes([0xaa, 0xbb, 0xcc]);
        writer.WriteZeros(4);
        Assert.Equal("0102030405060708090a7bbd03aabbcc00000000", Hex.Of(writer.Written));

        var reader = new WireReader(writer.Written);
        Assert.True(reader.TryReadByte(out byte one) && one == 0x01);
        Assert.True(reader.TryReadUInt16(out ushort two) && two == 0x0203);
        Assert.True(reader.TryReadUInt24(out int three) && three == 0x040506);
        Assert.True(reader.TryReadUInt32(out uint four) && four == 0x0708090a);
        Assert.True(reader.TryReadVarInt(out ulong number) && number == 15293);
        Assert.True(reader.TryReadVarIntPrefixed(out ReadOnlySpan<byte> bytes) && Hex.Of(bytes) == "aabbcc");
        Assert.Equal(4, reader.SkipZeros());
        Assert.True(reader.IsEmpty);
    }

    [Fact]
    public void Pkt12_AReadPastTheEndIsRefusedAndConsumesNothing()
    {
        byte[] source = Hex.Bytes("ff 41");
        var reader = new WireReader(source);
        Assert.False(reader.TryReadUInt24(out _));
        Assert.False(reader.TryReadUInt32(out _));
        Assert.False(reader.TryReadVarInt(out _));
        Assert.False(reader.TryReadVarIntPrefixed(out _));
        Assert.False(reader.TryReadBytes(3, out _));
        Assert.False(reader.TryReadBytes(ulong.MaxValue, out _));
        Assert.Equal((0, 2), (reader.Position, reader.Remaining));
        Assert.True(reader.TryReadByte(out _));
        Assert.False(reader.TryReadUInt16(out _));
        Assert.False(reader.TryReadVarInt(out _));
        Assert.Equal("41", Hex.Of(reader.ReadRest()));
        Assert.False(reader.TryReadByte(out _));
    }

    [Fact]
    public void Pkt12_APrefixedLengthBeyondTheEndLeavesTheReaderAtThePrefix()
    {
        var reader = new WireReader(Hex.Bytes("03 aa bb"));
        Assert.False(reader.TryReadVarIntPrefixed(out _));
        Assert.Equal(0, reader.Position);
    }
}
