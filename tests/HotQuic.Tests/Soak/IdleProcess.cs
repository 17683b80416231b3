using System.Diagnostics;
using System.Globalization;
using System.Net;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Soak;

/// <summary>
/// A second process of ours that may open 1,024 files and holds connections: the server's side of them, or the client's. It is told what to
/// do in lines, and answers each with one: <see cref="AskAsync"/>. It ends with its input.
/// </summary>
internal sealed class IdleProcess : IDisposable
{
    /// <summary>The first argument of the process.</summary>
    public const string Argument = "idle";

    private const int ConnectingAtATime = 32;

    private readonly Process _process;

    public IdleProcess()
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command = [dotnet, typeof(IdleProcess).Assembly.Location, Argument];
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(command[0], command[1..])
            : new ProcessStartInfo("/bin/sh", ["-c", "ulimit -n 1024 && exec \"$0\" \"$@\"", .. command]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
    }

    /// <summary>Tells it to do something, and gives its answer.</summary>
    public async Task<long> AskAsync(string command, long argument = 0)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{command} {argument}"));
        await _process.StandardInput.FlushAsync();
        string? answer = await _process.StandardOutput.ReadLineAsync().WaitAsync(Pair.Patience * 10);
        return long.TryParse(answer, CultureInfo.InvariantCulture, out long number) ? number : throw new InvalidOperationException(answer ?? "It ended.");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Pair.Patience))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>What the process does.</summary>
    public static void Run()
    {
        var clients = new List<(AskingHandler Handler, QuicConnectionHandle Connection)>();
        QuicServer? server = null;
        int port = 0;
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            long argument = long.Parse(words[1], CultureInfo.InvariantCulture);
            try
            {
                Console.WriteLine(words[0] switch
                {
                    "serve" => Serve(ref server),
                    "target" => port = (int)argument,
                    "connect" => ConnectAsync(clients, new IPEndPoint(IPAddress.Loopback, port), (int)argument).Result,
                    "ask" => RequestAsync(clients, (int)argument).Result,
                    "close" => CloseAsync(clients).Result,
                    "accepted" => server!.GetStatistics().ConnectionsAccepted,
                    "connections" => Ledger.ReadAsync(QuicEngine.Default).Result.Connections,
                    "timers" => Ledger.ReadAsync(QuicEngine.Default).Result.Timers,
                    "files" => CountFiles(),
                    "heap" => Footprint.Read().Bytes,
                    "memory" => ReadResidentBytes(),
                    _ => throw new ArgumentException(line),
                });
            }
            catch (Exception exception)
            {
                Console.WriteLine(exception.ToString().ReplaceLineEndings(" "));
            }
        }
    }

    private static long Serve(ref QuicServer? server)
    {
        server = SoakEngine.Serve(QuicEngine.Default, new EchoConnectionHandler(), options => options.IdleTimeout = Timeout.InfiniteTimeSpan);
        return server.LocalEndPoints[0].Port;
    }

    private static async Task<long> ConnectAsync(List<(AskingHandler Handler, QuicConnectionHandle Connection)> clients, IPEndPoint to, int count)
    {
        QuicClientConfiguration configuration = HandlerPair.ClientConfiguration(options =>
        {
            options.IdleTimeout = Timeout.InfiniteTimeSpan;

            // The certificate is the other process's own.
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        });
        for (int i = 0; i < count; i++)
        {
            var handler = new AskingHandler();
            clients.Add((handler, QuicClient.Connect(configuration, to, handler)));
            if (clients.Count >= ConnectingAtATime)
            {
                await clients[^ConnectingAtATime].Handler.WhenConnected;
            }
        }

        await Task.WhenAll(clients.Select(client => client.Handler.WhenConnected));
        return clients.Count;
    }

    private static async Task<long> RequestAsync(List<(AskingHandler Handler, QuicConnectionHandle Connection)> clients, int every)
    {
        int right = 0;
        for (int i = 0; i < clients.Count; i += every)
        {
            await clients[i].Handler.NextRoundAsync(clients[i].Connection, 1);
            right += clients[i].Handler.Mismatches == 0 ? 1 : 0;
        }

        return right;
    }

    private static async Task<long> CloseAsync(List<(AskingHandler Handler, QuicConnectionHandle Connection)> clients)
    {
        foreach ((AskingHandler handler, QuicConnectionHandle connection) in clients)
        {
            connection.Post("close");
            await handler.WhenClosed;
        }

        clients.Clear();
        await Ledger.WhenEmptyAsync(QuicEngine.Default);
        return 0;
    }

    private static long CountFiles() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;

    private static long ReadResidentBytes()
    {
        Footprint.Collect();
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
