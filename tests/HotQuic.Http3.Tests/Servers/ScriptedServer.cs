using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Http3.Tests.Servers;

/// <summary>
/// A server on a loopback port that does on each connection what the test says, lies included. What a script throws, its disposal throws, unless
/// the connection ended by it.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What it shows, and a certificate that a client may show.</summary>
    public static readonly X509Certificate2 Certificate = CreateCertificate();

    private readonly QuicListener _listener;
    private readonly Task _serving;

    private ScriptedServer(QuicListener listener, Func<ServedConnection, Task> script)
    {
        _listener = listener;
        _serving = ServeAsync(script);
    }

    public static SslClientAuthenticationOptions Trust => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate!.GetCertHashString() == Certificate.GetCertHashString(),
    };

    /// <summary>Trusts the certificate's issuer, which it is itself, and holds its name against that of the server.</summary>
    public static SslClientAuthenticationOptions TrustByName
    {
        get
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(Certificate);
            return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }
    }

    public int Port => _listener.LocalEndPoint.Port;

    public int Connections { get; private set; }

    public Http3ConnectionOptions ClientOptions => new()
    {
        RemoteEndPoint = _listener.LocalEndPoint,
        ClientAuthenticationOptions = Trust,
    };

    public Uri Uri => new($"https://localhost:{Port}/");

    /// <summary>Starts one.</summary>
    /// <param name="script">What it does on each connection.</param>
    /// <param name="maxRequests">How many requests of a connection it allows at a time.</param>
    /// <param name="configure">Changes the options of each connection, of which it is told how many there were before.</param>
    public static async Task<ScriptedServer> StartAsync(
        Func<ServedConnection, Task> script, int maxRequests = 100, Action<QuicServerConnectionOptions, int>? configure = null)
    {
        int handshakes = 0;
        QuicListener listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [SslApplicationProtocol.Http3],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(Options()),
        });
        return new ScriptedServer(listener, script);

        QuicServerConnectionOptions Options()
        {
            QuicServerConnectionOptions options = new()
            {
                DefaultStreamErrorCode = (long)Http3ErrorCode.NoError,
                DefaultCloseErrorCode = (long)Http3ErrorCode.NoError,
                MaxInboundBidirectionalStreams = maxRequests,
                ServerAuthenticationOptions = new() { ServerCertificate = Certificate, ApplicationProtocols = [SslApplicationProtocol.Http3] },
            };
            configure?.Invoke(options, Interlocked.Increment(ref handshakes) - 1);
            return options;
        }
    }

    public ValueTask<Http3Connection> ConnectAsync() => Http3Connection.ConnectAsync(ClientOptions);

    public Http3Request Request(string method = "GET", string path = "/") => new(method, new Uri(Uri, path));

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _serving.WaitAsync(Patience);
    }

    private async Task ServeAsync(Func<ServedConnection, Task> script)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                try
                {
                    QuicConnection connection = await _listener.AcceptConnectionAsync();
                    Connections++;
                    connections.RemoveAll(task => task.IsCompletedSuccessfully);
                    connections.Add(ServeAsync(connection, script));
                }
                catch (Exception e) when (e is AuthenticationException or QuicException)
                {
                    // The client does not trust us, or was gone before the handshake was over.
                }
            }
        }
        catch (ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private static async Task ServeAsync(QuicConnection transport, Func<ServedConnection, Task> script)
    {
        await using (transport)
        {
            ServedConnection connection = new(transport);
            try
            {
                await script(connection);
                await connection.WhenClosedAsync();
            }
            catch (QuicException)
            {
                // The client was done.
            }
        }
    }

    private static X509Certificate2 CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
