namespace HotQuic.Tests.Engine;

/// <summary>Where the code of those goes on that connect, accept, close and dispose of connections.</summary>
public class InlineConnectionTests
{
    private const string ShardThread = "HotQuic shard";
    private const int Connections = 10;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectionsAreMadeAndEndedOnShardsWhereThatIsWantedAndElsewhereOtherwise(bool inline)
    {
        string answering = "";
        QuicListenerOptions options = Pair.ListenerOptions();
        options.CompletesInline = inline;
        options.ConnectionOptionsCallback = (_, _, _) =>
        {
            answering = ThreadName();
            return ValueTask.FromResult(Pair.ServerOptions(server => server.Transport.CompletesInline = inline));
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        Task<List<string>> accepting = AcceptAsync(listener);
        Task<List<string>> connecting = ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint, change: client => client.Transport.CompletesInline = inline));

        List<string> names = [.. await connecting.WaitAsync(Pair.Patience), .. await accepting.WaitAsync(Pair.Patience), answering];
        Assert.Equal((4 * Connections) + 1, names.Count);
        Assert.All(names, name => Assert.Equal(inline, name.StartsWith(ShardThread, StringComparison.Ordinal)));
    }

    /// <summary>Connects again and again, and gives the thread after each connecting, closing and disposal.</summary>
    private static async Task<List<string>> ConnectAsync(QuicClientConnectionOptions options)
    {
        List<string> names = [];
        for (int i = 0; i < Connections; i++)
        {
            QuicConnection connection = await QuicConnection.ConnectAsync(options).ConfigureAwait(false);
            names.Add(ThreadName());
            await connection.CloseAsync(0).ConfigureAwait(false);
            names.Add(ThreadName());
            await connection.DisposeAsync().ConfigureAwait(false);
            names.Add(ThreadName());
        }

        return names;
    }

    private static async Task<List<string>> AcceptAsync(QuicListener listener)
    {
        List<string> names = [];
        for (int i = 0; i < Connections; i++)
        {
            QuicConnection connection = await listener.AcceptConnectionAsync().ConfigureAwait(false);
            names.Add(ThreadName());
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        return names;
    }

    private static string ThreadName() => Thread.CurrentThread.Name ?? "";
}
