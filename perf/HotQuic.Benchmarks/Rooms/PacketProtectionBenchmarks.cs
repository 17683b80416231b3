using BenchmarkDotNet.Attributes;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>One 1-RTT packet: sealed, or opened, with header protection.</summary>
[MemoryDiagnoser]
public class PacketProtectionBenchmarks : IHasRooms
{
    private const int HeaderLength = 13;
    private const int NumberOffset = 9;

    /// <summary>Frames' own bytes, in place; the rest lies in the stream's buffer.</summary>
    private const int HeadLength = 11;

    private byte[] _packet = [];
    private byte[] _sealed = [];
    private byte[] _tail = [];
    private PacketKeys _keys = null!;

    public static IEnumerable<Room> Rooms =>
        from suite in new[] { CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.ChaCha20Poly1305Sha256 }
        from length in suite == CipherSuite.Aes128GcmSha256 ? new[] { 64, 1452 } : [1452]
        from room in new Room[]
        {
            new($"seal {length}, {suite}", () => Of(suite, length).Seal),
            new($"open {length}, {suite}", () => Of(suite, length).OpenOrThrow),
        }
        select room;

    /// <summary>The suite's code point.</summary>
    [Params(0x1301, 0x1302, 0x1303)]
    public int Suite { get; set; }

    /// <summary>Bytes of the packet, header and tag included.</summary>
    [Params(64, 1200, 1350, 1452)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var suite = (CipherSuite)Suite;
        _keys = PacketKeys.Derive(QuicVersion.Version1, suite, new byte[suite.Facts().SecretLength], CipherBackend.Auto);
        _packet = new byte[Length];
        _tail = new byte[Length - HeaderLength - HeadLength - PacketAead.TagLength];
        Seal();
        _sealed = [.. _packet];
    }

    [Benchmark]
    public void Seal()
    {
        _packet[0] = 0x43;
        _keys.Aead.Seal(new PacketNumber(7), _packet.AsSpan(0, HeaderLength), _tail, _packet.AsSpan(HeaderLength));
        PacketProtector.Protect(_keys.HeaderProtection, _packet, NumberOffset);
    }

    [Benchmark]
    public bool Open()
    {
        _sealed.CopyTo(_packet, 0);
        return PacketProtector.TryUnprotect(_keys.HeaderProtection, _packet, NumberOffset, out _)
            && _keys.Aead.TryOpen(new PacketNumber(7), _packet.AsSpan(0, HeaderLength), _packet.AsSpan(HeaderLength));
    }

    internal static PacketProtectionBenchmarks Of(CipherSuite suite, int length)
    {
        var benchmarks = new PacketProtectionBenchmarks { Suite = (int)suite, Length = length };
        benchmarks.Setup();
        return benchmarks;
    }

    internal void OpenOrThrow() => Expect.True(Open());
}
