using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HotQuic;

namespace EchoService;

/// <summary>
/// Sends back what comes on each stream. When it is told to stop it takes no more connections and no more streams, lets the streams there
/// are come to their ends, and then closes the connections.
/// </summary>
internal sealed class EchoServer
{
    /// <summary>How long a stop waits for streams.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly CancellationToken _stop;
    private readonly CancellationToken _giveUp;
    private readonly TaskSet _connections = new();

    private EchoServer(CancellationToken stop, CancellationToken giveUp)
    {
        _stop = stop;
        _giveUp = giveUp;
    }

    /// <summary>Serves until the token is cancelled.</summary>
    public static async Task RunAsync(IPEndPoint endPoint, X509Certificate2 certificate, CancellationToken stop)
    {
        using var giveUp = new CancellationTokenSource();
        await using CancellationTokenRegistration registration = stop.Register(() => giveUp.CancelAfter(Grace));
        await using QuicListener listener = await QuicListener.ListenAsync(ListenerOptions(endPoint, certificate), stop);
        Console.WriteLine($"Listening on {listener.LocalEndPoint}");

        var server = new EchoServer(stop, giveUp.Token);
        await server.AcceptConnectionsAsync(listener);

        // Connections that were accepted outlive their listener.
        await listener.DisposeAsync();
        await server._connections.WhenAllAsync();
        Console.WriteLine("Stopped");
    }

    private static QuicListenerOptions ListenerOptions(IPEndPoint endPoint, X509Certificate2 certificate)
    {
        // One object for all connections: the certificate is prepared once.
        var options = new QuicServerConnectionOptions
        {
            DefaultStreamErrorCode = EchoProtocol.GivenUp,
            DefaultCloseErrorCode = EchoProtocol.GivenUp,
            IdleTimeout = TimeSpan.FromSeconds(30),
            MaxInboundUnidirectionalStreams = 0,
            ServerAuthenticationOptions = new() { ApplicationProtocols = EchoProtocol.Names, ServerCertificate = certificate },
        };
        return new QuicListenerOptions
        {
            ListenEndPoint = endPoint,
            ApplicationProtocols = EchoProtocol.Names,
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
        };
    }

    private async Task AcceptConnectionsAsync(QuicListener listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                QuicConnection connection = await listener.AcceptConnectionAsync(_stop);
                _connections.Add(ServeAsync(connection));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is QuicException or AuthenticationException)
            {
                // One client's handshake failed. It says nothing about the next.
                Console.Error.WriteLine($"Handshake: {exception.Message}");
            }
        }
    }

    private async Task ServeAsync(QuicConnection connection)
    {
        var streams = new TaskSet();
        await using (connection)
        {
            try
            {
                while (true)
                {
                    QuicStream stream = await connection.AcceptInboundStreamAsync(_stop);
                    streams.Add(EchoAsync(stream));
                }
            }
            catch (OperationCanceledException)
            {
                // A client that acknowledges nothing any more is not waited for longer than the rest.
                await streams.WhenAllAsync().WaitAsync(_giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await connection.CloseAsync(EchoProtocol.NoError);
            }
            catch (QuicException exception)
            {
                // The usual end: the client closed, or was not heard of any more. Its streams see the same.
                if (exception is not { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: EchoProtocol.NoError })
                {
                    Console.Error.WriteLine($"{connection}: {exception.Message}");
                }

                await streams.WhenAllAsync();
            }
        }
    }

    private async Task EchoAsync(QuicStream stream)
    {
        // Disposing of a stream waits until the client has acknowledged all of it.
        await using (stream)
        {
            try
            {
                // Reading goes no further than writing: flow control holds a client back that does not take its echo.
                await stream.CopyToAsync(stream, _giveUp);
                stream.CompleteWrites();
            }
            catch (OperationCanceledException)
            {
                // The cancelled read or write has aborted its side of the stream; this ends the other.
                stream.Abort(QuicAbortDirection.Both, EchoProtocol.GivenUp);
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.StreamAborted)
            {
                // The client lost interest in one direction: there is no use for the other.
                stream.Abort(QuicAbortDirection.Both, EchoProtocol.GivenUp);
            }
            catch (QuicException)
            {
                // The connection is over, which its own loop reports.
            }
        }
    }
}
