using BenchmarkDotNet.Attributes;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Time;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>A congestion controller's part in 64 ACK frames of two packets each, the first of which tells of a loss.</summary>
[MemoryDiagnoser]
public class CongestionBenchmarks : IHasRooms
{
    private const int Acknowledgements = 64;
    private const int PacketSize = 1200;

    private static readonly TimeSpan Rtt = TimeSpan.FromMilliseconds(20);

    private readonly CongestionOptions _options = CongestionOptions.Default;
    private ICongestionController _controller = null!;
    private Instant _now = new(TimeSpan.TicksPerSecond);

    public static IEnumerable<Room> Rooms =>
        from algorithm in Enum.GetValues<CongestionControlAlgorithm>()
        select new Room($"congestion control, {algorithm}", () =>
        {
            var benchmarks = new CongestionBenchmarks { Algorithm = (int)algorithm };
            benchmarks.Setup();
            return benchmarks.AcknowledgeWindow;
        });

    /// <summary>0 is CUBIC, 1 is NewReno.</summary>
    [Params((int)CongestionControlAlgorithm.Cubic, (int)CongestionControlAlgorithm.NewReno)]
    public int Algorithm { get; set; }

    [GlobalSetup]
    public void Setup() => _controller = new CongestionControllers().Begin((CongestionControlAlgorithm)Algorithm, _options);

    [Benchmark(OperationsPerInvoke = Acknowledgements)]
    public void AcknowledgeWindow()
    {
        Instant sentAt = _now;
        _now += Rtt;
        Expect.True(_controller.OnCongestionEvent(new CongestionEvent(sentAt, _now, IsEcn: false)));
        for (int i = 0; i < Acknowledgements; i++)
        {
            _now += TimeSpan.FromMicroseconds(100);
            _controller.OnPacketSent(PacketSize, _now);
            _controller.OnPacketSent(PacketSize, _now);
            _controller.OnAcknowledged(new AcknowledgedBatch
            {
                Bytes = 2 * PacketSize,
                EarliestSentAt = _now,
                LatestSentAt = _now,
                Now = _now,
                RttSample = Rtt,
                SmoothedRtt = Rtt,
                MinRtt = Rtt,
                BytesInFlightBefore = _controller.CongestionWindow,
                IsApplicationLimited = false,
                BytesDelivered = 2 * PacketSize,
                DeliveryInterval = Rtt,
            });
        }
    }
}
