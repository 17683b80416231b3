using HotQuic.Core.Connections;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;

namespace HotQuic.Testing;

/// <summary>
/// A network in virtual time between hosts that are driven by it: <see cref="Step"/> goes on to the next thing that happens, a
/// delivery or a deadline, and lets the host concerned act. Everything follows from the seed.
/// </summary>
internal sealed class SimulatedNetwork
{
    /// <summary>More events than any honest run takes.</summary>
    private const long MaxSteps = 200_000;

    private readonly SeededRandom _random;
    private readonly Dictionary<PathAddress, SimulatedHost> _hosts = [];
    private readonly PriorityQueue<Flight, (long Ticks, long Order)> _flights = new();
    private readonly Dictionary<PathAddress, Instant> _linkFree = [];
    private long _order;

    public SimulatedNetwork(ulong seed)
    {
        _random = new SeededRandom(seed);
    }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>What happens to datagrams on the way to an address; perfect where nothing is set.</summary>
    public Dictionary<PathAddress, LinkConditions> Conditions { get; } = [];

    /// <summary>Sees every datagram as it is sent, before the link acts on it; false drops it.</summary>
    public Func<SimulatedDatagram, bool>? Filter { get; set; }

    /// <summary>Rewrites addresses after the filter, as a NAT does.</summary>
    public Func<SimulatedDatagram, SimulatedDatagram>? Nat { get; set; }

    /// <summary>Takes a line for everything that connections do; set before hosts are made. Null: nothing is written.</summary>
    public TextWriter? Trace { get; init; }

    /// <summary>Every connection keeps a <see cref="PacketLog"/> instead of a trace; set before hosts are made.</summary>
    public bool IsRecording { get; init; }

    /// <summary>Makes the event sinks where no trace is written; set before hosts are made.</summary>
    public Func<Connection, ConnectionEventSink?>? SinkFactory { get; init; }

    public long DatagramsDelivered { get; private set; }

    public long DatagramsLost { get; private set; }

    public ConnectionEventSink? SinkFor(Connection connection) => IsRecording ? new PacketLog()
        : Trace is { } trace ? new TraceSink(trace, connection) : SinkFactory?.Invoke(connection);

    /// <summary>Events so far.</summary>
    public long Steps { get; private set; }

    public void Add(SimulatedHost host) => _hosts.Add(host.Address, host);

    /// <summary>Puts one datagram on the link to where it is addressed.</summary>
    public void Send(in SimulatedDatagram sent)
    {
        bool passes = Filter?.Invoke(sent) != false;
        SimulatedDatagram datagram = Nat?.Invoke(sent) ?? sent;
        LinkConditions link = Conditions.GetValueOrDefault(datagram.To, LinkConditions.Perfect);
        if (!passes || datagram.Bytes.Length > link.Mtu || _random.Chance(link.LossPerThousand))
        {
            DatagramsLost++;
            return;
        }

        int copies = _random.Chance(link.DuplicationPerThousand) ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            Launch(datagram, link);
        }
    }

    /// <summary>Goes on to the next event; false where nothing will ever happen again.</summary>
    public bool Step()
    {
        Steps++;
        SimulatedHost? due = null;
        Instant at = Instant.Never;
        foreach (SimulatedHost host in _hosts.Values)
        {
            Instant deadline = host.NextDeadline;
            if (deadline < at)
            {
                at = deadline;
                due = host;
            }
        }

        if (_flights.TryPeek(out _, out (long Ticks, long Order) first) && first.Ticks <= at.Ticks)
        {
            Flight flight = _flights.Dequeue();
            Advance(new Instant(first.Ticks));
            if (_hosts.TryGetValue(flight.Datagram.To, out SimulatedHost? target))
            {
                DatagramsDelivered++;
                target.OnDatagram(flight.Datagram);
            }

            return true;
        }

        if (due is null)
        {
            return false;
        }

        Advance(at);
        due.OnTimeout();
        return true;
    }

    /// <summary>Steps until the condition holds; false where the virtual time ran out, or nothing was left to happen.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        Instant end = Now + limit;
        long lastStep = Steps + MaxSteps;
        while (!condition())
        {
            ThrowIfCircling(lastStep);

            if (Now > end || !Step())
            {
                return condition();
            }
        }

        return true;
    }

    /// <summary>Lets the given time pass.</summary>
    public void RunFor(TimeSpan span)
    {
        Instant end = Now + span;
        long lastStep = Steps + MaxSteps;
        while (Now < end && NextEvent <= end && Step())
        {
            ThrowIfCircling(lastStep);
        }

        Advance(end);
    }

    private Instant NextEvent
    {
        get
        {
            Instant next = _flights.TryPeek(out _, out (long Ticks, long Order) first) ? new Instant(first.Ticks) : Instant.Never;
            foreach (SimulatedHost host in _hosts.Values)
            {
                next = Instant.Min(next, host.NextDeadline);
            }

            return next;
        }
    }

    private void ThrowIfCircling(long lastStep)
    {
        if (Steps > lastStep)
        {
            throw new InvalidOperationException($"At {Now} hosts go round in circles: {MaxSteps} steps did not lead to the end.");
        }
    }

    private void Advance(Instant to) => Now = Instant.Max(Now, to);

    private void Launch(SimulatedDatagram datagram, LinkConditions link)
    {
        Instant departure = Now;
        if (link.BitsPerSecond > 0)
        {
            departure = Instant.Max(Now, _linkFree.GetValueOrDefault(datagram.To));
            if (departure - Now > link.MaxQueueing)
            {
                DatagramsLost++;
                return;
            }

            departure += TimeSpan.FromTicks(datagram.Bytes.Length * 8 * TimeSpan.TicksPerSecond / link.BitsPerSecond);
            _linkFree[datagram.To] = departure;
        }

        byte[] bytes = datagram.Bytes.ToArray();
        if (_random.Chance(link.CorruptionPerThousand))
        {
            bytes[_random.Next(bytes.Length)] ^= (byte)(1 + _random.Next(255));
        }

        EcnCodepoint ecn = datagram.Ecn != EcnCodepoint.NotEct && _random.Chance(link.CongestionMarkPerThousand) ? EcnCodepoint.Ce : datagram.Ecn;
        Instant arrival = departure + link.Delay + new TimeSpan(link.Jitter.Ticks == 0 ? 0 : (long)(_random.Next() % (ulong)link.Jitter.Ticks));
        _flights.Enqueue(new Flight(datagram with { Bytes = bytes, Ecn = ecn }), (arrival.Ticks, _order++));
    }

    private readonly record struct Flight(SimulatedDatagram Datagram);
}

/// <summary>One datagram on its way.</summary>
internal readonly record struct SimulatedDatagram(PathAddress From, PathAddress To, byte[] Bytes, EcnCodepoint Ecn);
