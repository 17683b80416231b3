using System.CommandLine;
using HotQuic.WebBenchmarks;

// One ASP.NET Core application in a second process, over several transports in turn; see Comparison.
Option<int> rounds = new("--rounds") { Description = "How often each variant is measured, in turn.", DefaultValueFactory = _ => 5 };
Option<double> seconds = new("--seconds") { Description = "Seconds that a measurement takes.", DefaultValueFactory = _ => 3 };
Option<double> warmUp = new("--warm-up") { Description = "Seconds of load before that.", DefaultValueFactory = _ => 6 };
Option<int> connections = new("--connections") { Description = "Connections.", DefaultValueFactory = _ => 4 };
Option<int> outstanding = new("--outstanding") { Description = "Requests under way on each connection.", DefaultValueFactory = _ => 16 };
Option<WebVariant[]> variants = new("--variants")
{
    Description = "What to compare; all that run here by default.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => WebServer.Variants,
};
Option<FileInfo?> json = new("--json") { Description = "Also write the figures of each round to this file." };
RootCommand root = new("Measures Kestrel's requests per second over HotQuic, over HTTP/2 on Kestrel's sockets, and over System.Net.Quic where that runs.")
{
    rounds,
    seconds,
    warmUp,
    connections,
    outstanding,
    variants,
    json,
};
root.SetAction((parse, cancellation) => new Comparison
{
    Rounds = parse.GetValue(rounds),
    Seconds = parse.GetValue(seconds),
    WarmUpSeconds = parse.GetValue(warmUp),
    Connections = parse.GetValue(connections),
    Outstanding = parse.GetValue(outstanding),
    Variants = parse.GetValue(variants)!,
    Json = parse.GetValue(json),
}.RunAsync(cancellation));

Argument<WebVariant> variant = new("variant");
Command server = new("server", "The application on its own, until its standard input ends.") { variant };
server.SetAction((parse, cancellation) => WebServer.RunAsync(parse.GetValue(variant), cancellation));
root.Add(server);
return await root.Parse(args).InvokeAsync();
