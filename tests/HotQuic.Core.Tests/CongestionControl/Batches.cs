using HotQuic.Core.CongestionControl;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.CongestionControl;

/// <summary>Drives a controller alone: a full window is sent, and acknowledged a round trip later in batches.</summary>
internal static class Batches
{
    public const int Mds = 1200;

    public static Instant At(double milliseconds) => new((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    public static AcknowledgedBatch Batch(ICongestionController controller, double nowMs, double rttMs, long bytes = Mds) => new()
    {
        Bytes = bytes,
        EarliestSentAt = At(nowMs - rttMs),
        LatestSentAt = At(nowMs - rttMs),
        Now = At(nowMs),
        RttSample = Ms(rttMs),
        SmoothedRtt = Ms(rttMs),
        MinRtt = Ms(rttMs),
        BytesInFlightBefore = controller.CongestionWindow,
        IsApplicationLimited = false,
        BytesDelivered = bytes,
        DeliveryInterval = Ms(rttMs),
    };

    public static bool Lose(ICongestionController controller, double sentMs, double nowMs) =>
        controller.OnCongestionEvent(new CongestionEvent(At(sentMs), At(nowMs), IsEcn: false));

    /// <summary>Acknowledges one window in so many batches that end a round trip after <paramref name="startMs"/>.</summary>
    public static double AcknowledgeWindow(ICongestionController controller, double startMs, double rttMs, int batches = 10)
    {
        long share = controller.CongestionWindow / batches;
        for (int i = 1; i <= batches; i++)
        {
            controller.OnAcknowledged(Batch(controller, startMs + (rttMs * i / batches), rttMs, share));
        }

        return startMs + rttMs;
    }
}
