using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Benchmarks.Rooms;
using HotQuic.Certificates;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>An engine of one shard for each side, so that what a thread allocates is one side's, and options that bring the two together.</summary>
internal sealed class LoopbackEngines : IDisposable
{
    /// <summary>Longer than anything takes that does not hang.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly X509Certificate2 _certificate = DevelopmentCertificate.Create();
    private readonly List<SslApplicationProtocol> _protocols = [new("budgets")];

    public QuicEngine Client { get; } = new(new QuicEngineOptions { Shards = 1 });

    public QuicEngine Server { get; } = new(new QuicEngineOptions { Shards = 1 });

    public QuicServerBinding Binding => new() { Address = IPAddress.Loopback, ApplicationProtocols = _protocols };

    public static QuicServerOptions NeverOverloaded => new() { OverloadLimit = Timeout.InfiniteTimeSpan, OverloadDropLimit = Timeout.InfiniteTimeSpan };

    public QuicServerConnectionOptions ServerOptions() => new()
    {
        DefaultStreamErrorCode = 0,
        DefaultCloseErrorCode = 0,
        ServerAuthenticationOptions = new() { ApplicationProtocols = _protocols, ServerCertificate = _certificate },
    };

    public QuicListenerOptions ListenerOptions()
    {
        QuicServerConnectionOptions options = ServerOptions();
        return new()
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = _protocols,
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
            OverloadLimit = Timeout.InfiniteTimeSpan,
        };
    }

    public QuicClientConnectionOptions ClientOptions(IPEndPoint to)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_certificate);
        return new()
        {
            RemoteEndPoint = to,
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            ClientAuthenticationOptions = new() { ApplicationProtocols = _protocols, TargetHost = "localhost", CertificateChainPolicy = policy },
        };
    }

    /// <summary>What the engine's thread has allocated. It is not awaited, as completing a task would count too.</summary>
    public static long ReadAllocated(QuicEngine engine)
    {
        long allocated = -1;
        _ = engine.Shards[0].RunAsync(_ => Volatile.Write(ref allocated, GC.GetAllocatedBytesForCurrentThread()));
        Expect.True(SpinWait.SpinUntil(() => Volatile.Read(ref allocated) >= 0, Patience));
        return allocated;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        _certificate.Dispose();
    }
}
