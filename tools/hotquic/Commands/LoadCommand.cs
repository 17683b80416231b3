using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using HotQuic.Load.Harness.Agents;
using HotQuic.Load.Harness.Files;
using HotQuic.Load.Harness.Model;
using HotQuic.Tools.Certificates;
using HotQuic.Tools.Load;
using HotQuic.Tools.Output;

namespace HotQuic.Tools.Commands;

/// <summary><c>hotquic load</c>: a load from a scenario file, or one that the options describe, against any server.</summary>
internal static class LoadCommand
{
    /// <summary>Where the token is looked for that no option gives: what stands on a command line, others on the machine can read.</summary>
    public const string TokenVariable = "HOTQUIC_LOAD_TOKEN";

    private const int DefaultBytes = 64;
    private const int MostProcesses = 256;
    private static readonly TimeSpan DefaultDuring = TimeSpan.FromSeconds(10);

    public static Command Create(Terminal terminal)
    {
        LoadOptions options = new();
        Command command = new("load", "Load any QUIC server: from a scenario file, or with what the options say.")
        {
            options.File, options.Target, options.Http3, options.Rate, options.Copies, options.During, options.WarmUp, options.Connections, options.Connect,
            options.Datagrams, options.RequestBytes, options.ResponseBytes, options.Alpn, options.Thresholds, options.Authorities,
            options.Insecure, options.Cipher, options.Processes, options.Agents, options.Json, options.Csv, options.Html, options.Shards, options.Spin,
        };
        command.Validators.Add(result =>
        {
            SymbolResult?[] whats = [result.GetResult(options.File), result.GetResult(options.Target), result.GetResult(options.Http3)];
            if (whats.Count(what => what is ArgumentResult { Implicit: false } or OptionResult { Implicit: false }) != 1)
            {
                result.AddError("Expected a scenario file, --target or --http3.");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(options.File) is { Implicit: false })
            {
                foreach (Option option in options.OfScenario.Where(option => result.GetResult(option) is { Implicit: false }))
                {
                    result.AddError($"{option.Name} is for --target and --http3: a scenario file says that itself.");
                }
            }
        });
        Checks.RefuseOptions(options.File);
        Checks.RequireOneAtMost(command, options.Rate, options.Copies);
        Checks.RequireOneAtMost(command, options.Connect, options.Datagrams);
        Checks.RequireOneAtMost(command, options.Connect, options.RequestBytes);
        Checks.RequireOneAtMost(command, options.Connect, options.ResponseBytes);
        Checks.RequireOneAtMost(command, options.Datagrams, options.ResponseBytes);
        Checks.RequireOneAtMost(command, options.Http3, options.Datagrams);
        Checks.RequireOneAtMost(command, options.Http3, options.ResponseBytes);
        Checks.RequireOneAtMost(command, options.Processes, options.Agents);
        Checks.RequireOneAtMost(command, options.Authorities, options.Insecure);
        command.SetAction((parsed, cancellation) =>
        {
            EngineSettings.UseShards(parsed.GetValue(options.Shards));
            EngineSettings.UseSpin(parsed.GetValue(options.Spin));
            return new LoadSession(options.Read(parsed), terminal).RunAsync(cancellation);
        });
        return command;
    }

    /// <summary>The token that agents and coordinators share, from the environment.</summary>
    public static string? TokenOfEnvironment() => Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token ? token : null;

    private sealed class LoadOptions
    {
        public Argument<FileInfo?> File { get; } = new("file")
        {
            Description = "The scenarios, YAML or JSON.",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        };

        public Option<LoadTarget?> Target { get; } = new("--target")
        {
            Description = "The server, for a scenario made of the options: perf://host:port, quic://host:port (for https, see --http3).",
            HelpName = "ADDRESS",
            CustomParser = result =>
            {
                try
                {
                    LoadTarget target = LoadTarget.Parse(result.Tokens[0].Value);
                    if (target.Protocol != LoadProtocol.Http3)
                    {
                        return target;
                    }

                    result.AddError($"--target: '{result.Tokens[0].Value}' is for HTTP/3: expected --http3 in place of --target.");
                }
                catch (FormatException e)
                {
                    result.AddError($"--target: {e.Message}");
                }

                return null;
            },
        };

        public Option<Uri?> Http3 { get; } = new("--http3")
        {
            Description = "What is asked for over HTTP/3: by GET, or, with --request-size, by POST.",
            HelpName = "URL",
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps)
                {
                    return uri;
                }

