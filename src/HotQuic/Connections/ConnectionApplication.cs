using HotQuic.Core.Datagrams;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Shards;

namespace HotQuic.Connections;

/// <summary>
/// The application's side of one connection, as the shard sees it: what <see cref="ConnectionDriver"/> tells. It is awaited
/// (<see cref="AwaitedConnection"/>) or called. A client has one from the start, a server when its listener accepted.
/// </summary>
/// <remarks>The shard's thread only, but for what a derived type says.</remarks>
internal abstract class ConnectionApplication(ConnectionDriver driver)
{
    /// <summary>The shard's side.</summary>
    public ConnectionDriver Driver { get; } = driver;

    /// <summary>Nobody has a way to the connection any more: once it is drained, its memory goes back.</summary>
    public bool IsGone { get; protected set; }

    /// <summary>What a callback that judges the peer's certificate gets as its sender.</summary>
    public abstract object Sender { get; }

    /// <summary>Does what a handle asks.</summary>
    public abstract void OnMessage(in ShardMessage message);

    /// <summary>The handshake is complete.</summary>
    public abstract void OnConnected();

    /// <summary>The peer opened a stream: to be adopted (<see cref="ConnectionDriver.Adopt"/>).</summary>
    public abstract void OnStreamOpened(QuicStreamState stream);

    /// <summary>The peer lets more streams be opened; so many can be now.</summary>
    public abstract void OnStreamsAvailable(StreamDirection direction, ulong available);

    /// <summary>The peer's address is another one (<see cref="ConnectionDriver.ReadFacts"/>), and proven to be the peer's.</summary>
    public abstract void OnPeerAddressChanged();

    /// <summary>A datagram waits in the connection's queue (RFC 9221).</summary>
    public abstract void OnDatagramReceived();

    /// <summary>What became of a datagram that was sent with a token.</summary>
    public abstract void OnDatagramReport(in DatagramReport report);

    /// <summary>Everything that had happened was told; gives whether that caused anything more to tell.</summary>
    public abstract bool OnEventsTold();

    /// <summary>The connection, or the attempt to make it, is over. Comes once; before <see cref="OnConnected"/>, that never comes.</summary>
    public abstract void OnClosed(Failure failure);

    /// <summary>After <see cref="OnClosed"/>: what had to be sent was.</summary>
    public abstract void OnEverythingSent();
}
