using System.Reflection;
using System.Runtime.Loader;
using HotQuic.Benchmarks.Rooms;

namespace HotQuic.Benchmarks.Guard;

/// <summary>
/// One build of this assembly and of all it measures, loaded beside another into one process: each has its own copies of the types, and both
/// share the runtime's. So the two can take turns within a millisecond, and the machine's drift is the same for both.
/// </summary>
internal sealed class GuardedBuild : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _resolver;
    private readonly Func<string, Action<int>> _open;

    /// <param name="path">The build's HotQuic.Benchmarks.dll.</param>
    public GuardedBuild(string path)
        : base(path)
    {
        _resolver = new AssemblyDependencyResolver(path);
        Type catalogue = LoadFromAssemblyPath(path).GetType(typeof(RoomCatalogue).FullName!, throwOnError: true)!;
        _open = catalogue.GetMethod(nameof(RoomCatalogue.Open))!.CreateDelegate<Func<string, Action<int>>>();
        Names = catalogue.GetMethod(nameof(RoomCatalogue.Names))!.CreateDelegate<Func<string[]>>()();
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>Opens a room anew and gives what does its operation so many times.</summary>
    public Action<int> Open(string room) => _open(room);

    protected override Assembly? Load(AssemblyName assemblyName) =>
        _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
}
