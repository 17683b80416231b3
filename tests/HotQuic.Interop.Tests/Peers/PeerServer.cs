namespace HotQuic.Interop.Tests.Peers;

/// <summary>A peer that listens; disposing it, which may be done twice, ends its process.</summary>
internal sealed class PeerServer(PeerProcess process, int port) : IAsyncDisposable
{
    private Task? _disposal;

    public int Port { get; } = port;

    public string Output => process.Output;

    public ValueTask DisposeAsync() => new(_disposal ??= process.DisposeAsync().AsTask());
}
