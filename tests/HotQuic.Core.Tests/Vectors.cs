namespace HotQuic.Core.Tests;

/// <summary>Finds the large vector sets, which lie beside the checkout and not in it.</summary>
internal static class Vectors
{
    /// <summary>The file's full path. Where the sets are missing the test is skipped, but on CI (variable CI=true) it fails.</summary>
    public static string Path(string relative)
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory, "HotQuic.sln")))
        {
            directory = System.IO.Path.GetDirectoryName(directory);
        }

        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(directory ?? ".", "..", "shared", "specs", "vectors", relative));
        if (!File.Exists(path))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                throw new FileNotFoundException($"The test vectors '{relative}' are required on CI and were looked for at '{path}'.", path);
            }

            Skip.If(true, $"No test vectors at '{path}'.");
        }

        return path;
    }
}
