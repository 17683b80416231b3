using BenchmarkDotNet.Attributes;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>A whole connection on both sides, from the first Initial to drained, without sockets; certificates and signatures aside.</summary>
[MemoryDiagnoser]
public class HandshakeBenchmarks : IHasRooms
{
    private readonly DirectPair _pair = new();
    private readonly TlsClientConfiguration _configuration = TestTls.Client([CipherSuite.Aes128GcmSha256]);

    public static IEnumerable<Room> Rooms => [new("handshake in memory, both sides", () => new HandshakeBenchmarks().Handshake)];

    [GlobalCleanup]
    public void Cleanup() => _pair.Dispose();

    /// <summary>Both sides.</summary>
    [Benchmark]
    public void Handshake()
    {
        _pair.Connect(_configuration);
        _pair.Close();
    }
}
