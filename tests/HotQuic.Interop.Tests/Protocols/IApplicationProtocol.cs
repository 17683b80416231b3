using System.Collections.Concurrent;
using HotQuic.Interop.Tests.Sides;

namespace HotQuic.Interop.Tests.Protocols;

/// <summary>What a peer speaks above QUIC, from our side: fetch as client, serve as server.</summary>
internal interface IApplicationProtocol
{
    string Alpn { get; }

    /// <summary>Does the work and gives the digests of the transferred bytes with the number of streams that ended with each.</summary>
    Task<IReadOnlyDictionary<string, int>> FetchAsync(IHotQuicConnection connection, Work work, CancellationToken cancellationToken);

    /// <summary>Answers requests until the connection ends; <paramref name="work"/> is what the peer was told to ask for.</summary>
    Task ServeAsync(IHotQuicConnection connection, Work work, CancellationToken cancellationToken);
}

internal static class ApplicationProtocolExtensions
{
    /// <summary>Runs one exchange a stream, all at once, and counts the digests they end with.</summary>
    public static async Task<IReadOnlyDictionary<string, int>> CountDigestsAsync(this Work work, Func<int, Task<string>> exchange)
    {
        ConcurrentDictionary<string, int> digests = new();
        await Task.WhenAll(Enumerable.Range(0, work.Streams).Select(RunAsync));
        return digests;

        async Task RunAsync(int stream) => digests.AddOrUpdate(await exchange(stream), 1, static (_, count) => count + 1);
    }
}
