namespace HotQuic.Tools.Files;

/// <summary>Finds where a path really leads, every symbolic link on the way followed as the system does.</summary>
internal static class RealPath
{
    /// <summary>As many links as Linux itself follows.</summary>
    private const int MostLinks = 40;

    /// <summary>The path without links; null when a part of it is missing or links lead in a circle.</summary>
    public static string? Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        string resolved = Path.GetPathRoot(full)!;
        Stack<string> left = new();
        Push(left, full[resolved.Length..]);
        int links = 0;
        while (left.TryPop(out string? name))
        {
            if (name == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? resolved;
                continue;
            }

            string next = Path.Combine(resolved, name);
            FileInfo info = new(next);
            if (info.LinkTarget is not { } target)
            {
                if (!info.Exists && !Directory.Exists(next))
                {
                    return null;
                }

                resolved = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            // A relative target is read from the directory that holds the link, which is where we are.
            string root = Path.GetPathRoot(target) ?? string.Empty;
            resolved = root.Length > 0 ? root : resolved;
            Push(left, target[root.Length..]);
        }

        return resolved;
    }

    private static void Push(Stack<string> left, string path)
    {
        string[] names = path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        for (int index = names.Length - 1; index >= 0; index--)
        {
            if (names[index] != ".")
            {
                left.Push(names[index]);
            }
        }
    }
}
