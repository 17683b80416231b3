using HotQuic.Core.Protection;

namespace HotQuic.Ports;

/// <summary>What a listener's face was given, as its engine needs it.</summary>
internal sealed record ListenerSettings
{
    public const double DefaultRetryMemoryFraction = 65d / 65535;

    public static TimeSpan DefaultOverloadLimit { get; } = TimeSpan.FromMilliseconds(250);

    public static TimeSpan DefaultOverloadDropLimit { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How many handshakes, and connections that wait to be accepted, it has room for.</summary>
    public required int Places { get; init; }

    public QuicRetryMode RetryMode { get; init; }

    /// <summary>The share of memory that unfinished handshakes may hold before clients have to prove their addresses; 0 for always.</summary>
    public double RetryMemoryFraction { get; init; } = DefaultRetryMemoryFraction;

    /// <summary>How late a shard may be before new connections are refused.</summary>
    public TimeSpan OverloadLimit { get; init; } = DefaultOverloadLimit;

    /// <summary>How late a shard may be before even refusing is too dear.</summary>
    public TimeSpan OverloadDropLimit { get; init; } = DefaultOverloadDropLimit;

    public QuicIoMode IoMode { get; init; }

    /// <summary>Other processes that ask for the same may share the port.</summary>
    public bool SharesPorts { get; init; }

    /// <summary>Clients get a token for their next connection (RFC 9000 §8.1.3).</summary>
    public bool OffersTokens { get; init; } = true;

    /// <summary>What stateless reset tokens derive from (RFC 9000 §10.3.2); null for what the process made for itself.</summary>
    public StatelessResetKey? ResetKey { get; init; }

    /// <summary>The key as options state it: empty for none.</summary>
    public static StatelessResetKey? KeyOf(ReadOnlyMemory<byte> secret) => secret.IsEmpty ? null : new StatelessResetKey(secret.Span);

    /// <summary>A limit as options state it: <see cref="Timeout.InfiniteTimeSpan"/> is never reached.</summary>
    public static TimeSpan Limit(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : value;
}
