namespace HotQuic.Tests.Diagnostics;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hotquic-").FullName;

    public string[] Files => Directory.GetFiles(Path).Order(StringComparer.Ordinal).ToArray();

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
