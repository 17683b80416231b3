namespace HotQuic.Load.Transport;

/// <summary>The APIs by their names on the command line.</summary>
public static class ApiChoice
{
    /// <summary>What is used where none is named.</summary>
    public const string Default = "stream";

    private static readonly (string Name, PerfApi Api)[] Apis =
        [(Default, PerfApi.Stream), ("stream-pool", PerfApi.StreamOnPool), ("handler", PerfApi.Handler)];

    /// <summary>All names.</summary>
    public static string[] Names { get; } = [.. Apis.Select(entry => entry.Name)];

    /// <summary>The API of a name; the default for none.</summary>
    public static PerfApi Parse(string? name) => Array.Find(Apis, entry => entry.Name == (name ?? Default)).Api;

    /// <summary>The name of an API.</summary>
    public static string NameOf(PerfApi api) => Array.Find(Apis, entry => entry.Api == api).Name;
}
