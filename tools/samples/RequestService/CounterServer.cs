using System.Net;
using System.Text;
using HotQuic;

namespace RequestService;

/// <summary>
/// Takes clients for the hosts that it has certificates of. Reading those takes time, which the shard that calls <see cref="OnConnection"/>
/// does not have: the decision is deferred to the thread pool, while the client's handshake waits.
/// </summary>
internal sealed class CounterServer : QuicServerHandler
{
    /// <summary>How long a stop waits for requests in progress.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Certificates _certificates;
    private readonly OpenConnections _open = new();
    private readonly CounterConnections _connections;

    private CounterServer(Certificates certificates)
    {
        _certificates = certificates;
        _connections = new CounterConnections(_open);
    }

    /// <summary>Serves until the token is cancelled.</summary>
    public static async Task RunAsync(IPEndPoint endPoint, Certificates certificates, CancellationToken stop)
    {
        var handler = new CounterServer(certificates);
        await using var server = new QuicServer(handler);
        server.Start(new QuicServerBinding { ApplicationProtocols = CounterProtocol.Names, Address = endPoint.Address, Port = endPoint.Port });
        Console.WriteLine($"Listening on {server.LocalEndPoints[0]}");
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // First nobody new, then those that are here.
        await server.StopAsync();
        await handler._open.CloseAsync(Grace);
        QuicListenerStatistics statistics = server.GetStatistics();
        Console.WriteLine(
            $"Stopped: {statistics.ConnectionsAccepted} connections accepted, {statistics.ConnectionsRejected} rejected, {statistics.HandshakesFailed} handshakes failed");
    }

    public override void OnConnection(QuicConnectionAttempt attempt)
    {
        // The attempt and its spans are good until this returns; the handle may be kept, and decides later.
        string host = Encoding.ASCII.GetString(attempt.ServerName);
        QuicConnectionHandle connection = attempt.Connection;
        ThreadPool.UnsafeQueueUserWorkItem(_ => Decide(connection, host), state: null);
    }

    private void Decide(QuicConnectionHandle connection, string host)
    {
        if (_certificates.Find(host) is not { } configuration || !_open.TryAdd(connection))
        {
            connection.Reject();
        }
        else if (!connection.Accept(configuration, _connections, new Session()))
        {
            // The client gave up meanwhile, and no handler will be told.
            _open.Remove(connection);
        }
    }
}
