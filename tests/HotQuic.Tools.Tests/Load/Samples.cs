using HotQuic.Load;
using HotQuic.Load.Measuring;
using HotQuic.Load.Scenarios;

namespace HotQuic.Tools.Tests.Load;

/// <summary>Results with known numbers.</summary>
internal static class Samples
{
    /// <summary>Ten operations in two seconds, each of a microsecond; the server received 2,000 bytes in one second of its own.</summary>
    public static ScenarioResult Result(ScenarioKind kind, bool interrupted = false)
    {
        LatencyHistogram latency = new();
        for (int operation = 0; operation < 10; operation++)
        {
            latency.Record(200);
        }

        ScenarioRules rules = ScenarioRules.Of(kind);
        ScenarioSettings settings = new() { Seconds = 2, Api = "handler", SpinMicroseconds = 50, ServerApi = "stream", ServerSpinMicroseconds = 0 };
        return ScenarioResult.From(rules, rules.Apply(settings, null, null), new()
        {
            Client = new() { AtSeconds = 2, CpuSeconds = 1.5, AllocatedBytes = 1000, CompilationSeconds = 0, BytesReceived = 0, Packets = new(10, 20, 1, 1200) },
            Server = new() { AtSeconds = 1, CpuSeconds = 0.5, AllocatedBytes = 100, CompilationSeconds = 0, BytesReceived = 2000, Packets = new(20, 9, 2, 1452) },
            Operations = 10,
            Bytes = 4000,
            Shares = kind == ScenarioKind.Request ? [1000, 3000] : [4000],
            Latency = latency,
            Interrupted = interrupted,
        });
    }

    public static PerfReport Report(params ScenarioResult[] results) => new()
    {
        StartedAt = DateTimeOffset.UnixEpoch,
        Version = "1.2.3",
        Environment = new("runtime", "system", "x64", 2),
        Scenarios = results,
    };
}
