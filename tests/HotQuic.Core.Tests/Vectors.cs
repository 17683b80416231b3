namespace HotQuic.Core.Tests;

/// <summary>Finds the large vector sets, which lie beside the checkout in ../shared/specs/vectors.</summary>
internal static class Vectors
{
    /// <summary>
    /// The full path of a file such as "wycheproof/x25519_test.json". Where it is missing, the test is skipped, but in a
    /// continuous build (CI=true) it fails. Tests that call this carry <c>[SkippableFact]</c>.
    /// </summary>
    public static string Path(string relative)
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "HotQuic.sln")))
        {
            directory = directory.Parent;
        }

        string? path = directory is null ? null : System.IO.Path.Combine(directory.FullName, "..", "shared", "specs", "vectors", relative);
        if (path is not null && File.Exists(path))
        {
            return path;
        }

        string problem = $"The vectors '{relative}' are not in ../shared/specs/vectors beside the checkout.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            throw new FileNotFoundException(problem, relative);
        }

        Skip.If(true, problem);
        return relative;
    }
}
