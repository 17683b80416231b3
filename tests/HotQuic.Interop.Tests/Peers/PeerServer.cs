namespace HotQuic.Interop.Tests.Peers;

/// <summary>A peer that listens; disposing it ends its process.</summary>
internal sealed class PeerServer(PeerProcess process, int port) : IAsyncDisposable
{
    public int Port { get; } = port;

    public string Output => process.Output;

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
