using System.Collections.Concurrent;
using System.Net.Security;
using System.Threading.Channels;
using HotQuic.Connections;
using HotQuic.Core.Tls.Messages;
using HotQuic.Errors;
using HotQuic.Options;
using HotQuic.Shards;

namespace HotQuic.Ports;

/// <summary>
/// One listener on a port: its protocols, its places (handshakes in progress and connections not yet accepted), and the queue that
/// accepting takes from. Shards reserve and deliver, the listener's handle accepts; from any thread.
/// </summary>
internal sealed class ListenerEntry
{
    private readonly Channel<AcceptItem> _accepted = Channel.CreateUnbounded<AcceptItem>();
    private readonly ConcurrentDictionary<ConnectionDriver, byte> _handshakes = [];
    private readonly int _crowd;
    private int _free;
    private int _unfinished;
    private volatile bool _isStopped;

    public ListenerEntry(QuicListenerOptions options)
    {
        Options = options;
        _free = options.ListenBacklog == 0 ? OptionChecks.DefaultBacklog : options.ListenBacklog;
        _crowd = _free / 2;
    }

    public QuicListenerOptions Options { get; }

    public ChannelReader<AcceptItem> Accepted => _accepted.Reader;

    /// <summary>
    /// Whether unfinished handshakes hold more than half of the places: clients from addresses that may be forged get no more of them,
    /// so that they cannot keep the others out.
    /// </summary>
    public bool IsCrowded => Volatile.Read(ref _unfinished) > _crowd;

    /// <summary>Whether it takes any of the client's protocols.</summary>
    public bool Takes(in ApplicationProtocolList offered)
    {
        foreach (SslApplicationProtocol protocol in Options.ApplicationProtocols)
        {
            if (offered.Contains(protocol.Protocol.Span))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether both take some protocol.</summary>
    public bool Overlaps(QuicListenerOptions other) => Options.ApplicationProtocols.Exists(other.ApplicationProtocols.Contains);

    /// <summary>Takes a place for a handshake; false where none is free.</summary>
    public bool TryReserve(ConnectionDriver driver)
    {
        if (_isStopped)
        {
            return false;
        }

        if (Interlocked.Decrement(ref _free) < 0)
        {
            Interlocked.Increment(ref _free);
            return false;
        }

        Interlocked.Increment(ref _unfinished);
        _handshakes.TryAdd(driver, 0);
        return true;
    }

    /// <summary>The handshake is complete: the connection waits to be accepted.</summary>
    public void Deliver(ConnectionDriver driver, QuicConnection connection) => Deliver(driver, new AcceptItem(connection, null));

    /// <summary>The handshake failed: one accept tells why.</summary>
    public void Deliver(ConnectionDriver driver, Failure failure) => Deliver(driver, new AcceptItem(null, failure));

    /// <summary>An item was taken: its place is free again.</summary>
    public void OnAccepted() => Interlocked.Increment(ref _free);

    /// <summary>No more handshakes: those in progress are given up, and what was not accepted is closed.</summary>
    public void Stop()
    {
        _isStopped = true;
        _accepted.Writer.TryComplete();
        foreach (ConnectionDriver driver in _handshakes.Keys)
        {
            driver.Shard.Post(new ShardMessage(driver, (int)ConnectionMessageKind.CancelHandshake) { Generation = driver.Generation });
        }

        while (_accepted.Reader.TryRead(out AcceptItem item))
        {
            Discard(item);
        }
    }

    private void Deliver(ConnectionDriver driver, AcceptItem item)
    {
        if (_handshakes.TryRemove(driver, out _))
        {
            Interlocked.Decrement(ref _unfinished);
        }

        if (!_accepted.Writer.TryWrite(item))
        {
            Discard(item);
        }
    }

    private static void Discard(AcceptItem item)
    {
        if (item.Connection is { } connection)
        {
            // Closing goes through the mailbox, which must not be filled by the shard that empties it.
            ThreadPool.UnsafeQueueUserWorkItem(static closing => _ = closing.DisposeAsync().AsTask(), connection, preferLocal: false);
        }
    }
}

/// <summary>A connection to accept, or why a handshake failed.</summary>
internal readonly record struct AcceptItem(QuicConnection? Connection, Failure? Failure);
