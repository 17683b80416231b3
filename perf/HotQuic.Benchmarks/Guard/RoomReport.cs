using System.Text.Json.Serialization;

namespace HotQuic.Benchmarks.Guard;

/// <summary>What the guard found of one room.</summary>
/// <param name="Room">Its name.</param>
/// <param name="BaselineNanoseconds">Of an operation, in the median of the first look.</param>
/// <param name="FirstLook">The present build's time by the baseline's.</param>
/// <param name="SecondLook">The same, where there was a suspicion.</param>
internal sealed record RoomReport(string Room, double BaselineNanoseconds, Estimate FirstLook, Estimate? SecondLook)
{
    public RoomVerdict Verdict => SecondLook switch
    {
        null => RoomVerdict.NotSlower,
        { } second => NoiseRule.IsSlower(second) ? RoomVerdict.Slower : RoomVerdict.Cleared,
    };
}

/// <summary>The whole result, as it is kept in JSON.</summary>
/// <param name="Baseline">What the present build was compared with.</param>
/// <param name="Rounds">Processes of the first look.</param>
/// <param name="Seconds">How long it took to measure.</param>
/// <param name="Rooms">The rooms that both builds have.</param>
/// <param name="NotCompared">Rooms of the present build that do not compile with the baseline.</param>
internal sealed record GuardReport(string Baseline, int Rounds, double Seconds, RoomReport[] Rooms, string[] NotCompared)
{
    [JsonIgnore]
    public IEnumerable<RoomReport> Slower => Rooms.Where(room => room.Verdict == RoomVerdict.Slower);
}
