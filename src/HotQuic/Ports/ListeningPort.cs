using System.Diagnostics.CodeAnalysis;
using System.Net;
using HotQuic.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;
using HotQuic.Shards;
using HotQuic.Udp;

namespace HotQuic.Ports;

/// <summary>
/// A UDP port that listeners share: wildcard sockets, and the table of those who listen. Shards ask it about strangers
/// (<see cref="CheckDestination"/>, <see cref="Decide"/>) and about ClientHellos (<see cref="OnClientHello"/>) without a lock;
/// <see cref="PortTable"/> opens, changes and closes it.
/// </summary>
/// <remarks>
/// It goes when nobody listens on it and no connection uses it. Shards then let go of the sockets, and the last one to do so has them
/// closed, unless somebody listens again: nobody ever waits for a port to close before it can be listened on.
/// <code>
///         Attach               nobody uses it: Detach           all shards let go
///  bound ────────► attached ─────────────────────────► leaving ───────────────────► closed
///                     ▲                                    │
///                     └────────────────────────────────────┘
///                       all shards let go, and it is used again
/// </code>
/// </remarks>
internal sealed class ListeningPort : IShardTarget
{
    private readonly PortTable _table;
    private readonly QuicEngine _engine;
    private volatile Place[] _places;
    private TaskCompletionSource? _closed;
    private volatile BindingTable _bindings = BindingTable.Empty;
    private volatile StatelessResetKey? _resetKey;
    private int _connections;
    private int _leaving;
    private bool _isAttached;

    public ListeningPort(PortTable table, QuicEngine engine, UdpSocket[] sockets)
    {
        _table = table;
        _engine = engine;
        Number = sockets[0].LocalEndPoint.Port;
        Capabilities = sockets[0].Capabilities;
        _places = new Place[sockets.Length];
        for (int i = 0; i < sockets.Length; i++)
        {
            _places[i] = new Place(engine.Shards[i], new ShardSocket(sockets[i], this));
        }
    }

    public int Number { get; }

    /// <summary>What its sockets do.</summary>
    public UdpCapabilities Capabilities { get; }

    public BindingTable Bindings
    {
        get => _bindings;
        set => _bindings = value;
    }

    /// <summary>What stateless reset tokens derive from, as the first of those who listen wants it; null for the engine's own.</summary>
    public StatelessResetKey? ResetKey
    {
        get => _resetKey;
        set => _resetKey = value;
    }

    public bool IsInUse => !_bindings.Bindings.IsEmpty || Volatile.Read(ref _connections) > 0;

    /// <summary>Ends when the port is closed, or used again; null while it is not leaving. Under the table's lock.</summary>
    public Task? Closing => _closed?.Task;

    public int SocketCount => _places.Length;

    /// <summary>Adds what was counted on all of its sockets. From any thread.</summary>
    public void AddTo(PortTotals totals)
    {
        foreach (Place place in _places)
        {
            place.Socket.Counters.AddTo(totals);
        }
    }

    /// <summary>
    /// Where the sockets cannot choose the address they send from, one address that is listened on gets a socket of its own. Under the
    /// table's lock.
    /// </summary>
    public void Prepare(IPAddress address)
    {
        if (Capabilities.SourceAddress || Array.Exists(_places, place => address.Equals(place.Socket.Udp.LocalEndPoint.Address)))
        {
            return;
        }

        if (_places[0].Socket.Udp.TryBindBeside(address) is { } beside)
        {
            var place = new Place(_places[0].Shard, new ShardSocket(beside, this));
            _places = [.. _places, place];
            if (_isAttached && _leaving == 0)
            {
                Ask(place);
            }
        }
    }

    /// <summary>Hands each shard its sockets. Under the table's lock.</summary>
    public void Attach()
    {
        _isAttached = true;
        Array.ForEach(_places, Ask);
    }

    /// <summary>Asks the shards to let go of the sockets. Under the table's lock.</summary>
    public void Detach()
    {
        if (_leaving == 0)
        {
            _leaving = _places.Length;
            _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Array.ForEach(_places, Ask);
        }
    }

    /// <summary>A shard has let go of a socket; true where it was the last. Under the table's lock.</summary>
    public bool OnDetached() => --_leaving == 0;

    /// <summary>The shards have all let go: closes the sockets, or hands them out again. Under the table's lock.</summary>
    public void FinishLeaving(bool isUsedAgain)
    {
        if (isUsedAgain)
        {
            Attach();
        }
        else
        {
            Dispose();
        }

        _closed?.SetResult();
        _closed = null;
    }

    /// <summary>Closes sockets that no shard has.</summary>
    public void Dispose() => Array.ForEach(_places, place => place.Socket.Udp.Dispose());

    void IShardTarget.OnMessage(in ShardMessage message)
    {
        var place = (Place)message.Argument!;
        int asked = Volatile.Read(ref place.Asked);
        if (asked == place.Done)
        {
            return;
        }

        place.Done = asked;
        if ((asked & 1) != 0)
        {
            place.Shard.AddSocket(place.Socket);
        }
        else
        {
            place.Shard.LetGo(place.Socket);
            _table.OnDetached(this);
        }
    }

