using HotQuic.Core.Time;

namespace HotQuic.Core.Paths;

/// <summary>
/// How far the search for a path's MTU has come (RFC 8899 §5.2, RFC 9000 §14.3).
/// <code>
///            probe acknowledged, or lost three times: the bounds close in
///                   ┌──┐
///                   │  ▼
///  Idle ─Start─▶ Searching ─bounds met─▶ Complete ─┐
///                   ▲  │                   │       │ long after, when something is sent anyway
///                   │  └───── black hole ──┤       │
///                   │                      ▼       │
///                   └────────────────── BlackHole ─┴─▶ (Searching)
/// </code>
/// </summary>
internal enum MtuSearchState : byte
{
    /// <summary>The handshake is not confirmed; datagrams have the base size.</summary>
    Idle = 0,

    /// <summary>A probe is in flight, or may be sent.</summary>
    Searching = 1,

    /// <summary>The largest size is known well enough.</summary>
    Complete = 2,

    /// <summary>The path stopped carrying what it carried; datagrams have the base size again.</summary>
    BlackHole = 3,
}

/// <summary>
/// Finds the largest datagram that a path carries (DPLPMTUD: RFC 8899, RFC 9000 §14.3). <see cref="Start"/> it when the
/// handshake is confirmed. Before each transmission ask <see cref="TryGetProbeSize"/>; on true, send a packet of PING and
/// PADDING of exactly that size and call <see cref="OnProbeSent"/>, later one of <see cref="OnProbeAcknowledged"/> and
/// <see cref="OnProbeLost"/>. Report all other packets by <see cref="OnPacketAcknowledged"/> and
/// <see cref="OnPacketLost"/>, probe timeouts by <see cref="OnProbeTimeout"/>, and take over <see cref="CurrentSize"/>
/// after each of these calls. It has no timer: what is due waits for a transmission, so that no idle connection is kept alive.
/// </summary>
/// <remarks>The loss of a probe is no sign of congestion (RFC 9000 §14.4).</remarks>
internal sealed class MtuDiscovery
{
    /// <summary>An Ethernet frame of 1,500 bytes less the headers of IPv6 and UDP.</summary>
    public const int DefaultUpperBound = 1452;

    /// <summary>RFC 8899 §5.1.2: MAX_PROBES.</summary>
    private const int MaxProbes = 3;

    /// <summary>Sizes closer together than this are not told apart: the gain is not worth the probes.</summary>
    private const int Granularity = 16;

    /// <summary>So many losses of large packets, each after the one before was noticed, make a black hole.</summary>
    private const int BlackHoleLosses = 3;

    /// <summary>RFC 8899 §5.1.1: PMTU_RAISE_TIMER.</summary>
    private static readonly TimeSpan RaiseInterval = TimeSpan.FromMinutes(10);

    /// <summary>Shorter, since what looked like a black hole may have been an outage.</summary>
    private static readonly TimeSpan RecoveryInterval = TimeSpan.FromMinutes(1);

    private int _base;
    private int _limit;

    // The largest size that is not known to fail.
    private int _ceiling;
    private int _probeSize;
    private int _probeLosses;
    private bool _isProbeInFlight;
    private Instant _searchAgainAt = Instant.Never;

    // Of the packets above the base size: when the last one that arrived was sent, and the losses since.
    private Instant _largeArrivedSentAt = new(long.MinValue);
    private Instant _lossNoticedAt = new(long.MinValue);
    private int _losses;

    /// <param name="upperBound">The largest size to try, in bytes of UDP payload; the base size turns discovery off.</param>
    /// <param name="baseSize">What every path is taken to carry (RFC 8899 §5.1.2: BASE_PLPMTU), used once discovery has started.</param>
    public MtuDiscovery(int upperBound, int baseSize = Path.MinDatagramSize) => Begin(upperBound, baseSize);

    public MtuSearchState State { get; private set; }

    /// <summary>What every path is taken to carry, in bytes of UDP payload.</summary>
    public int BaseSize => _base;

    /// <summary>The largest datagram to send, in bytes of UDP payload.</summary>
    public int CurrentSize { get; private set; } = Path.MinDatagramSize;

