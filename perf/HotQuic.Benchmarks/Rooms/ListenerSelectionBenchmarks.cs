using System.Net;
using System.Net.Security;
using BenchmarkDotNet.Attributes;
using HotQuic.Core.Paths;
using HotQuic.Core.Tls.Messages;
using HotQuic.Ports;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>A ClientHello's way to its listener on a port that many share: the one that takes its protocol is the last that is asked.</summary>
[MemoryDiagnoser]
public class ListenerSelectionBenchmarks : IHasRooms
{
    private readonly PathAddress _local = PathAddress.From(new IPEndPoint(IPAddress.Loopback, 4433));
    private readonly PathAddress _remote = PathAddress.From(new IPEndPoint(IPAddress.Loopback, 50000));
    private BindingTable _table = BindingTable.Empty;
    private byte[] _extension = [];

    public static IEnumerable<Room> Rooms =>
    [
        new("listener selected, the last of 8 on a port", Open),
    ];

    /// <summary>Listeners on the port, on one address, with a protocol each.</summary>
    [Params(1, 8, 64)]
    public int Listeners { get; set; }

    /// <summary>Protocols that the client offers; the wanted one comes last.</summary>
    [Params(1, 4)]
    public int Offered { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _table = BindingTable.Empty;
        for (int i = 1; i <= Listeners; i++)
        {
            var options = new QuicListenerOptions { ApplicationProtocols = [new SslApplicationProtocol($"service-{i}/1")] };
            var entry = new AcceptQueueEntry(options, new ListenerCounters(total: null), new HandshakeMemory());
            _table = _table.With(new PortBinding(entry, IPAddress.Loopback, 4433, new ProtocolNames(options.ApplicationProtocols)));
        }

        var names = new List<byte>();
        for (int i = 1; i <= Offered; i++)
        {
            byte[] name = System.Text.Encoding.ASCII.GetBytes(i == Offered ? $"service-{Listeners}/1" : $"other-{i}");
            names.Add((byte)name.Length);
            names.AddRange(name);
        }

        _extension = [(byte)(names.Count >> 8), (byte)names.Count, .. names];
    }

    [Benchmark]
    public bool Select() => ApplicationProtocolList.TryRead(_extension, out ApplicationProtocolList offered)
        && _table.Select(offered, _local, _remote, out _, out _) == SelectionOutcome.Found;

    private static Action Open()
    {
        var benchmarks = new ListenerSelectionBenchmarks { Listeners = 8, Offered = 4 };
        benchmarks.Setup();
        return () => Expect.True(benchmarks.Select());
    }
}
