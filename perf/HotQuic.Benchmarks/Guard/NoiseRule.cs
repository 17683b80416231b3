namespace HotQuic.Benchmarks.Guard;

/// <summary>What became of a room.</summary>
internal enum RoomVerdict
{
    /// <summary>As fast as before, as far as one look tells.</summary>
    NotSlower,

    /// <summary>The first look raised a suspicion, which the second did not confirm.</summary>
    Cleared,

    /// <summary>Both looks found it slower.</summary>
    Slower,
}

/// <summary>
/// When a room counts as slower. Identical builds differ by some percent from process to process, as code and data come to lie differently, and
/// the machine's speed drifts by half within a minute. So the two builds take turns within a millisecond; what a process finds is one figure, the median of its
/// visits; and over all processes the median of these figures counts, with the interval in which it lies. A room whose median is above
/// <see cref="Suspicion"/> is looked at again, in twice as many other processes. It is slower where that second look alone finds a median above
/// <see cref="Limit"/>, and the whole interval above <see cref="Floor"/>.
/// </summary>
internal static class NoiseRule
{
    /// <summary>Of the present build's time by the baseline's.</summary>
    public const double Suspicion = 1.03;

    public const double Limit = 1.05;

    public const double Floor = 1.02;

    public static bool IsSuspect(Estimate firstLook) => firstLook.Median > Suspicion;

    public static bool IsSlower(Estimate secondLook) => secondLook.Median > Limit && secondLook.Low > Floor;
}
