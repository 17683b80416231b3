namespace HotQuic.Benchmarks.Rooms;

/// <summary>A room of the data path as the time guard visits it: a benchmark's own method, with parameters chosen.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Open">
/// Makes everything anew that is measured, so that it lies elsewhere in memory each time, and gives the operation: 50 ns or more, since calling it
/// costs something too.
/// </param>
public sealed record Room(string Name, Func<Action> Open);

/// <summary>A class of benchmarks with methods that the time guard repeats.</summary>
public interface IHasRooms
{
    static abstract IEnumerable<Room> Rooms { get; }
}
