using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Tls;
using HotQuic.Options;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Connections;

/// <summary>
/// L32: what a server allocates for a connection, from its first datagram to its last, once pools are warm. Client and server have a shard
/// each, so that a thread's allocations are one side's.
/// </summary>
[Collection(AloneCollection.Name)]
public class AcceptAllocationTests
{
    private const int AtATime = 8;
    private const int WarmUp = 4000;
    private const int Window = 100;
    private const int Windows = 15;

    /// <summary>What the issue allows a handle.</summary>
    private const int HandleBudget = 128;

    private static readonly X509Certificate2 Certificate = DevelopmentCertificate.Create();
    private static readonly List<SslApplicationProtocol> Protocols = [new(Pair.Protocol)];

    /// <summary>To the byte: 0, and what the platform allocates to sign, which is 0 here too.</summary>
    [Fact]
    public async Task L32_AConnectionOfEventHandlersCostsTheServerNothing()
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = 1 });
        var options = new QuicServerOptions { OverloadLimit = Timeout.InfiniteTimeSpan, OverloadDropLimit = Timeout.InfiniteTimeSpan };
        await using var server = new QuicServer(engine, new Accepting(QuicServerConfiguration.Create(ServerOptions())), options);
        server.Start(new QuicServerBinding { Address = IPAddress.Loopback, ApplicationProtocols = Protocols });

        long[] windows = await MeasureAsync(engine, server.LocalEndPoints[0]);

        AssertCost(SignatureAllocation(), windows);
    }

    /// <summary>The handle, what the platform allocates to sign, and nothing else on the shard.</summary>
    [Fact]
    public async Task L32_AConnectionThroughTheListenerCostsTheShardItsHandle()
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = 1 });
        QuicServerConnectionOptions connectionOptions = ServerOptions();
        await using QuicListener listener = await QuicListener.ListenOnAsync(engine, ListenerOptions(connectionOptions), CancellationToken.None);
        Task accepting = AcceptAndDisposeAsync(listener);

        long[] windows = await MeasureAsync(engine, listener.LocalEndPoint);

        AssertCost(SignatureAllocation() + HandleSize(), windows);
        await listener.DisposeAsync();
        await accepting.WaitAsync(Pair.Patience);
    }

    [Fact]
    public void L32_AHandleIsNoLargerThanItMayBe() => Assert.InRange(HandleSize(), 16, HandleBudget);

    /// <summary>What a callback gives is prepared once, though it gives new options each time.</summary>
    [Fact]
    public void L32_TheSameOptionsCostNoNewConfiguration()
    {
        var configurations = new ServerConfigurations(Protocols);
        QuicServerConfiguration first = configurations.Get(ServerOptions(), "localhost");
        QuicServerConnectionOptions second = ServerOptions();
        for (int i = 0; i < 100; i++)
        {
            Assert.Same(first, configurations.Get(second, "localhost"));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _ = configurations.Get(second, "localhost");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static QuicServerConnectionOptions ServerOptions() => new()
    {
        DefaultStreamErrorCode = 1,
        DefaultCloseErrorCode = 2,
        ServerAuthenticationOptions = new() { ApplicationProtocols = Protocols, ServerCertificate = Certificate },
    };

    private static QuicListenerOptions ListenerOptions(QuicServerConnectionOptions connectionOptions) => new()
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ApplicationProtocols = Protocols,
        ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(connectionOptions),
        OverloadLimit = Timeout.InfiniteTimeSpan,
    };

    private static async Task AcceptAndDisposeAsync(QuicListener listener)
    {
        try
        {
            while (true)
            {
                try
                {
                    QuicConnection connection = await listener.AcceptConnectionAsync();
                    await connection.DisposeAsync();
                }
                catch (QuicException)
                {
                    // RFC 9000 §10.2.3: a client may close before its last flight of the handshake was sent.
                }
            }
        }
        catch (ObjectDisposedException)
        {
        }
    }

    /// <summary>Bytes that the server's shard allocated in each window of so many connections.</summary>
    private static async Task<long[]> MeasureAsync(QuicEngine server, IPEndPoint to)
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = 1 });
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Certificate);
        QuicClientConfiguration configuration = QuicClientConfiguration.Create(new QuicClientConnectionOptions
        {
            RemoteEndPoint = to,
            DefaultStreamErrorCode = 1,
            DefaultCloseErrorCode = 2,
            ClientAuthenticationOptions = new() { ApplicationProtocols = Protocols, TargetHost = "localhost", CertificateChainPolicy = policy },
        });
        var connecting = new Connecting(engine, configuration, to);
        await connecting.RunAsync(WarmUp);
        long[] windows = new long[Windows];
        for (int i = 0; i < Windows; i++)
        {
            long before = ReadAllocated(server);
            await connecting.RunAsync(Window);
            windows[i] = ReadAllocated(server) - before;
        }

        return windows;
    }

    /// <summary>What the shard's thread has allocated. It is not awaited, as completing a task would count too.</summary>
    private static long ReadAllocated(QuicEngine engine)
    {
        long allocated = -1;
        _ = engine.Shards[0].RunAsync(_ => Volatile.Write(ref allocated, GC.GetAllocatedBytesForCurrentThread()));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref allocated) >= 0, Pair.Patience));
        return allocated;
    }

    /// <summary>
    /// The least of the windows, as a busy machine may make a pool grow in any of them: what each connection costs is in all. Looking at the
    /// shard may cost it something itself, once a window; the smallest object in one connection of six would be more.
    /// </summary>
    private static void AssertCost(long bytesPerConnection, long[] windows) =>
        Assert.InRange(windows.Min() - (Window * bytesPerConnection), 0, Window * 4);

    /// <summary>What the platform allocates for one signature with ECDSA on P-256.</summary>
    private static long SignatureAllocation()
    {
        const int times = 1000;
        ServerCredential credential = ServerCredential.Create(Certificate);
        byte[] content = new byte[130];
        byte[] signature = new byte[256];
        Sign(times);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Sign(times);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / times;

        void Sign(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(credential.TrySign(SignatureScheme.EcdsaSecp256r1Sha256, content, signature, out _));
            }
        }
    }

    private static long HandleSize()
    {
        _ = Make();
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = Make();
        return GC.GetAllocatedBytesForCurrentThread() - before;

        static object Make()
        {
            object handle = RuntimeHelpers.GetUninitializedObject(typeof(QuicConnection));

            // No constructor was behind it, so its finalizer is not to run.
#pragma warning disable CA1816
            GC.SuppressFinalize(handle);
#pragma warning restore CA1816
            return handle;
        }
    }

    private sealed class Accepting(QuicServerConfiguration configuration) : QuicServerHandler
    {
        private readonly Closing _handler = new();

        public override void OnConnection(QuicConnectionAttempt attempt) => attempt.Accept(configuration, _handler);
    }

    /// <summary>The server closes, when it has measured a round trip: what it keeps to answer late packets goes soon then (RFC 9000 §10.2).</summary>
    private sealed class Closing : QuicConnectionHandler
    {
        public override void OnConnected(QuicConnectionHandle connection) => connection.Close(0);

        public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => null;
    }

    /// <summary>Keeps some connections under way, each until the server closes it.</summary>
    private sealed class Connecting(QuicEngine engine, QuicClientConfiguration configuration, IPEndPoint to) : QuicConnectionHandler
    {
        private TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left;
        private int _open;

        public async Task RunAsync(int count)
        {
            _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await engine.Shards[0].RunAsync(_ =>
            {
                _left = count;
                while (_open < AtATime)
                {
                    Connect();
                }
            });
            await _done.Task.WaitAsync(Pair.Patience * 2);
        }

        public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => null;

        public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
        {
            _open--;
            if (_left > 0)
            {
                Connect();
            }
            else if (_open == 0)
            {
                _done.TrySetResult();
            }
        }

        private void Connect()
        {
            _left--;
            _open++;
            QuicClient.ConnectOn(engine, configuration, to, this, state: null);
        }
    }
}
