using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using HotQuic.Connections;
using HotQuic.Handshakes;
using HotQuic.Options;
using HotQuic.Shards;

namespace HotQuic;

/// <summary>Making a client's connection.</summary>
public sealed partial class QuicConnection
{
    /// <summary>Connects to a server. Of a host name's addresses one after another is tried, until one answers.</summary>
    /// <param name="options">Where to, for which protocols, and how the server is to prove who it is.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The connection, its handshake complete.</returns>
    /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
    /// <exception cref="PlatformNotSupportedException">The options ask for a connection without encryption.</exception>
    /// <exception cref="IOException">A file for keys or traces, asked for by <see cref="QuicConnectionOptions.Transport"/>, cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    /// <exception cref="SocketException">The host is not known, or nobody listens there.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The handshake failed by TLS: certificate, protocols, cipher suites.</exception>
    /// <exception cref="QuicException">The server refused, did not answer in time, or the handshake failed otherwise.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ValueTask<QuicConnection> ConnectAsync(QuicClientConnectionOptions options, CancellationToken cancellationToken = default)
    {
        OptionChecks.Check(options, nameof(options));
        return ConnectOnAsync(QuicEngine.Default, options, cancellationToken);
    }

    internal static async ValueTask<QuicConnection> ConnectOnAsync(
        QuicEngine engine, QuicClientConnectionOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var attempt = ClientAttempt.For(options);
        IPEndPoint[] endPoints = await ResolveAsync(options.RemoteEndPoint, cancellationToken).ConfigureAwait(false);
        return await ConnectToAnyAsync(engine, attempt, endPoints, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tries one address after another, until one answers; what the last one says is thrown.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal static async ValueTask<QuicConnection> ConnectToAnyAsync(
        QuicEngine engine, ClientAttempt attempt, IPEndPoint[] endPoints, CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return await StartAsync(engine.NextShard(), attempt, endPoints[i], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (i < endPoints.Length - 1 && IsWorthTheNext(exception))
            {
                // The next address may answer.
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<QuicConnection> StartAsync(
        Shard shard, ClientAttempt attempt, IPEndPoint remote, CancellationToken cancellationToken)
    {
        ConnectionDriver driver = ConnectionDriver.ForClient(shard);
        driver.Application = driver.Awaited;
        var connection = new QuicConnection(driver.Awaited) { CompletesInline = attempt.CompletesInline };
        var request = new ConnectRequest(connection, attempt, remote);
        connection.Post(ConnectionMessageKind.Connect, request);
        try
        {
            await request.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception exception)
        {
            if (exception is OperationCanceledException)
            {
                connection.Post(ConnectionMessageKind.CancelHandshake);
            }

            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static ValueTask<IPEndPoint[]> ResolveAsync(EndPoint endPoint, CancellationToken cancellationToken) =>
        endPoint is IPEndPoint address
            ? ValueTask.FromResult<IPEndPoint[]>([new IPEndPoint(OptionChecks.Unmapped(address.Address), address.Port)])
            : ResolveAsync((DnsEndPoint)endPoint, cancellationToken);

    private static async ValueTask<IPEndPoint[]> ResolveAsync(DnsEndPoint host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out IPAddress? literal)
            ? host.AddressFamily == AddressFamily.Unspecified || host.AddressFamily == literal.AddressFamily ? [literal] : []
            : await Dns.GetHostAddressesAsync(host.Host, host.AddressFamily, cancellationToken).ConfigureAwait(false);
        IPEndPoint[] endPoints =
            [.. addresses.Where(each => !OptionChecks.IsWildcard(each)).Select(each => new IPEndPoint(OptionChecks.Unmapped(each), host.Port))];
        return endPoints.Length == 0 ? throw new SocketException((int)SocketError.HostNotFound) : endPoints;
    }

    private static bool IsWorthTheNext(Exception exception) =>
        exception is SocketException or QuicException { QuicError: QuicError.ConnectionTimeout or QuicError.ConnectionIdle };
}