    void IShardTarget.OnFault(Exception exception)
    {
    }

    /// <summary>On a shard: the socket that another shard has on the port, if it has one.</summary>
    /// <param name="shard">The other's number.</param>
    /// <param name="target">The other shard.</param>
    /// <param name="socket">Its socket: for that shard's thread alone.</param>
    public bool TryFindSibling(int shard, [NotNullWhen(true)] out Shard? target, [NotNullWhen(true)] out ShardSocket? socket)
    {
        // The first places are those of the shards, in their order; where the system cannot share a port there is but one.
        Place[] places = _places;
        Place? place = (uint)shard < (uint)places.Length && places[shard].Shard.Number == shard ? places[shard] : null;
        target = place?.Shard;
        socket = place?.Socket;
        return place is not null;
    }

    /// <summary>On a shard: whether anybody listens at an address. This is the boundary that wildcard sockets do not draw (L4).</summary>
    public DropReason CheckDestination(PathAddress local, PathAddress remote) => _bindings.CheckDestination(local, remote);

    /// <summary>On a shard: what to do with a stranger that came to an address somebody listens on.</summary>
    /// <param name="request">What is known of it.</param>
    /// <param name="lag">How late the shard is.</param>
    /// <param name="counters">Where to count.</param>
    public AdmissionVerdict Decide(in AdmissionRequest request, TimeSpan lag, PortCounters counters)
    {
        var survey = new AdmissionSurvey(_engine.Handshakes.Held);
        ReadOnlySpan<PortBinding> bindings = _bindings.Bindings;
        for (int i = 0; i < bindings.Length; i++)
        {
            ListenerEntry entry = bindings[i].Entry;
            if (!entry.IsStopped && bindings[i].Address.Takes(request.Local, request.Remote) && !IsAskedBefore(bindings[..i], entry, request))
            {
                survey.Ask(entry, request, lag);
            }
        }

        if (survey.IsOverloaded)
        {
            counters.Count(PortCounter.RefusedByLoad);
        }

        return survey.Verdict(request.IsAddressValidated);
    }

    /// <summary>On a shard: the ClientHello has come, and with it what a listener is chosen by.</summary>
    public void OnClientHello(ConnectionDriver driver, ClientHelloInfo info)
    {
        ClientHelloView hello = info.Read();
        Core.Connections.Connection core = driver.Core;
        SelectionOutcome outcome = _bindings.Select(
            hello.ApplicationProtocols, core.Path.Local, core.Path.Remote, out PortBinding? binding, out ReadOnlySpan<byte> protocol);
        if (outcome != SelectionOutcome.Found)
        {
            // RFC 7301 §3.2
            driver.Socket.Counters.Count(outcome == SelectionOutcome.NoAddress ? PortCounter.NoAddress : PortCounter.NoApplicationProtocol);
            driver.Refuse(TransportError.FromAlert(TlsAlert.NoApplicationProtocol, "No listener takes any of the application protocols."));
        }
        else if (!binding!.Entry.TryReserve())
        {
            driver.Refuse(new TransportError(TransportErrorCode.ConnectionRefused, 0, "The listener has no place left."));
        }
        else
        {
            driver.OnListenerChosen(binding.Entry);
            binding.Entry.OnClientHello(
                driver, new ClientHelloQuestion { Binding = binding, Message = info.Message.Span, Hello = hello, Protocol = protocol });
        }
    }

    public void OnConnectionCame()
    {
        Interlocked.Increment(ref _connections);
        _engine.Handshakes.OnStarted();
    }

    public void OnHandshakeOver()
    {
        _engine.Handshakes.OnOver();
        long held = _engine.Handshakes.Held;
        foreach (PortBinding binding in _bindings.Bindings)
        {
            // Only to end that mode: it begins with an attempt.
            if (binding.Entry.IsRetryOn)
            {
                binding.Entry.IsRetryWanted(held);
            }
        }
    }

    public void OnConnectionGone()
    {
        if (Interlocked.Decrement(ref _connections) == 0 && _bindings.Bindings.IsEmpty)
        {
            _table.CloseIfUnused(this);
        }
    }

    private static bool IsAskedBefore(ReadOnlySpan<PortBinding> earlier, ListenerEntry entry, in AdmissionRequest request)
    {
        foreach (PortBinding binding in earlier)
        {
            if (binding.Entry == entry && binding.Address.Takes(request.Local, request.Remote))
            {
                return true;
            }
        }

        return false;
    }

    private void Ask(Place place)
    {
        Volatile.Write(ref place.Asked, place.Asked + 1);
        place.Shard.PostWithoutWaiting(new ShardMessage(this, 0, place));
    }

    /// <summary>
    /// A socket, and the shard that drives it. It is asked to take the socket and to let go of it by turns, and looks at the last that it
    /// was asked: what overtakes what on the way does not matter.
    /// </summary>
    private sealed class Place(Shard shard, ShardSocket socket)
    {
        /// <summary>Odd: take it; even: let go. Written under the table's lock.</summary>
        public int Asked;

        /// <summary>What was asked and is done. The shard's.</summary>
        public int Done;

        public Shard Shard { get; } = shard;

        public ShardSocket Socket { get; } = socket;
    }
}
