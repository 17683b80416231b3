using BenchmarkDotNet.Attributes;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Benchmarks;

/// <summary>One full-sized 1-RTT packet: sealed, or opened, with header protection.</summary>
[MemoryDiagnoser]
public class PacketProtectionBenchmarks
{
    private const int HeaderLength = 13;
    private const int NumberOffset = 9;
    private const int TrainLength = 16;

    private readonly byte[] _packet = new byte[1452];
    private readonly byte[] _sealed = new byte[1452];
    private readonly byte[] _tail = new byte[1300];
    private readonly byte[] _train = new byte[TrainLength * 1452];
    private readonly HeaderMasks _masks = new();
    private PacketKeys _keys = null!;

    /// <summary>The suite's code point.</summary>
    [Params(0x1301, 0x1302, 0x1303)]
    public int Suite { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var suite = (CipherSuite)Suite;
        _keys = PacketKeys.Derive(QuicVersion.Version1, suite, new byte[suite.Facts().SecretLength], CipherBackend.Auto);
        _packet[0] = 0x43;
        Seal();
        _packet.CopyTo(_sealed, 0);
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

    /// <summary>The headers of packets that came together.</summary>
    [Benchmark(OperationsPerInvoke = TrainLength)]
    public int UnprotectTrain()
    {
        int sum = 0;
        for (int i = 0; i < TrainLength; i++)
        {
            _masks.TryUnprotect(
                _keys.HeaderProtection, _train.AsSpan(i * 1452, 1452), _train.AsSpan((i + 1) * 1452), NumberOffset, out UnprotectedHeader header);
            sum += header.PacketNumberLength;
        }

        return sum;
    }

    /// <summary>The header of a packet that came alone.</summary>
    [Benchmark]
    public bool Unprotect() => PacketProtector.TryUnprotect(_keys.HeaderProtection, _packet, NumberOffset, out _);
}
