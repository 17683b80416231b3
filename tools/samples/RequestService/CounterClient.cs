using System.Net;
using System.Security.Cryptography.X509Certificates;
using HotQuic;

namespace RequestService;

/// <summary>A client's connection: opens a stream for its requests, and closes when they are answered.</summary>
internal sealed class CounterClient : QuicConnectionHandler
{
    private readonly CounterRequests _requests;

    // Whoever awaits it must not go on inside the handler, on the shard's thread.
    private readonly TaskCompletionSource<string> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CounterClient(CounterJob job) => _requests = new CounterRequests(job);

    /// <summary>Connects, and does the job.</summary>
    /// <returns>A line that says what came of it.</returns>
    /// <exception cref="Exception">The one that says why the connection ended before that.</exception>
    public static async Task<string> RunAsync(
        IPEndPoint server, string host, X509Certificate2Collection authorities, CounterJob job, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(job.Requests, 1);
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.AddRange(authorities);

        // Prepared once, for any number of connections.
        QuicClientConfiguration configuration = QuicClientConfiguration.Create(new QuicClientConnectionOptions
        {
            DefaultStreamErrorCode = CounterProtocol.GivenUp,
            DefaultCloseErrorCode = CounterProtocol.GivenUp,
            ClientAuthenticationOptions = new()
            {
                ApplicationProtocols = CounterProtocol.Names,
                TargetHost = host,
                CertificateChainPolicy = trust,
            },
        });
        var client = new CounterClient(job);
        QuicConnectionHandle connection = QuicClient.Connect(configuration, server, client);
        await using CancellationTokenRegistration registration = stop.Register(() => connection.Post(Order.GiveUp));
        return await client._result.Task;
    }

    public override void OnConnected(QuicConnectionHandle connection)
    {
        if (connection.TryOpenStream(QuicStreamType.Bidirectional, _requests, state: null, out QuicStreamHandle stream))
        {
            _requests.Begin(stream);
        }
        else
        {
            connection.Close(CounterProtocol.GivenUp);
        }
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message) => connection.Close(CounterProtocol.GivenUp);

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        if (_requests.Summary is { } summary)
        {
            _result.SetResult(summary);
        }
        else
        {
            _result.SetException(reason.ToException());
        }
    }
}