    /// <summary>Starts anew, for another connection.</summary>
    /// <param name="upperBound">As for the constructor.</param>
    /// <param name="baseSize">As for the constructor.</param>
    public void Begin(int upperBound, int baseSize = Path.MinDatagramSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(baseSize, Path.MinDatagramSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(upperBound, baseSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(upperBound, ushort.MaxValue);
        _limit = upperBound;
        _base = baseSize;
        _ceiling = 0;
        _probeSize = 0;
        _probeLosses = 0;
        _isProbeInFlight = false;
        _searchAgainAt = Instant.Never;
        _largeArrivedSentAt = new Instant(long.MinValue);
        _lossNoticedAt = new Instant(long.MinValue);
        _losses = 0;
        State = MtuSearchState.Idle;
        CurrentSize = Path.MinDatagramSize;
    }

    /// <summary>The handshake is confirmed: probing may begin.</summary>
    public void Start()
    {
        if (State == MtuSearchState.Idle)
        {
            CurrentSize = _base;
            Search();
        }
    }

    /// <summary>The peer's max_udp_payload_size (RFC 9000 §18.2), which is known before <see cref="Start"/>.</summary>
    public void OnPeerLimit(int maxUdpPayloadSize)
    {
        _limit = Math.Clamp(maxUdpPayloadSize, Path.MinDatagramSize, _limit);
        _base = Math.Min(_base, _limit);
    }

    /// <summary>True where a probe is due, and of which size.</summary>
    public bool TryGetProbeSize(Instant now, out int size)
    {
        if (State is MtuSearchState.Complete or MtuSearchState.BlackHole && now >= _searchAgainAt)
        {
            Search();
        }

        size = _probeSize;
        return State == MtuSearchState.Searching && !_isProbeInFlight;
    }

    /// <summary>A datagram of the size that was asked for is out.</summary>
    public void OnProbeSent() => _isProbeInFlight = true;

    public void OnProbeAcknowledged(Instant now, int size)
    {
        if (!_isProbeInFlight || size != _probeSize)
        {
            return;
        }

        _isProbeInFlight = false;
        _losses = 0;
        CurrentSize = size;
        ChooseProbe(now);
    }

    public void OnProbeLost(Instant now, int size)
    {
        if (!_isProbeInFlight || size != _probeSize)
        {
            return;
        }

        _isProbeInFlight = false;
        if (++_probeLosses == MaxProbes)
        {
            _ceiling = size - 1;
            ChooseProbe(now);
        }
    }

    /// <summary>A packet that is no probe arrived.</summary>
    public void OnPacketAcknowledged(Instant sentAt, int size)
    {
        if (size > _base && sentAt > _largeArrivedSentAt)
        {
            _largeArrivedSentAt = sentAt;
            _losses = 0;
        }
    }

    /// <summary>A packet that is no probe was lost; true where that showed a black hole, and the size went back to the base.</summary>
    public bool OnPacketLost(Instant now, Instant sentAt, int size)
    {
        // What was sent before a large packet that arrived says nothing; nor does more of the flight whose loss was noticed.
        bool isNews = size > _base && sentAt > _largeArrivedSentAt && sentAt > _lossNoticedAt;
        return isNews && OnSuspicion(now);
    }

    /// <summary>
    /// A probe timeout expired while a packet above the base size that is no probe was in flight: while nothing at all is acknowledged no
    /// packet is declared lost, so this is the only sign (RFC 8899 §4.3). True as for <see cref="OnPacketLost"/>.
    /// </summary>
    public bool OnProbeTimeout(Instant now) => OnSuspicion(now);

    private bool OnSuspicion(Instant now)
    {
        if (CurrentSize <= _base)
        {
            return false;
        }

        _lossNoticedAt = now;
        if (++_losses < BlackHoleLosses)
        {
            return false;
        }

        CurrentSize = _base;
        Rest(MtuSearchState.BlackHole, now + RecoveryInterval);
        return true;
    }

    private void Search()
    {
        State = MtuSearchState.Searching;
        _ceiling = _limit;
        _probeLosses = 0;
        _isProbeInFlight = false;

        // Most paths carry the largest size that is worth trying: one probe is then enough.
        _probeSize = _limit;
        if (_limit - CurrentSize < Granularity)
        {
            Rest(MtuSearchState.Complete, Instant.Never);
        }
    }

    private void ChooseProbe(Instant now)
    {
        _probeLosses = 0;
        if (_ceiling - CurrentSize < Granularity)
        {
            Rest(MtuSearchState.Complete, now + RaiseInterval);
            return;
        }

        _probeSize = CurrentSize + ((_ceiling - CurrentSize + 1) / 2);
    }

    private void Rest(MtuSearchState state, Instant searchAgainAt)
    {
        State = state;
        _isProbeInFlight = false;
        _losses = 0;
        _searchAgainAt = searchAgainAt;
    }
}
