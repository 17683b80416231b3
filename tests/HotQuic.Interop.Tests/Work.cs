namespace HotQuic.Interop.Tests;

public enum WorkKind
{
    Download,
    Upload,
}

/// <summary>What a client does on a connection: transfer so many bytes of the pattern on each of so many streams, all at once.</summary>
internal sealed record Work(WorkKind Kind, int Bytes, int Streams)
{
    public static Work Small { get; } = new(WorkKind.Download, 100, 1);

    /// <summary>Some thousands of packets: enough for a peer to start a key update.</summary>
    public static Work Medium { get; } = new(WorkKind.Download, 4_000_000, 1);

    public static Work Download20MB { get; } = new(WorkKind.Download, 20_000_000, 1);

    public static Work Upload20MB { get; } = new(WorkKind.Upload, 20_000_000, 1);

    public static Work ParallelStreams200 { get; } = new(WorkKind.Download, 1000, 200);

    /// <summary>Logging every packet of these would slow a peer badly.</summary>
    public bool IsLarge => (long)Bytes * Streams > 100_000;

    /// <summary>Every stream must have ended with the digest of the pattern.</summary>
    public void VerifyDigests(IReadOnlyDictionary<string, int> digests)
    {
        Assert.Equal(new Dictionary<string, int> { [Pattern.Digest(Bytes)] = Streams }, digests);
    }
}
