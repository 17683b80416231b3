using System.Globalization;

namespace HotQuic.Tools.Commands;

/// <summary>Settings of the whole process, to be made before the first listener or connection.</summary>
internal static class EngineSettings
{
    private const string ShardsName = "HotQuic.Shards";

    /// <summary>Sets the number of shards; null leaves it to the engine.</summary>
    public static void UseShards(int? shards)
    {
        if (shards is { } number)
        {
            AppContext.SetData(ShardsName, number.ToString(CultureInfo.InvariantCulture));
        }
    }
}
