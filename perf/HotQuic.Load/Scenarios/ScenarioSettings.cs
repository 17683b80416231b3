namespace HotQuic.Load.Scenarios;

/// <summary>All that a scenario ran with; part of its result, so that a figure never stands without its conditions.</summary>
public sealed record ScenarioSettings
{
    /// <summary>How long is measured, after the warm-up.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long the load runs at least before anything counts; longer while either process still compiles its code.</summary>
    public double WarmUpSeconds { get; init; } = 1;

    /// <summary>How long that takes at most.</summary>
    public double LongestWarmUpSeconds { get; init; } = 6;

    /// <summary>Lasting connections; 0 where each operation makes its own.</summary>
    public int Connections { get; init; }

    /// <summary>Operations outstanding on each connection, or in all where there are no lasting ones.</summary>
    public int Outstanding { get; init; }

    /// <summary>Bytes of a request; null where the scenario has none.</summary>
    public int? RequestSize { get; init; } = 64;

    /// <summary>Bytes of a response; null where the scenario has none.</summary>
    public int? ResponseSize { get; init; } = 64;

    /// <summary>The client's API: <c>stream</c> or <c>handler</c>.</summary>
    public string Api { get; init; } = Transport.ApiChoice.Default;

    /// <summary>How long the client's shards look for work before they sleep, in microseconds; 0: not at all; null: as the engine decides.</summary>
    public int? SpinMicroseconds { get; init; }

    /// <summary>The server's API, as the server told.</summary>
    public string? ServerApi { get; init; }

    /// <summary>How long the server's shards look for work, as the server told.</summary>
    public int? ServerSpinMicroseconds { get; init; }

    /// <summary>The cipher suite asked for: <c>aes128</c>, <c>aes256</c> or <c>chacha20</c>.</summary>
    public string Cipher { get; init; } = "aes128";

    /// <summary>How datagrams are moved: <c>auto</c>, <c>offload</c> or <c>sockets</c>.</summary>
    public string Io { get; init; } = "auto";

    /// <summary>Shards of each process; null where the engine chose.</summary>
    public int? Shards { get; init; }

    /// <summary>The largest UDP payload that may be sent, in bytes.</summary>
    public int UdpPayloadLimit { get; init; }

    /// <summary>The server measured against; null for one started here, in a process of its own.</summary>
    public string? Server { get; init; }
}
