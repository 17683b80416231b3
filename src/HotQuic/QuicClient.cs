using System.Net;
using HotQuic.Connections;
using HotQuic.Handlers;
using HotQuic.Options;
using HotQuic.Shards;

namespace HotQuic;

/// <summary>Connects event handlers to servers; <see cref="QuicConnection.ConnectAsync"/> is the same for those who await.</summary>
public static class QuicClient
{
    /// <summary>
    /// Starts to connect, and returns at once. From then on the handler is called on the connection's shard: with
    /// <see cref="QuicConnectionHandler.OnConnected"/> when the handshake is complete, or with
    /// <see cref="QuicConnectionHandler.OnClosed"/> alone where it failed, for want of a socket too. May be called from any thread.
    /// </summary>
    /// <param name="configuration">Protocols, certificates, limits.</param>
    /// <param name="remote">The server's address and port.</param>
    /// <param name="handler">Who is told what happens. It may serve many connections.</param>
    /// <param name="state">The connection's <see cref="QuicConnectionHandle.State"/> to begin with.</param>
    /// <returns>The connection, of which <see cref="QuicConnectionHandle.Post"/> may be used on this thread.</returns>
    /// <exception cref="ArgumentNullException">Something other than the state is null.</exception>
    /// <exception cref="ArgumentException">The address stands for any.</exception>
    public static QuicConnectionHandle Connect(
        QuicClientConfiguration configuration, IPEndPoint remote, QuicConnectionHandler handler, object? state = null) =>
        ConnectOn(QuicEngine.Default, configuration, remote, handler, state);

    internal static QuicConnectionHandle ConnectOn(
        QuicEngine engine, QuicClientConfiguration configuration, IPEndPoint remote, QuicConnectionHandler handler, object? state)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(handler);
        OptionChecks.CheckRemote(remote, nameof(remote));
        var to = new IPEndPoint(OptionChecks.Unmapped(remote.Address), remote.Port);
        ConnectionDriver driver = ConnectionDriver.ForClient(engine.NextShard());
        var connection = new HandledConnection(driver, handler, state) { Target = new ClientTarget(configuration.Attempt, to) };
        driver.Application = connection;
        var handle = new QuicConnectionHandle(driver, driver.Generation);
        driver.Shard.Post(new ShardMessage(driver, (int)ConnectionMessageKind.Connect) { Generation = driver.Generation });
        return handle;
    }
}
