using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Ported;

/// <summary>Sends back what comes on bidirectional streams, swallows what comes on others, and opens one stream of its own for each that it swallowed.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    public const long Stop = 0x101;

    public static readonly SslApplicationProtocol Protocol = new("echo");

    private readonly QuicListener _listener;
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;

    private EchoServer(QuicListener listener)
    {
        _listener = listener;
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    public static async Task<EchoServer> StartAsync(Certificates certificates) => new(await QuicListener.ListenAsync(new QuicListenerOptions
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ApplicationProtocols = [Protocol, new SslApplicationProtocol("echo-2")],
        ListenBacklog = 16,
        ConnectionOptionsCallback = (connection, hello, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return hello.ServerName == "refused.example"
                ? throw new NotSupportedException($"{connection.RemoteEndPoint} is not welcome as {hello.ServerName}.")
                : ValueTask.FromResult(Options(certificates));
        },
    }));

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _accepting;
        await Task.WhenAll(_serving);
    }

    private static QuicServerConnectionOptions Options(Certificates certificates) => new()
    {
        DefaultCloseErrorCode = 0x201,
        DefaultStreamErrorCode = 0x202,
        IdleTimeout = TimeSpan.FromSeconds(20),
        KeepAliveInterval = TimeSpan.FromSeconds(5),
        HandshakeTimeout = TimeSpan.FromSeconds(8),
        MaxInboundBidirectionalStreams = 8,
        MaxInboundUnidirectionalStreams = 4,
        InitialReceiveWindowSizes = new QuicReceiveWindowSizes
        {
            Connection = 1 << 20,
            LocallyInitiatedBidirectionalStream = 1 << 16,
            RemotelyInitiatedBidirectionalStream = 1 << 16,
            UnidirectionalStream = 1 << 15,
        },
        StreamCapacityCallback = null,
        ServerAuthenticationOptions = new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [Protocol],
            ServerCertificateContext = certificates.Context,
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                sender is QuicConnection && (certificate is null ? errors == SslPolicyErrors.RemoteCertificateNotAvailable : certificates.IsOwn(certificate)),
        },
    };

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                QuicConnection connection = await _listener.AcceptConnectionAsync();
                _serving.Add(ServeAsync(connection));
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.CallbackError)
            {
                Console.WriteLine($"server: {exception.QuicError}, {exception.InnerException!.GetType().Name}");
            }
            catch (AuthenticationException)
            {
                Console.WriteLine("server: a client that could not be agreed with");
            }
        }
    }

    private static async Task ServeAsync(QuicConnection connection)
    {
        await using (connection)
        {
            try
            {
                while (true)
                {
                    QuicStream stream = await connection.AcceptInboundStreamAsync();
                    _ = stream.Type == QuicStreamType.Bidirectional ? EchoAsync(stream) : SwallowAsync(connection, stream);
                }
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
            {
                Console.WriteLine($"server: closed with 0x{exception.ApplicationErrorCode:x} by a client whose certificate is {(connection.RemoteCertificate is null ? "missing" : "known")}");
            }
        }
    }

    private static async Task EchoAsync(QuicStream stream)
    {
        await using (stream)
        {
            try
            {
                byte[] buffer = new byte[4096];
                int count;
                while ((count = await stream.ReadAsync(buffer)) > 0)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, count), completeWrites: false);
                }

                stream.CompleteWrites();
                await stream.WritesClosed;
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.StreamAborted)
            {
                stream.Abort(QuicAbortDirection.Both, Stop);
            }
        }
    }

    private static async Task SwallowAsync(QuicConnection connection, QuicStream stream)
    {
        await using (stream)
        {
            using var received = new MemoryStream();
            await stream.CopyToAsync(received);
            await using QuicStream answer = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            await answer.WriteAsync(BitConverter.GetBytes((int)received.Length), completeWrites: true);
            await answer.WritesClosed;
        }
    }
}
