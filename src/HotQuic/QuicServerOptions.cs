namespace HotQuic;

/// <summary>
/// Options of a <see cref="QuicServer"/>, read when it is made.
/// <code>
/// option                 default
/// Backlog                65,536 handshakes
/// RetryMode              Automatic
/// RetryMemoryFraction    65/65535 of the memory there is
/// OverloadLimit          250 ms
/// OverloadDropLimit      1 s
/// OffersTokens           true
/// SharesPorts            false
/// IoMode                 Auto
/// StatelessResetKey      made up by the process
/// </code>
/// </summary>
public sealed record QuicServerOptions
{
    /// <summary>Handshakes that may go on at a time; those beyond are refused with CONNECTION_REFUSED. At least 1.</summary>
    public int Backlog { get; init; } = 65_536;

    /// <summary>When clients have to prove their address by a Retry before anything is kept of them (RFC 9000 §8.1.2).</summary>
    public QuicRetryMode RetryMode { get; init; }

    /// <summary>
    /// With <see cref="QuicRetryMode.Automatic"/>: the share of the process's memory, 0 to 1, that unfinished handshakes may hold before
    /// Retry is asked for; 0 means always.
    /// </summary>
    public double RetryMemoryFraction { get; init; } = Ports.ListenerSettings.DefaultRetryMemoryFraction;

    /// <summary>
    /// New connections are refused with CONNECTION_REFUSED while a shard handles what came more than this long ago. More than zero;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan OverloadLimit { get; init; } = Ports.ListenerSettings.DefaultOverloadLimit;

    /// <summary>
    /// New connections are not even refused while a shard handles what came more than this long ago. At least
    /// <see cref="OverloadLimit"/>; <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan OverloadDropLimit { get; init; } = Ports.ListenerSettings.DefaultOverloadDropLimit;

    /// <summary>
    /// Whether clients get a token after the handshake, with which their next connection needs no Retry (NEW_TOKEN, RFC 9000 §8.1.3).
    /// </summary>
    public bool OffersTokens { get; init; } = true;

    /// <summary>
    /// Whether other processes of the same user that ask for the same may listen on the same ports. The system then spreads clients over them
    /// by address; connections break where a process joins or leaves. Otherwise a
    /// port belongs to one process alone, as long as no other of the same user asks to share it.
    /// </summary>
    public bool SharesPorts { get; init; }

    /// <summary>How the sockets work. The first listener on a port decides for all that share it.</summary>
    public QuicIoMode IoMode { get; init; }

    /// <summary>
    /// A secret of at least 32 bytes from which stateless reset tokens derive (RFC 9000 §10.3.2). A server that is started again on the same
    /// port with the same key can tell clients, at the first packet that they send, that it knows their connections no more; otherwise they
    /// learn it when their time limits end. Nobody else may know it: whoever does can end connections. Servers that run at the same time must
    /// not have one key where packets for one may reach the other (§21.11).
    /// The first listener on a port decides for all that share it. Default: empty, which means a key that the process made up.
    /// </summary>
    public ReadOnlyMemory<byte> StatelessResetKey { get; init; }
}
