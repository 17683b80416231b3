using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Connections;

/// <summary>
/// What all connections of one endpoint share and none owns: buffers, randomness, key shares, the table of connection IDs.
/// Used by the thread that drives the endpoint, one connection at a time.
/// </summary>
internal sealed class ConnectionServices
{
    /// <summary>Frames that one packet may hold: what its record in the log of sent packets is bounded by.</summary>
    public const int MaxFramesPerPacket = 24;

    /// <summary>Packets of a handshake datagram: Initial, Handshake and 1-RTT.</summary>
    public const int MaxCoalescedPackets = 3;

    private const int RetainedTls = 1024;

    private readonly Stack<TlsServerHandshake> _serverTls = new();

    public ConnectionServices()
    {
        Spaces = new PacketSpacePool(this);
    }

    public required RandomSource Random { get; init; }

    public required KeyShareFactory KeyShares { get; init; }

    public required StreamBufferPool Buffers { get; init; }

    public required StreamStatePool Streams { get; init; }

    public KeyPool Keys { get; } = new();

    public HeaderMasks Masks { get; } = new();

    public RecoveryMemory Recovery { get; } = new();

    public PacketSpacePool Spaces { get; }

    public HandshakePool Handshakes { get; } = new();

    public DeclaredParameters Parameters { get; } = new();

    /// <summary>Servers' TLS that serves nobody, all its secrets wiped.</summary>
    public IReadOnlyCollection<TlsServerHandshake> FreeTls => _serverTls;

    public required IConnectionIdRegistry Registry { get; init; }

    /// <summary>Makes the event sink of a new connection; null where nobody listens.</summary>
    public Func<Connection, ConnectionEventSink?>? SinkFactory { get; init; }

    /// <summary>Room for the sent frames of the datagram in the making.</summary>
    public SentFrame[] FrameLog { get; } = new SentFrame[MaxCoalescedPackets * MaxFramesPerPacket];

    public AssembledPacket[] Packets { get; } = new AssembledPacket[MaxCoalescedPackets];

    /// <summary>TLS of a role, which its Begin starts.</summary>
    public TlsHandshake RentTls(EndpointRole role) =>
        role == EndpointRole.Client ? new TlsClientHandshake(KeyShares, Random, Handshakes)
        : _serverTls.TryPop(out TlsServerHandshake? tls) ? tls
        : new TlsServerHandshake(KeyShares, Random, Handshakes);

    /// <summary>Takes back what was disposed of. Clients keep theirs.</summary>
    public void Return(TlsServerHandshake tls)
    {
        if (_serverTls.Count < RetainedTls)
        {
            _serverTls.Push(tls);
        }
    }
}
