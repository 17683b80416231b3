namespace HotQuic.Interop.Tests;

/// <summary>
/// All tests that start peers. They run one after the other, since side by side they would only slow one another on a small machine, and
/// at their end <see cref="TestFiles"/> are deleted.
/// </summary>
[CollectionDefinition(Name)]
public sealed class PeersCollection : ICollectionFixture<PeersCollection.Cleanup>
{
    public const string Name = "Peers";

    public sealed class Cleanup : IDisposable
    {
        public void Dispose() => TestFiles.Delete();
    }
}