                result.AddError($"--http3: '{result.Tokens[0].Value}' is not a URL such as https://localhost:4433/.");
                return null;
            },
        };

        public Option<int?> Rate { get; } = new("--rate")
        {
            Description = "Begin so many iterations a second, however long they take (the open model).",
            HelpName = "N",
            CustomParser = Parsing.Whole(1, (int)LoadSimulation.HighestRate),
        };

        public Option<int?> Copies { get; } = new("--copies")
        {
            Description = "Keep so many copies at work, each beginning again when it has ended (the closed model; default: 1).",
            HelpName = "N",
            CustomParser = Parsing.Whole(1, LoadSimulation.MostCopies),
        };

        public Option<TimeSpan?> During { get; } = Duration("--during", "How long, such as 30s or 5m (default: 10s).");

        public Option<TimeSpan?> WarmUp { get; } = Duration("--warm-up", "How long the load runs before anything counts (default: 1s).");

        public Option<int?> Connections { get; } = new("--connections")
        {
            Description = "Connections that the iterations share (default: 1).",
            HelpName = "N",
            CustomParser = Parsing.Whole(1, LoadScenario.MostConnections),
        };

        public Option<bool> Connect { get; } = new("--connect")
        {
            Description = "Each iteration makes a connection and closes it, in place of a request.",
        };

        public Option<bool> Datagrams { get; } = new("--datagrams")
        {
            Description = "Each iteration sends a datagram that the peer acknowledges, in place of a request.",
        };

        public Option<int?> RequestBytes { get; } = Size("--request-size", $"Bytes of a request or datagram (default: {DefaultBytes}).");

        public Option<int?> ResponseBytes { get; } = Size(
            "--response-size", $"Bytes that a response must have (default: any, and {DefaultBytes} from a perf-server).");

        public Option<string?> Alpn { get; } = new("--alpn")
        {
            Description = "The application protocol's name in the TLS handshake (default: the target's own; echo for quic://).",
            HelpName = "NAME",
        };

        public Option<string[]> Thresholds { get; } = new("--threshold")
        {
            Description = "Fail unless this holds, such as 'p99 < 5ms', 'failed < 0.1%' or 'rate >= 990'. May be given several times.",
            HelpName = "CONDITION",
        };

        public Option<FileInfo?> Authorities { get; } = CommonOptions.Authorities();

        public Option<bool> Insecure { get; } = CommonOptions.Insecure();

        public Option<string?> Cipher { get; } = CommonOptions.Cipher();

        public Option<int?> Processes { get; } = new("--processes")
        {
            Description = "Have so many processes on this machine make the load, an equal share each (default: this one does).",
            HelpName = "N",
            CustomParser = Parsing.Whole(1, MostProcesses),
        };

        public Option<string[]> Agents { get; } = new("--agents")
        {
            Description = $"Have these machines make the load, where 'hotquic load-agent' runs with the same {TokenVariable}.",
            HelpName = "HOST:PORT,...",
            AllowMultipleArgumentsPerToken = true,
        };

        public Option<string?> Json { get; } = Report("--json", "JSON");

        public Option<string?> Csv { get; } = Report("--csv", "CSV");

        public Option<string?> Html { get; } = Report("--html", "an HTML page with charts, which needs nothing else");

        public Option<int?> Shards { get; } = CommonOptions.Shards();

        public Option<int?> Spin { get; } = CommonOptions.Spin();

        /// <summary>Those that make a scenario: a file's scenarios have all of that in them.</summary>
        public IEnumerable<Option> OfScenario =>
            [Rate, Copies, During, WarmUp, Connections, Connect, Datagrams, RequestBytes, ResponseBytes, Alpn, Thresholds, Cipher];

        public LoadRequest Read(ParseResult parsed) => new()
        {
            Scenarios = parsed.GetValue(File) is { } file ? FromFile(file, parsed) : [FromOptions(parsed)],
            Processes = parsed.GetValue(Processes) ?? 0,
            Agents = ReadAgents(parsed.GetValue(Agents) ?? []),
            Json = parsed.GetValue(Json),
            Csv = parsed.GetValue(Csv),
            Html = parsed.GetValue(Html),
        };

        private static Option<TimeSpan?> Duration(string name, string description) => new(name)
        {
            Description = description,
            HelpName = "TIME",
            CustomParser = result =>
            {
                TimeSpan? duration = NodeReader.ParseDuration(result.Tokens[0].Value);
                if (duration is null)
                {
                    result.AddError($"{name}: '{result.Tokens[0].Value}' is not a duration such as 500ms, 30s, 2m or 1h.");
                }

                return duration;
            },
        };

        private static Option<int?> Size(string name, string description) => new(name)
        {
            Description = description,
            HelpName = "B",
            CustomParser = Parsing.Whole(0, HotQuic.Load.Protocol.PerfProtocol.LargestMessage),
        };

        private static Option<string?> Report(string name, string what) => new(name)
        {
            Description = $"Write the report to this file as {what}; - writes it to standard output.",
            HelpName = "FILE",
            CustomParser = Parsing.FileName,
        };

        private static LoadAgentAddress[] ReadAgents(string[] arguments)
        {
            string[] names = [.. arguments.SelectMany(argument => argument.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
            if (names.Length == 0)
            {
                return [];
            }

            string token = TokenOfEnvironment()
                ?? throw new CommandException($"the environment variable {TokenVariable} must have the token that the agents were started with");
            return [.. names.Select(name => new LoadAgentAddress(EndPointOf(name), token))];
        }

        private static EndPoint EndPointOf(string name) =>
            Uri.TryCreate($"quic://{name}", UriKind.Absolute, out Uri? uri) && uri.Port > 0 && uri.AbsolutePath is "" or "/"
            ? Parsing.ToEndPoint(uri!.DnsSafeHost, uri.Port)
            : throw new CommandException($"--agents: '{name}' is not HOST:PORT, such as 10.0.0.2:4434");

        private IReadOnlyList<LoadScenario> FromFile(FileInfo file, ParseResult parsed)
        {
            try
            {
                IReadOnlyList<LoadScenario> scenarios = ScenarioFile.Read(file.FullName);
                return [.. scenarios.Select(scenario => scenario.WithTarget(WithTrust(scenario.Target, parsed)))];
            }
            catch (ScenarioFileException e)
            {
                throw new CommandException($"'{file}', {e.Message}", e);
            }
        }

        private LoadScenario FromOptions(ParseResult parsed)
        {
            try
            {
                LoadTarget target = WithTrust(
                    parsed.GetValue(Http3) is { } uri ? LoadTarget.Parse(uri.GetLeftPart(UriPartial.Authority)) : parsed.GetValue(Target)!, parsed);
                target = parsed.GetValue(Alpn) is { } alpn ? target.WithApplicationProtocol(alpn) : target;
                target = target.WithTransport(target.Transport with { Cipher = parsed.GetValue(Cipher) });
                TimeSpan during = parsed.GetValue(During) ?? DefaultDuring;
                LoadScenario scenario = LoadScenario.Create(target.Host, target, StepOf(parsed, target))
                    .WithLoadSimulations(parsed.GetValue(Rate) is { } rate
                        ? LoadSimulation.Inject(rate, TimeSpan.FromSeconds(1), during)
                        : LoadSimulation.KeepConstant(parsed.GetValue(Copies) ?? 1, during))
                    .WithConnections(parsed.GetValue(Connections) ?? 1)
                    .WithThresholds(parsed.GetValue(Thresholds) ?? []);
                return parsed.GetValue(WarmUp) is { } warmUp ? scenario.WithWarmUpDuration(warmUp) : scenario;
            }
            catch (Exception e) when (e is ArgumentException or FormatException)
            {
                throw new CommandException(e.Message.Split(" (Parameter '")[0], e);
            }
        }

        private LoadStep StepOf(ParseResult parsed, LoadTarget target)
        {
            int request = parsed.GetValue(RequestBytes) ?? DefaultBytes;
            int? response = parsed.GetValue(ResponseBytes) ?? (target.Protocol == LoadProtocol.Perf ? DefaultBytes : null);
            string method = parsed.GetValue(RequestBytes) is null ? "GET" : "POST";
            return parsed.GetValue(Connect) ? LoadStep.Connect("connect")
                : parsed.GetValue(Http3) is { } uri ? LoadStep.Http(NameOf(method, uri), method, uri.PathAndQuery, method == "GET" ? 0 : request)
                : parsed.GetValue(Datagrams) ? LoadStep.Datagram("datagram", request)
                : LoadStep.Request("request", request, response);
        }

        /// <summary>What the report calls a request: as much of its path as a name may have.</summary>
        private static string NameOf(string method, Uri uri)
        {
            string name = $"{method} {uri.PathAndQuery}";
            return name.Length <= LoadStep.LongestName ? name : name[..LoadStep.LongestName];
        }

        private LoadTarget WithTrust(LoadTarget target, ParseResult parsed)
        {
            FileInfo? authorities = parsed.GetValue(Authorities);
            bool insecure = parsed.GetValue(Insecure);
            return authorities is null && !insecure ? target : target.WithTrust(Trust.From(authorities, insecure));
        }
    }
}
