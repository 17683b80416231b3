using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;
using HotQuic.Load.Transport;
using HotQuic.Tools.Perf;

namespace HotQuic.Tools.Commands;

/// <summary>What <c>perf</c> measures, against which server, and with which settings: <see cref="AddTo"/> a command, then <see cref="Read"/>.</summary>
internal sealed class PerfOptions
{
    private const int DefaultSeconds = 5;
    private const int MostSeconds = 24 * 60 * 60;
    private const int MostConnections = 10_000;
    private const int DefaultUdpPayloadLimit = 1452;
    private const string DefaultCipher = "aes128";

    private static readonly string[] ScenarioNames = [.. ScenarioRules.All.Select(rules => rules.Name)];

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

    public Option<DnsEndPoint?> Server { get; } = new("--server")
    {
        Description = "Measure against a perf-server that runs there (default: start one).",
        HelpName = "HOST:PORT",
        CustomParser = Parsing.HostAndPort,
    };

    public Option<FileInfo?> Authorities { get; } = CommonOptions.Authorities();

    public Option<bool> Insecure { get; } = CommonOptions.Insecure();

    private Option[] All =>
    [
        Seconds, Connections, Outstanding, RequestSize, ResponseSize, Api, Spin, Cipher, Io, Shards, UdpPayloadLimit, Server, Authorities, Insecure,
    ];

    /// <summary>Gives a command the options.</summary>
    public void AddTo(Command command)
    {
        Array.ForEach(All, command.Add);
        command.Validators.Add(result =>
        {
            bool chosen = result.GetResult(Authorities) is { Implicit: false } || result.GetValue(Insecure);
            if (chosen && result.GetResult(Server) is null or { Implicit: true })
            {
                result.AddError("--ca and --insecure are for a server named with --server.");
            }
        });
    }

    /// <summary>The options that were given, by name, with their values as they were given.</summary>
    public Dictionary<string, string[]> Given(ParseResult parsed) => All
        .Select(parsed.GetResult)
        .OfType<OptionResult>()
        .Where(result => !result.Implicit)
        .ToDictionary(result => result.Option.Name, result => result.Tokens.Select(token => token.Value).ToArray());

    /// <summary>What was asked for.</summary>
    public PerfRequest Read(ParseResult parsed)
    {
        string[] names = parsed.GetValue(Scenarios) ?? [];
        DnsEndPoint? server = parsed.GetValue(Server);
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
                SpinMicroseconds = parsed.GetValue(Spin),
                Cipher = parsed.GetValue(Cipher) ?? DefaultCipher,
                Io = parsed.GetValue(Io) ?? IoModes.Default,
                Shards = parsed.GetValue(Shards),
                UdpPayloadLimit = parsed.GetValue(UdpPayloadLimit) ?? DefaultUdpPayloadLimit,
                Server = server is null ? null : $"{server.Host}:{server.Port}",
            },
            Connections = parsed.GetValue(Connections),
            Outstanding = parsed.GetValue(Outstanding),
            Server = server,
            Authorities = parsed.GetValue(Authorities),
            Insecure = parsed.GetValue(Insecure),
        };
    }

    private static Option<int?> Number(string name, string help, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = Parsing.Whole(least, most),
    };
}
