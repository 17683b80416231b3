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
/// HotQuic.PinShards           false: the system moves shards between processors; true: shard i stays on the i-th processor that the process
///                             may use, where the system can do that (Linux)
/// HotQuic.SpinMicroseconds    automatic: a shard that has nothing to do looks for work before it sleeps, for 100 us at most and less where that
///                             brings nothing, as long as every thread of the machine has a processor (Linux; elsewhere 0); a number: for
///                             up to so long, whoever else wants the processors; 0: it sleeps at once
/// HotQuic.IoMode              Auto: what QuicIoMode.Auto stands for; Offload or Sockets where an option does not ask for another
/// HotQuic.SignalAfterMilliseconds
///                             10,000: with Sockets on Linux, a shard that has slept for so long has System.Net.Sockets tell what arrives, which
///                             it then does for good, and at a price
/// HotQuic.QlogDirectory       none: where each connection writes a qlog file
/// HotQuic.TokenSecret         random: 64 hexadecimal digits, shared by servers that shall take one another's Retry and NEW_TOKEN tokens
/// HotQuic.RetryTokenSeconds   30: a Retry token is valid in the period of its making and in the next
/// </code>
/// </summary>
internal sealed record QuicEngineOptions
{
    private const int MaxShards = 64;

    /// <summary>Threads, each with its connections.</summary>
    public int Shards { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, MaxShards);

    /// <summary>Whether each shard stays on one processor.</summary>
    public bool PinShards { get; init; }

    /// <summary>The longest that a shard which has nothing to do looks for work before it sleeps; null: automatic.</summary>
    public TimeSpan? Spin { get; init; }

    /// <summary>How long a shard sleeps before System.Net.Sockets watches its sockets of that mode; null for the default.</summary>
    public TimeSpan? SignalAfter { get; init; }

    /// <summary>Where each connection's qlog file goes; null for none.</summary>
    public string? QlogDirectory { get; init; }

    /// <summary>The way of waiting, which decides what sockets a shard can take.</summary>
    public UdpIo Io { get; init; } = UdpIo.Auto;

    /// <summary>False: behave as a system without IPv6.</summary>
    public bool AllowIPv6 { get; init; } = true;

    /// <summary>Bytes of memory that the process is taken to have; null for what it has.</summary>
    public long? AvailableMemory { get; init; }

    /// <summary>How long one key of Retry tokens is used: a token is valid in the period of its making and in the next.</summary>
    public TimeSpan RetryTokenPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>32 bytes that tokens derive from.</summary>
    public ReadOnlyMemory<byte> TokenSecret { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>32 bytes that stateless reset tokens derive from where a listener has no key of its own.</summary>
    public ReadOnlyMemory<byte> ResetSecret { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>What the process asks for.</summary>
    public static QuicEngineOptions FromAppContext()
    {
        var options = new QuicEngineOptions { QlogDirectory = AppContext.GetData("HotQuic.QlogDirectory") as string };
        if (AppContext.GetData("HotQuic.TokenSecret") is string secret)
        {
            options = options with { TokenSecret = ReadSecret("HotQuic.TokenSecret", secret) };
        }

        if (Read("HotQuic.RetryTokenSeconds") is { } seconds)
        {
            options = options with { RetryTokenPeriod = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, 86_400)) };
        }

        if (Read("HotQuic.Shards") is { } shards)
        {
            options = options with { Shards = (int)Math.Clamp(shards, 1, MaxShards) };
        }

        if (Read("HotQuic.SpinMicroseconds") is { } spin)
        {
            options = options with { Spin = TimeSpan.FromMicroseconds(Math.Clamp(spin, 0, 1_000_000)) };
        }

        if (Read("HotQuic.SignalAfterMilliseconds") is { } milliseconds)
        {
            options = options with { SignalAfter = TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, 86_400_000)) };
        }

        return options with { PinShards = ReadFlag("HotQuic.PinShards") };
    }

    /// <summary>A secret that others do not share would fail in ways that are hard to see: a wrong one is an error at once.</summary>
    private static byte[] ReadSecret(string name, string digits)
    {
        byte[] bytes = new byte[32];
        return digits.Length == 2 * bytes.Length && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            ? bytes
            : throw new InvalidOperationException($"Expected {name} to be 64 hexadecimal digits.");
    }

    private static bool ReadFlag(string name) => AppContext.GetData(name) switch
    {
        bool value => value,
        string text when bool.TryParse(text, out bool value) => value,
        _ => false,
    };

    private static long? Read(string name) => AppContext.GetData(name) switch
    {
        int value => value,
        long value => value,
        string text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) => value,
        _ => null,
    };
}
