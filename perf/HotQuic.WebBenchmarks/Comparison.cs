using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using HotQuic.Http3;
using Spectre.Console;

namespace HotQuic.WebBenchmarks;

/// <summary>
/// Measures the variants in turn, each round with a new server process, and shows medians and ranges. Client and server share the machine, so
/// compare variants of one run only.
/// </summary>
internal sealed class Comparison
{
    public required int Rounds { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Long enough for the just-in-time compiler to be done with Kestrel on a machine that the load fills.</summary>
    public required double WarmUpSeconds { get; init; }

    public required int Connections { get; init; }

    public required int Outstanding { get; init; }

    public required WebVariant[] Variants { get; init; }

    public FileInfo? Json { get; init; }

    public async Task RunAsync(CancellationToken cancellation)
    {
        List<WebFigures> all = [];
        await AnsiConsole.Progress().StartAsync(async progress =>
        {
            ProgressTask task = progress.AddTask("measuring", maxValue: Rounds * Variants.Length);
            for (int round = 0; round < Rounds; round++)
            {
                foreach (WebVariant variant in Variants)
                {
                    task.Description = $"round {round + 1}, {variant}";
                    all.Add(await MeasureAsync(variant, cancellation));
                    task.Increment(1);
                }
            }
        });
        AnsiConsole.Write(Table(all));
        if (Json is not null)
        {
            await using FileStream file = Json.Create();
            await JsonSerializer.SerializeAsync(file, all, WebFiguresJson.Default.ListWebFigures, cancellation);
        }
    }

    private async Task<WebFigures> MeasureAsync(WebVariant variant, CancellationToken cancellation)
    {
        using Process server = Start(variant);
        try
        {
            WebEndpoint endpoint = WebEndpoint.Parse(await server.StandardOutput.ReadLineAsync(cancellation));
            await using WebClient client = await WebClient.ConnectAsync(variant, endpoint, Connections, cancellation);
            using UsageReader usage = new(variant, endpoint);
            long begin = Stopwatch.GetTimestamp() + Ticks(WarmUpSeconds);
            long end = begin + Ticks(Seconds);
            Task load = client.RunAsync(Outstanding, begin, end);
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(WarmUpSeconds), cancellation));
            (ServerUsage before, TimeSpan cpuBefore, long from) = (await usage.ReadAsync(cancellation), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(Seconds) - Stopwatch.GetElapsedTime(begin), cancellation));
            ServerUsage used = (await usage.ReadAsync(cancellation)).Since(before);
            double clientCpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds;
            double share = Seconds / Stopwatch.GetElapsedTime(from).TotalSeconds;
            await load;
            double requests = Math.Max(1, client.Latencies.Count);
            return new WebFigures
            {
                Variant = variant.ToString(),
                RequestsPerSecond = requests / Seconds,
                MicrosecondsP50 = client.Latencies.ValueAt(0.5) / 1e3,
                MicrosecondsP99 = client.Latencies.ValueAt(0.99) / 1e3,
                ServerCpuMicroseconds = used.CpuSeconds * share / requests * 1e6,
                ShardCpuMicroseconds = used.ShardSeconds * share / requests * 1e6,
                ServerAllocatedBytes = used.AllocatedBytes * share / requests,
                ClientCpuMicroseconds = clientCpu * share / requests * 1e6,
            };
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                server.Kill();
            }
        }
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private static Process Start(WebVariant variant)
    {
        string executable = Environment.ProcessPath!;
        ProcessStartInfo info = new(executable) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(executable) == "dotnet")
        {
            info.ArgumentList.Add(typeof(Comparison).Assembly.Location);
        }

        info.ArgumentList.Add("server");
        info.ArgumentList.Add(variant.ToString());
        return Process.Start(info) ?? throw new InvalidOperationException("The server's process cannot be started.");
    }

    private static Table Table(List<WebFigures> all)
    {
        Table table = new Table().AddColumns("", "requests/s", "p50 us", "p99 us", "server CPU us", "of that, shards", "server B", "client CPU us");
        foreach (IGrouping<string, WebFigures> group in all.GroupBy(figures => figures.Variant))
        {
            table.AddRow(
                group.Key,
                Summary(group, figures => figures.RequestsPerSecond),
                Summary(group, figures => figures.MicrosecondsP50),
                Summary(group, figures => figures.MicrosecondsP99),
                Summary(group, figures => figures.ServerCpuMicroseconds, "F1"),
                Summary(group, figures => figures.ShardCpuMicroseconds, "F1"),
                Summary(group, figures => figures.ServerAllocatedBytes),
                Summary(group, figures => figures.ClientCpuMicroseconds, "F1"));
        }

        return table.Title("medians (and ranges); CPU and bytes are per request").Border(TableBorder.Simple);
    }

    private static string Summary(IEnumerable<WebFigures> figures, Func<WebFigures, double> value, string format = "N0")
    {
        double[] sorted = [.. figures.Select(value).Order()];
        string Format(double number) => number.ToString(format, CultureInfo.InvariantCulture);
        return $"{Format(sorted[sorted.Length / 2])} ({Format(sorted[0])}-{Format(sorted[^1])})";
    }

    /// <summary>Asks the server for its usage, over a connection of its own.</summary>
    private sealed class UsageReader(WebVariant variant, WebEndpoint server) : IDisposable
    {
        private readonly HttpClient _client = new(variant == WebVariant.Http2
            ? new SocketsHttpHandler { SslOptions = server.Trust() }
            : new Http3Handler { SslOptions = server.Trust() })
        {
            DefaultRequestVersion = variant == WebVariant.Http2 ? HttpVersion.Version20 : HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        public async Task<ServerUsage> ReadAsync(CancellationToken cancellation)
        {
            string json = await _client.GetStringAsync(server.At(WebServer.UsagePath), cancellation);
            return JsonSerializer.Deserialize(json, ServerUsageJson.Default.ServerUsage)!;
        }

        public void Dispose() => _client.Dispose();
    }
}
