using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>A stream that the client opened, its other end, and the connection under it.</summary>
internal sealed class StreamPair : IAsyncDisposable
{
    private readonly Pair _pair;

    private StreamPair(Pair pair, QuicStream client, QuicStream server)
    {
        _pair = pair;
        Client = client;
        Server = server;
    }

    public QuicStream Client { get; }

    public QuicStream Server { get; }

    public Pair Connections => _pair;

    public static async Task<StreamPair> OpenAsync(
        QuicStreamType type = QuicStreamType.Bidirectional,
        Action<QuicServerConnectionOptions>? server = null,
        Action<QuicClientConnectionOptions>? client = null)
    {
        Pair pair = await Pair.ConnectAsync(server: server, client: client);
        (QuicStream atClient, QuicStream atServer) = await pair.OpenAsync(type);
        return new StreamPair(pair, atClient, atServer);
    }

    public ValueTask DisposeAsync() => _pair.DisposeAsync();
}
