using BenchmarkDotNet.Attributes;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>One packet's payload by each width of ChaCha20-Poly1305, whatever this processor would choose, and by the platform.</summary>
[MemoryDiagnoser]
public class ChaCha20Poly1305Benchmarks
{
    private readonly byte[] _header = new byte[13];
    private byte[] _tail = null!;
    private byte[] _packet = null!;
    private byte[] _sealed = null!;
    private PacketAead _aead = null!;

    /// <summary>Bits of a vector; 0 for the platform's class.</summary>
    [Params(0, 128, 256, 512)]
    public int Width { get; set; }

    /// <summary>Bytes of plaintext.</summary>
    [Params(64, 1200, 1350, 1452)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _aead = Width switch
        {
            128 => new VectorisedChaCha20Poly1305Aead<ChaCha20Rows128, Poly1305Serial>(),
            256 => new VectorisedChaCha20Poly1305Aead<ChaCha20Rows256, Poly1305Lanes<Poly1305Lanes256>>(),
            512 => new VectorisedChaCha20Poly1305Aead<ChaCha20Rows512, Poly1305Lanes<Poly1305Lanes512>>(),
            _ => PacketAead.Create(CipherSuite.ChaCha20Poly1305Sha256, isPlatforms: true),
        };
        _aead.Rekey(new byte[32], new byte[12]);
        _tail = new byte[Length];
        _packet = new byte[Length + PacketAead.TagLength];
        Seal();
        _sealed = [.. _packet];
    }

    [Benchmark]
    public void Seal() => _aead.Seal(new PacketNumber(7), _header, _tail, _packet);

    [Benchmark]
    public bool Open()
    {
        _sealed.CopyTo(_packet, 0);
        return _aead.TryOpen(new PacketNumber(7), _header, _packet);
    }

    [GlobalCleanup]
    public void Cleanup() => _aead.Dispose();
}
