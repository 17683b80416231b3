namespace HotQuic.Interop.Tests;

/// <summary>
/// Where the repository and the installed peers are, and whether a missing one fails (<c>CI=true</c>) or skips a test. Call
/// <see cref="Require(string?)"/> with the reason why something cannot run, null when it can.
/// </summary>
internal static class TestEnvironment
{
    private static readonly Lazy<string> Root = new(FindRepositoryRoot);

    /// <summary>How long a test may take in all, peers' start included.</summary>
    public static TimeSpan TestTimeout { get; } = TimeSpan.FromSeconds(90);

    public static string RepositoryRoot => Root.Value;

    public static string PeerSources => Path.Combine(RepositoryRoot, "tests", "peers");

    /// <summary>The folder that tools/install-test-peers.sh fills.</summary>
    public static string PeersDirectory => Path.Combine(RepositoryRoot, "artifacts", "peers");

    public static bool IsContinuousIntegration => IsTrue(Environment.GetEnvironmentVariable("CI"));

    /// <summary>Skips the test with the reason, or fails it where everything has to be there.</summary>
    public static void Require(string? missing)
    {
        Require(missing, IsContinuousIntegration);
    }

    internal static void Require(string? missing, bool isContinuousIntegration)
    {
        if (missing is null)
        {
            return;
        }

        if (isContinuousIntegration)
        {
            Assert.Fail($"{missing} In CI that is a failure: run tools/install-test-peers.sh as root.");
        }

        Skip.If(true, $"{missing} tools/install-test-peers.sh installs the peers.");
    }

    private static bool IsTrue(string? value) => value == "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    private static string FindRepositoryRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "HotQuic.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No HotQuic.sln above {AppContext.BaseDirectory}.");
    }
}
