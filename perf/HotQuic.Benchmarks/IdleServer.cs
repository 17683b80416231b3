using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Shards;
using HotQuic.Testing;

namespace HotQuic.Benchmarks;

/// <summary>
/// The server's process of <see cref="IdleMemory"/>: it accepts everybody, and answers each line of its input with one of its output, or with
/// a table that ends in an empty line. It ends with its input.
/// </summary>
internal static class IdleServer
{
    /// <summary>The first argument of the process; the second is the API, "handler" or "stream".</summary>
    public const string Argument = "idle-server";

    public const string Protocol = "idle";

    private static readonly List<QuicConnection> Awaited = [];

    public static async Task RunAsync(string api)
    {
        using X509Certificate2 certificate = DevelopmentCertificate.Create();
        var engine = QuicEngine.Default;
        int port = api == "stream" ? await ListenAsync(certificate) : Serve(engine, certificate);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{port} {Convert.ToBase64String(certificate.RawDataMemory.Span)}"));
        while (Console.ReadLine() is { } command)
        {
            Console.WriteLine(command switch
            {
                "connections" => await SumAsync(engine, shard => shard.ConnectionCount),
                "forget" => await ForgetAsync(),
                "timers" => await SumAsync(engine, shard => shard.TimerCount),
                "resident" => ReadResidentBytes(),
                "heap" => ReadHeapBytes(),
                "processor" => (long)ProcessorTime().TotalMicroseconds,
                "census" => await TakeCensusAsync(engine),
                _ => throw new ArgumentException(command),
            });
        }
    }

    private static QuicServerConnectionOptions OptionsWith(X509Certificate2 certificate) => new()
    {
        DefaultStreamErrorCode = 0,
        DefaultCloseErrorCode = 0,
        IdleTimeout = Timeout.InfiniteTimeSpan,
        ServerAuthenticationOptions = new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
            ServerCertificate = certificate,
        },
    };

    private static int Serve(QuicEngine engine, X509Certificate2 certificate)
    {
        var handler = new AcceptingHandler(QuicServerConfiguration.Create(OptionsWith(certificate)));
        var server = new QuicServer(engine, handler, new QuicServerOptions
        {
            // However late a busy machine is, nobody is refused for that.
            OverloadLimit = Timeout.InfiniteTimeSpan,
            OverloadDropLimit = Timeout.InfiniteTimeSpan,
        });
        server.Start(new QuicServerBinding { Address = IPAddress.Loopback, ApplicationProtocols = [new SslApplicationProtocol(Protocol)] });
        return server.LocalEndPoints[0].Port;
    }

    private static async Task<int> ListenAsync(X509Certificate2 certificate)
    {
        QuicServerConnectionOptions options = OptionsWith(certificate);
        QuicListener listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = options.ServerAuthenticationOptions.ApplicationProtocols!,
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
            OverloadLimit = Timeout.InfiniteTimeSpan,
        });
        _ = AcceptAsync(listener);
        return listener.LocalEndPoint.Port;
    }

    /// <summary>Holds each connection until its client closes it, with nobody waiting for anything meanwhile.</summary>
    private static async Task AcceptAsync(QuicListener listener)
    {
        while (true)
        {
            QuicConnection connection = await listener.AcceptConnectionAsync();
            lock (Awaited)
            {
                Awaited.Add(connection);
            }
        }
    }

    /// <summary>The warming connections are over.</summary>
    private static async Task<long> ForgetAsync()
    {
        QuicConnection[] connections;
        lock (Awaited)
        {
            connections = [.. Awaited];
            Awaited.Clear();
            Awaited.TrimExcess();
        }

        foreach (QuicConnection connection in connections)
        {
            await connection.DisposeAsync();
        }

        return connections.Length;
    }

    private static async Task<long> SumAsync(QuicEngine engine, Func<Shard, int> read)
    {
        long sum = 0;
        foreach (Shard shard in engine.Shards.ToArray())
        {
            await shard.RunAsync(self => sum += read(self));
        }

        return sum;
    }

    private static TimeSpan ProcessorTime()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static long ReadResidentBytes()
    {
        Collect();
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    private static long ReadHeapBytes()
    {
        Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>What each connection's part of the shards' objects is. The shards rest meanwhile, so it is taken on one of them.</summary>
    private static async Task<string> TakeCensusAsync(QuicEngine engine)
    {
        int connections = (int)await SumAsync(engine, shard => shard.ConnectionCount);
        var census = HeapCensus.Of(value => value is QuicEngine, [.. engine.Shards.ToArray(), .. Awaited]);
        return string.Create(CultureInfo.InvariantCulture, $"{(double)census.Bytes / connections:F1} B of the managed heap\n{census.ToTable(connections, 2)}");
    }

    private sealed class AcceptingHandler(QuicServerConfiguration configuration) : QuicServerHandler
    {
        private readonly QuicConnectionHandler _handler = new RestingHandler();

        public override void OnConnection(QuicConnectionAttempt attempt) => attempt.Accept(configuration, _handler);
    }

    /// <summary>One object for all connections, that does nothing.</summary>
    private sealed class RestingHandler : QuicConnectionHandler;
}
