using System.Globalization;

namespace HotQuic.Tools.Perf;

/// <summary>What a perf command passes on to the server that it starts.</summary>
internal sealed record PerfServerArguments
{
    /// <summary>The API that serves.</summary>
    public required string Api { get; init; }

    /// <summary>How long shards look for work before they sleep, in microseconds; null for the engine's choice.</summary>
    public int? SpinMicroseconds { get; init; }

    /// <summary>How datagrams are moved.</summary>
    public required string Io { get; init; }

    /// <summary>Shards; null for the engine's choice.</summary>
    public int? Shards { get; init; }

    /// <summary>The largest UDP payload; null for the engine's choice.</summary>
    public int? UdpPayloadLimit { get; init; }

    /// <summary>The same as a command line of this program.</summary>
    public IEnumerable<string> ToCommandLine()
    {
        List<string> arguments = ["perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", Api, "--io", Io];
        AddNumber("--spin", SpinMicroseconds);
        AddNumber("--shards", Shards);
        AddNumber("--udp-payload-limit", UdpPayloadLimit);
        return arguments;

        void AddNumber(string name, int? value)
        {
            if (value is { } number)
            {
                arguments.AddRange([name, number.ToString(CultureInfo.InvariantCulture)]);
            }
        }
    }
}
