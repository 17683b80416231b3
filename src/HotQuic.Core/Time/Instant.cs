namespace HotQuic.Core.Time;

/// <summary>
/// A point on a monotonic clock that somebody else reads: Core is given instants and never looks for one.
/// One unit is 100 ns, as in <see cref="TimeSpan"/>, which serves for the distance between two instants.
/// </summary>
internal readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>Later than every instant a clock can give: a deadline that is not set.</summary>
    public static Instant Never => new(long.MaxValue);

    public bool IsNever => Ticks == long.MaxValue;

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public static Instant Min(Instant a, Instant b) => a.Ticks <= b.Ticks ? a : b;

    public static Instant Max(Instant a, Instant b) => a.Ticks >= b.Ticks ? a : b;

    /// <summary>Adding to <see cref="Never"/>, or past the end of the clock, gives <see cref="Never"/>.</summary>
    public static Instant operator +(Instant instant, TimeSpan span) =>
        span.Ticks > 0 && instant.Ticks > long.MaxValue - span.Ticks ? Never : new Instant(instant.Ticks + span.Ticks);

    public static Instant operator -(Instant instant, TimeSpan span) => instant.IsNever ? instant : new Instant(instant.Ticks - span.Ticks);

    public static TimeSpan operator -(Instant later, Instant earlier) => new(later.Ticks - earlier.Ticks);

    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    public override string ToString() => IsNever ? "never" : TimeSpan.FromTicks(Ticks).ToString("c");
}
