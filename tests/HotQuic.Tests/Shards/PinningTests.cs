using System.Diagnostics.Metrics;
using System.Runtime.Versioning;
using HotQuic.Ports;
using HotQuic.Udp.Linux;

namespace HotQuic.Tests.Shards;

/// <summary>Shards that stay on one processor each, and those that do not.</summary>
[SupportedOSPlatform("linux")]
public sealed class PinningTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EachShardStaysOnItsProcessorWhereThatIsWanted(bool pins)
    {
        Skip.IfNot(LinuxUdpSocket.IsSupported);
        int[] all = ProcessorSet.Of(Environment.ProcessId);
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = all.Length + 1, PinShards = pins });
        for (int i = 0; i <= all.Length; i++)
        {
            int[] own = [];
            await engine.Shards[i].RunAsync(_ => own = ProcessorSet.Of(0)).WaitAsync(Engine.Pair.Patience);
            Assert.Equal(pins ? [all[i % all.Length]] : all, own);
            Assert.Equal(pins, engine.Shards[i].IsPinned);
        }

        if (pins)
        {
            Assert.InRange(PinnedShards(), all.Length + 1, long.MaxValue);
        }
    }

    private static long PinnedShards()
    {
        long pinned = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, self) =>
        {
            if (instrument.Meter.Name == ListenerMetrics.MeterName && instrument.Name == "hotquic.shards")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => pinned += tags[0] is { Key: "pinned", Value: true } ? value : 0);
        listener.Start();
        listener.RecordObservableInstruments();
        return pinned;
    }
}
