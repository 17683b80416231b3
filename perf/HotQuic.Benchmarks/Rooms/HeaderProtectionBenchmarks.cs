using BenchmarkDotNet.Attributes;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>The headers of full-sized 1-RTT packets: masks of a train on both sides, and of a packet that comes alone.</summary>
[MemoryDiagnoser]
public class HeaderProtectionBenchmarks : IHasRooms
{
    private const int NumberOffset = 9;
    private const int TrainLength = 16;
    private const int SegmentSize = 1452;

    private readonly byte[] _train = new byte[TrainLength * SegmentSize];
    private readonly HeaderMasks _masks = new();
    private PacketKeys _keys = null!;

    public static IEnumerable<Room> Rooms =>
        from suite in new[] { CipherSuite.Aes128GcmSha256, CipherSuite.ChaCha20Poly1305Sha256 }
        from room in new Room[]
        {
            new($"header masks put on a train, {suite}", () => Of(suite).ProtectTrain),
            new($"header masks taken off a train, {suite}", () => Of(suite).UnprotectTrainOnce),
            new($"header mask of one packet, {suite}", () => Of(suite).ProtectAndUnprotect),
        }
        select room;

    /// <summary>The suite's code point; AES-256 protects with other keys, and otherwise as AES-128 does.</summary>
    [Params(0x1301, 0x1302, 0x1303)]
    public int Suite { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var suite = (CipherSuite)Suite;
        _keys = PacketKeys.Derive(QuicVersion.Version1, suite, new byte[suite.Facts().SecretLength], CipherBackend.Auto);
    }

    [Benchmark(OperationsPerInvoke = TrainLength)]
    public void ProtectTrain() => PacketProtector.ProtectTrain(_keys.HeaderProtection, _train, SegmentSize, NumberOffset);

    /// <summary>The headers of packets that came together.</summary>
    [Benchmark(OperationsPerInvoke = TrainLength)]
    public int UnprotectTrain()
    {
        int sum = 0;
        for (int i = 0; i < TrainLength; i++)
        {
            _masks.TryUnprotect(
                _keys.HeaderProtection, _train.AsSpan(i * SegmentSize, SegmentSize), _train.AsSpan((i + 1) * SegmentSize), NumberOffset, out UnprotectedHeader header);
            sum += header.PacketNumberLength;
        }

        return sum;
    }

    /// <summary>The header of a packet that goes or comes alone: its mask put on, and taken off.</summary>
    [Benchmark]
    public void ProtectAndUnprotect()
    {
        _train[0] = 0x43;
        PacketProtector.Protect(_keys.HeaderProtection, _train.AsSpan(0, SegmentSize), NumberOffset);
        Expect.True(PacketProtector.TryUnprotect(_keys.HeaderProtection, _train.AsSpan(0, SegmentSize), NumberOffset, out _));
    }

    internal static HeaderProtectionBenchmarks Of(CipherSuite suite)
    {
        var benchmarks = new HeaderProtectionBenchmarks { Suite = (int)suite };
        benchmarks.Setup();
        return benchmarks;
    }

    private void UnprotectTrainOnce() => _ = UnprotectTrain();
}
