using System.Text.Json.Serialization;

namespace HotQuic.WebBenchmarks;

/// <summary>What the server's process has used since it began.</summary>
internal sealed record ServerUsage
{
    private const string ShardName = "HotQuic shard";
    private const double TicksPerSecond = 100; // USER_HZ, which Linux fixes for user space

    /// <summary>Processor seconds of all threads.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Processor seconds of HotQuic's shards; the rest is Kestrel's and the application's, but for inline scheduling.</summary>
    public required double ShardSeconds { get; init; }

    /// <summary>Bytes allocated on the managed heap.</summary>
    public required long AllocatedBytes { get; init; }

    public static ServerUsage Read() => new()
    {
        CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
        ShardSeconds = ReadShards(),
        AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true),
    };

    public ServerUsage Since(ServerUsage earlier) => new()
    {
        CpuSeconds = CpuSeconds - earlier.CpuSeconds,
        ShardSeconds = ShardSeconds - earlier.ShardSeconds,
        AllocatedBytes = AllocatedBytes - earlier.AllocatedBytes,
    };

    private static double ReadShards()
    {
        double seconds = 0;
        if (!OperatingSystem.IsLinux())
        {
            return seconds;
        }

        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            string stat = File.ReadAllText(Path.Combine(task, "stat"));
            int end = stat.LastIndexOf(')');
            if (stat.AsSpan(stat.IndexOf('(') + 1).StartsWith(ShardName))
            {
                // proc(5): utime and stime are the 14th and 15th field, the 12th and 13th after the name.
                string[] fields = stat[(end + 2)..].Split(' ');
                seconds += (double.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture)
                    + double.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture)) / TicksPerSecond;
            }
        }

        return seconds;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerUsage))]
internal sealed partial class ServerUsageJson : JsonSerializerContext;
