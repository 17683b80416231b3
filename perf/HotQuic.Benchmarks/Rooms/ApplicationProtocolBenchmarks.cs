using System.Text;
using BenchmarkDotNet.Attributes;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>Whether a ClientHello offers a protocol, which each listener of a port is asked.</summary>
[MemoryDiagnoser]
public class ApplicationProtocolBenchmarks : IHasRooms
{
    private readonly byte[] _wanted = Encoding.ASCII.GetBytes("hq-interop");
    private byte[] _extension = [];

    public static IEnumerable<Room> Rooms =>
    [
        new("ALPN match, the last of 8", () => Of(8).MatchOrThrow),
    ];

    /// <summary>Protocols that the client offers; the wanted one comes last.</summary>
    [Params(1, 8, 64)]
    public int Offered { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var names = new List<byte>();
        for (int i = 1; i <= Offered; i++)
        {
            byte[] name = i == Offered ? _wanted : Encoding.ASCII.GetBytes($"protocol-{i}");
            names.Add((byte)name.Length);
            names.AddRange(name);
        }

        _extension = [(byte)(names.Count >> 8), (byte)names.Count, .. names];
    }

    [Benchmark]
    public bool Match() => ApplicationProtocolList.TryRead(_extension, out ApplicationProtocolList list) && list.Contains(_wanted);

    internal static ApplicationProtocolBenchmarks Of(int offered)
    {
        var benchmarks = new ApplicationProtocolBenchmarks { Offered = offered };
        benchmarks.Setup();
        return benchmarks;
    }

    internal void MatchOrThrow() => Expect.True(Match());
}
