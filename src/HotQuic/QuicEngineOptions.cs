using System.Globalization;
using System.Security.Cryptography;
using HotQuic.Udp;

namespace HotQuic;

/// <summary>
/// How the process's shards are set up, read once when the first listener or connection starts. Each can be set for a process with
/// <see cref="AppContext.SetData"/>, in runtimeconfig.json, or as a property of the project.
/// <code>
/// AppContext name             default
/// HotQuic.Shards              number of processors, at most 64
/// HotQuic.SpinMicroseconds    0: a shard sleeps as soon as it has nothing to do
/// HotQuic.QlogDirectory       none: where each connection writes a qlog file
/// </code>
/// </summary>
internal sealed record QuicEngineOptions
{
    private const int MaxShards = 64;

    /// <summary>Threads, each with its connections.</summary>
    public int Shards { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, MaxShards);

    /// <summary>How long a shard that has nothing to do looks for work before it sleeps.</summary>
    public TimeSpan Spin { get; init; }

    /// <summary>Where each connection's qlog file goes; null for none.</summary>
    public string? QlogDirectory { get; init; }

    /// <summary>The way of waiting, which decides what sockets a shard can take.</summary>
    public UdpIo Io { get; init; } = UdpIo.Auto;

    /// <summary>32 bytes that tokens derive from.</summary>
    public ReadOnlyMemory<byte> TokenSecret { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>32 bytes that stateless reset tokens derive from.</summary>
    public ReadOnlyMemory<byte> ResetSecret { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>What the process asks for.</summary>
    public static QuicEngineOptions FromAppContext()
    {
        var options = new QuicEngineOptions { QlogDirectory = AppContext.GetData("HotQuic.QlogDirectory") as string };
        if (Read("HotQuic.Shards") is { } shards)
        {
            options = options with { Shards = (int)Math.Clamp(shards, 1, MaxShards) };
        }

        return Read("HotQuic.SpinMicroseconds") is { } spin
            ? options with { Spin = TimeSpan.FromMicroseconds(Math.Clamp(spin, 0, 1_000_000)) }
            : options;
    }

    private static long? Read(string name) => AppContext.GetData(name) switch
    {
        int value => value,
        long value => value,
        string text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) => value,
        _ => null,
    };
}
