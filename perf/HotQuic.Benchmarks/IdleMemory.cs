using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Benchmarks;

/// <summary>
/// What an idle connection costs a server: resident memory after a compacting collection with so many of them, less what it was warm and
/// empty, divided by their number; and what the processor does meanwhile. The server is a process of its own (<see cref="IdleServer"/>).
/// <c>idle [--connections N] [--api handler|stream] [--census]</c>
/// </summary>
internal static class IdleMemory
{
    private const int Warming = 500;
    private const int AtATime = 64;

    /// <summary>Longer than a connection takes to come to rest.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(string[] arguments)
    {
        int connections = int.Parse(Option(arguments, "--connections") ?? "10000", CultureInfo.InvariantCulture);
        string api = Option(arguments, "--api") ?? "handler";
        using Process server = Start(api);
        string[] greeting = (await server.StandardOutput.ReadLineAsync())!.Split(' ');
        var target = new IPEndPoint(IPAddress.Loopback, int.Parse(greeting[0], CultureInfo.InvariantCulture));
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(greeting[1]));
        QuicClientConfiguration configuration = ConfigurationFor(certificate);

        foreach (HoldingHandler holding in await ConnectAsync(configuration, target, Warming))
        {
            await holding.CloseAsync();
        }

        await AskAsync(server, "forget");
        while (await AskAsync(server, "connections") > 0)
        {
            await Task.Delay(50);
        }

        (long heapBefore, long residentBefore) = (await AskAsync(server, "heap"), await AskAsync(server, "resident"));
        var clock = Stopwatch.StartNew();
        List<HoldingHandler> held = await ConnectAsync(configuration, target, connections);
        Write($"{connections} connections after {clock.Elapsed.TotalSeconds:F1} s");
        await Task.Delay(Settling);
        (long heap, long resident) = (await AskAsync(server, "heap"), await AskAsync(server, "resident"));
        long count = await AskAsync(server, "connections");
        Write($"{api}: {(resident - residentBefore) / count} B resident, {(heap - heapBefore) / count} B of them managed; {resident >> 20} MiB in all, {residentBefore >> 20} MiB without");
        long worked = await AskAsync(server, "processor");
        await Task.Delay(Watched);
        worked = await AskAsync(server, "processor") - worked;
        Write($"{worked / (10_000 * Watched.TotalSeconds):F2} % of a processor, {await AskAsync(server, "timers")} deadlines");
        if (arguments.Contains("--census"))
        {
            await server.StandardInput.WriteLineAsync("census");
            while (await server.StandardOutput.ReadLineAsync() is { Length: > 0 } line)
            {
                Console.WriteLine(line);
            }
        }

        server.StandardInput.Close();
        await server.WaitForExitAsync();
        GC.KeepAlive(held);
    }

    private static string? Option(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is var index and >= 0 && index + 1 < arguments.Length ? arguments[index + 1] : null;

    private static void Write(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private static Process Start(string api) => Process.Start(
        new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(IdleMemory).Assembly.Location, IdleServer.Argument, api])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    private static async Task<long> AskAsync(Process server, string question)
    {
        await server.StandardInput.WriteLineAsync(question);
        return long.Parse((await server.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    private static QuicClientConfiguration ConfigurationFor(X509Certificate2 certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate);
        return QuicClientConfiguration.Create(new QuicClientConnectionOptions
        {
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            IdleTimeout = Timeout.InfiniteTimeSpan,
            HandshakeTimeout = TimeSpan.FromMinutes(1),
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [new SslApplicationProtocol(IdleServer.Protocol)],
                CertificateChainPolicy = policy,
            },
        });
    }

    private static async Task<List<HoldingHandler>> ConnectAsync(QuicClientConfiguration configuration, IPEndPoint target, int count)
    {
        var held = new List<HoldingHandler>(count);
        for (int i = 0; i < count; i++)
        {
            var holding = new HoldingHandler();
            holding.Connection = QuicClient.Connect(configuration, target, holding);
            held.Add(holding);
            if (i >= AtATime)
            {
                await held[i - AtATime].WhenConnected;
            }
        }

        await Task.WhenAll(held.Select(holding => holding.WhenConnected));
        return held;
    }

    /// <summary>Holds its one connection until it is told to close it.</summary>
    private sealed class HoldingHandler : QuicConnectionHandler
    {
        private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public QuicConnectionHandle Connection { get; set; }

        public Task WhenConnected => _connected.Task;

        public Task CloseAsync()
        {
            Connection.Post(this);
            return _closed.Task;
        }

        public override void OnConnected(QuicConnectionHandle connection) => _connected.TrySetResult();

        public override void OnMessage(QuicConnectionHandle connection, object? message) => connection.Close(0);

        public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
        {
            _connected.TrySetException(reason.ToException());
            _ = _connected.Task.Exception;
            _closed.TrySetResult();
        }
    }
}
