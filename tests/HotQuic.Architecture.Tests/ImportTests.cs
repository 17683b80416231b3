using System.Text.RegularExpressions;

namespace HotQuic.Architecture.Tests;

/// <summary>Of style, this is what the build does not see.</summary>
public sealed partial class ImportTests
{
    [Fact]
    public void ImportsAreInOrderThoseOfTheSystemFirst()
    {
        string[] files = [.. Directory.EnumerateFiles(Checkout.Root, "*.cs", SearchOption.AllDirectories).Where(IsOurs)];
        Assert.True(files.Length > 500, "The code is not where it was.");
        Assert.All(files, file =>
        {
            string[] imports = [.. File.ReadLines(file).Select(line => Import().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];
            Assert.Equal(imports.OrderBy(name => name.Split('.')[0] != "System").ThenBy(name => name.Replace('.', ' '), StringComparer.OrdinalIgnoreCase), imports);
        });
    }

    /// <summary>Not what is made by building, nor kept in folders of tools.</summary>
    private static bool IsOurs(string file) =>
        !Path.GetRelativePath(Checkout.Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "artifacts" || part.StartsWith('.'));

    [GeneratedRegex(@"^using ([\w.]+);$")]
    private static partial Regex Import();
}
