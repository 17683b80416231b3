using System.CommandLine;
using System.Net;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;
using HotQuic.Load.Transport;
using HotQuic.Tools.Output;
using HotQuic.Tools.Perf;

namespace HotQuic.Tools.Commands;

/// <summary><c>hotquic perf</c>: measures scenarios against a server, its own by default.</summary>
internal static class PerfCommand
{
    private const int DefaultSeconds = 5;
    private const int MostSeconds = 24 * 60 * 60;
    private const int MostConnections = 10_000;
    private const int DefaultUdpPayloadLimit = 1452;
    private const string DefaultCipher = "aes128";

    private static readonly string[] ScenarioNames = [.. ScenarioRules.All.Select(rules => rules.Name)];

    public static Command Create(Terminal terminal)
    {
        Option<DnsEndPoint?> server = Server();
        Option<FileInfo?> authorities = CommonOptions.Authorities();
        Option<bool> insecure = CommonOptions.Insecure();
        PerfOptions options = new();
        Command command = new("perf", "Measure throughput, handshakes, requests and latency, by default against a server started here.")
        {
            options.Scenarios, options.Seconds, options.Connections, options.Outstanding, options.RequestSize, options.ResponseSize,
            options.Api, options.Spin, options.Cipher, options.Io, options.Shards, options.UdpPayloadLimit, server, authorities, insecure, options.Json,
        };
        command.Validators.Add(result =>
        {
            bool chosen = result.GetResult(authorities) is { Implicit: false } || result.GetValue(insecure);
            if (chosen && result.GetResult(server) is null or { Implicit: true })
            {
                result.AddError("--ca and --insecure are for a server named with --server.");
            }
        });
        command.SetAction((parsed, cancellation) =>
        {
            DnsEndPoint? remote = parsed.GetValue(server);
            PerfRequest request = options.Read(parsed);
            request = request with
            {
                Server = remote,
                Settings = request.Settings with { Server = remote is null ? null : $"{remote.Host}:{remote.Port}" },
                Authorities = parsed.GetValue(authorities),
                Insecure = parsed.GetValue(insecure),
            };
            EngineSettings.UseShards(request.Settings.Shards);
            EngineSettings.UseSpin(request.Settings.SpinMicroseconds);
            return new PerfSession(request, terminal).RunAsync(cancellation);
        });
        return command;
    }

    private static Option<DnsEndPoint?> Server() => new("--server")
    {
        Description = "Measure against a perf-server that runs there (default: start one).",
        HelpName = "HOST:PORT",
        CustomParser = Parsing.HostAndPort,
    };

    private static Option<int?> Number(string name, string help, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = Parsing.Whole(least, most),
    };

    /// <summary>The options that become settings.</summary>
    private sealed class PerfOptions
    {
        public PerfOptions() => Scenarios.AcceptOnlyFromAmong(ScenarioNames);

        public Argument<string[]> Scenarios { get; } = new("scenario")
        {
            Description = "What to measure (default: all of them).",
            HelpName = string.Join('|', ScenarioNames),
            Arity = ArgumentArity.ZeroOrMore,
        };

        public Option<double?> Seconds { get; } = new("--seconds")
        {
            Description = $"How long to measure each scenario, after a second of warm-up (default: {DefaultSeconds}).",
            HelpName = "N",
            CustomParser = Parsing.Seconds(MostSeconds),
        };

        public Option<int?> Connections { get; } = Number(
            "--connections", "N", "Connections for upload, download and request (default: 1).", 1, MostConnections);

        public Option<int?> Outstanding { get; } = Number(
            "--outstanding", "N", "Requests outstanding on each connection (default: 32), or handshakes at a time (default: 8).",
            1, PerfProtocol.MostWorkers);

        public Option<int?> RequestSize { get; } = Number(
            "--request-size", "B", "Bytes of a request, for request and latency (default: 64).", 0, PerfProtocol.LargestMessage);

        public Option<int?> ResponseSize { get; } = Number(
            "--response-size", "B", "Bytes of a response, for request and latency (default: 64).", 0, PerfProtocol.LargestMessage);

        public Option<string?> Api { get; } = CommonOptions.Api(
            $"The API that works, here and in a server started here: awaited streams, going on on the "
            + $"connection's own thread or on the thread pool, or event handlers (default: {ApiChoice.Default}).");

        public Option<int?> Spin { get; } = CommonOptions.Spin();

        public Option<string?> Cipher { get; } = CommonOptions.Cipher(DefaultCipher);

        public Option<string?> Io { get; } = CommonOptions.Io();

        public Option<int?> Shards { get; } = CommonOptions.Shards();

        public Option<int?> UdpPayloadLimit { get; } = CommonOptions.UdpPayloadLimit();

        public Option<string?> Json { get; } = new("--json")
        {
            Description = "Write the results to this file as JSON; - writes them to standard output.",
            HelpName = "FILE",
            CustomParser = Parsing.FileName,
        };

        public PerfRequest Read(ParseResult parsed)
        {
            string[] names = parsed.GetValue(Scenarios) ?? [];
            ScenarioSettings defaults = new() { Seconds = DefaultSeconds };
            return new()
            {
                Scenarios = names.Length == 0
                    ? ScenarioRules.All
                    : [.. names.Distinct().Select(name => ScenarioRules.All.First(rules => rules.Name == name))],
                Settings = defaults with
                {
                    Seconds = parsed.GetValue(Seconds) ?? defaults.Seconds,
                    RequestSize = parsed.GetValue(RequestSize) ?? defaults.RequestSize,
                    ResponseSize = parsed.GetValue(ResponseSize) ?? defaults.ResponseSize,
                    Api = parsed.GetValue(Api) ?? ApiChoice.Default,
                    SpinMicroseconds = parsed.GetValue(Spin) ?? 0,
                    Cipher = parsed.GetValue(Cipher) ?? DefaultCipher,
                    Io = parsed.GetValue(Io) ?? IoModes.Default,
                    Shards = parsed.GetValue(Shards),
                    UdpPayloadLimit = parsed.GetValue(UdpPayloadLimit) ?? DefaultUdpPayloadLimit,
                },
                Connections = parsed.GetValue(Connections),
                Outstanding = parsed.GetValue(Outstanding),
                JsonTarget = parsed.GetValue(Json),
            };
        }
    }
}
