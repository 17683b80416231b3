using System.Net;
using System.Net.Security;

namespace HotQuic;

/// <summary>Options of <see cref="QuicListener.ListenAsync"/>.</summary>
public sealed class QuicListenerOptions
{
    /// <summary>
    /// Where to listen. <see cref="IPAddress.IPv6Any"/> takes both families; port 0 lets the system choose one. It must be set.
    /// </summary>
    public IPEndPoint ListenEndPoint { get; set; } = null!;

    /// <summary>
    /// The protocols that the listener takes, the preferred first; its order decides, not the client's. At least one, each once.
    /// Listeners on the same address and port share it as long as they have no protocol in common.
    /// </summary>
    public List<SslApplicationProtocol> ApplicationProtocols { get; set; } = null!;

    /// <summary>Handshakes in progress and connections not yet accepted, together; those beyond are refused. Default: 0, which means 512.</summary>
    public int ListenBacklog { get; set; }

    /// <summary>
    /// Called for each connection when its ClientHello has come, to give its options. It runs on the thread pool, unless
    /// <see cref="CompletesInline"/> is set never on a shard, and may take its time; the token tells when the handshake was given up, and
    /// means nothing once the call has ended. It must be set.
    /// </summary>
    public Func<QuicConnection, SslClientHelloInfo, CancellationToken, ValueTask<QuicServerConnectionOptions>> ConnectionOptionsCallback
    {
        get;
        set;
    } = null!;

    /// <summary>
    /// Whether <see cref="ConnectionOptionsCallback"/> and the code after an awaited <see cref="QuicListener.AcceptConnectionAsync"/> run at once
    /// on a shard's own thread, rather than on the thread pool; several shards may call the callback at a time. It saves three changes of
    /// threads for each handshake. The danger is that of <see cref="QuicTransportOptions.CompletesInline"/>, which is the same for a connection
    /// and its streams: until that code awaits something else, every connection of the shard stands still, so it must be short and must not
    /// block. Default: false.
    /// </summary>
    public bool CompletesInline { get; set; }

    /// <summary>When clients have to prove their address by a Retry before anything is kept of them (RFC 9000 §8.1.2). Default: automatic.</summary>
    public QuicRetryMode RetryMode { get; set; }

    /// <summary>
    /// Whether other processes of the same user that ask for the same may listen on the same port. The system then spreads clients over them
    /// by address; connections break where a process joins or leaves. Default: false, the port belongs to this
    /// process alone, as long as no other of the same user asks to share it.
    /// </summary>
    public bool SharesPort { get; set; }

    /// <summary>
    /// How the sockets of the port work; the first listener on a port decides for all that share it. Default: the fastest way that the
    /// system has.
    /// </summary>
    public QuicIoMode IoMode { get; set; }

    /// <summary>
    /// New connections are refused with CONNECTION_REFUSED while a shard handles what came more than this long ago, and after another
    /// three quarters of a second not even refused. More than zero; <see cref="Timeout.InfiniteTimeSpan"/> for never. Default: 250 ms.
    /// </summary>
    public TimeSpan OverloadLimit { get; set; } = Ports.ListenerSettings.DefaultOverloadLimit;

    /// <summary>
    /// A secret of at least 32 bytes from which stateless reset tokens derive (RFC 9000 §10.3.2). A server that is started again on the same
    /// port with the same key can tell clients, at the first packet that they send, that it knows their connections no more; otherwise they
    /// learn it when their time limits end. Nobody else may know it: whoever does can end connections. Servers that run at the same time must
    /// not have one key where packets for one may reach the other (§21.11).
    /// The first listener on a port decides for all that share it. Default: empty, which means a key that the process made up.
    /// </summary>
    public ReadOnlyMemory<byte> StatelessResetKey { get; set; }
}
