using System.Reflection;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>
/// The rooms of this build, for the time guard, which loads two builds of this assembly side by side: it knows nothing of their types, and calls
/// by reflection what names only the runtime's own. A class that a build lacks takes its rooms with it, and nothing else.
/// </summary>
internal static class RoomCatalogue
{
    private static readonly Dictionary<string, Room> Rooms = typeof(RoomCatalogue).Assembly.GetTypes()
        .Where(type => type.IsClass && type.IsAssignableTo(typeof(IHasRooms)))
        .SelectMany(type => (IEnumerable<Room>)type.GetProperty(nameof(IHasRooms.Rooms), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)
        .ToDictionary(room => room.Name);

    public static string[] Names() => [.. Rooms.Keys];

    /// <summary>Opens a room and gives what does its operation so many times.</summary>
    public static Action<int> Open(string name)
    {
        Action operation = Rooms[name].Open();
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                operation();
            }
        };
    }
}
