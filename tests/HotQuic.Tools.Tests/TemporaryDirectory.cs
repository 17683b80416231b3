namespace HotQuic.Tools.Tests;

/// <summary>A directory of a test's own, removed at its end.</summary>
internal class TemporaryDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("hotquic-test-").FullName;

    public string In(string name) => Path.Combine(Root, name);

    public string Write(string name, string content)
    {
        string path = In(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
