using System.Globalization;

namespace HotQuic.Tools.Commands;

/// <summary>Settings of the whole process, to be made before the first listener or connection.</summary>
internal static class EngineSettings
{
    private const string ShardsName = "HotQuic.Shards";
    private const string SpinName = "HotQuic.SpinMicroseconds";
    private const string QlogDirectoryName = "HotQuic.QlogDirectory";

    /// <summary>Sets the number of shards; null leaves it to the engine.</summary>
    public static void UseShards(int? shards) => Set(ShardsName, shards);

    /// <summary>Sets how long shards look for work before they sleep; null leaves it to the engine.</summary>
    public static void UseSpin(int? microseconds) => Set(SpinName, microseconds);

    /// <summary>
    /// Makes the key log's file, for its owner alone, so that one that cannot be written is known before the first connection; returns
    /// its path, null for none.
    /// </summary>
    public static string? UseKeyLog(FileInfo? file)
    {
        if (file is not null)
        {
            FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            file.Open(options).Dispose();
        }

        return file?.FullName;
    }

    /// <summary>Makes the directory, and lets each connection write its qlog file there; null for none.</summary>
    public static void UseQlog(DirectoryInfo? directory)
    {
        if (directory is not null)
        {
            directory.Create();
            AppContext.SetData(QlogDirectoryName, directory.FullName);
        }
    }

    private static void Set(string name, int? value)
    {
        if (value is { } number)
        {
            AppContext.SetData(name, number.ToString(CultureInfo.InvariantCulture));
        }
    }
}
