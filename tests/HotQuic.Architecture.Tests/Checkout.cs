namespace HotQuic.Architecture.Tests;

/// <summary>Finds files of the checkout from wherever the tests run.</summary>
internal static class Checkout
{
    /// <summary>The directory that holds HotQuic.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.GetFullPath(Path.Combine([Root, .. parts]));

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "HotQuic.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException("No directory above the tests has HotQuic.sln.");
    }
}
