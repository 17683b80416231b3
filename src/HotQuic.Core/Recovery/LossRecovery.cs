using System.Diagnostics;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>
/// Loss detection and probe timeouts of one connection over its three packet number spaces (RFC 9002 §6, §A), which drives
/// the congestion controller and the pacer.
/// <list type="bullet">
/// <item>State of the handshake: <see cref="OnHandshakeKeysAvailable"/>, <see cref="OnHandshakeConfirmed"/>,
/// <see cref="DiscardSpace"/>, <see cref="PeerMaxAckDelay"/>, <see cref="IsAmplificationLimited"/>.</item>
/// <item>Before sending: <see cref="SendAllowance"/> or <see cref="Constraint"/>, then the allowance of <see cref="Pacer"/>;
/// for each packet <see cref="OnPacketSent"/>; and <see cref="OnApplicationLimited"/> where sending ended for want of data.</item>
/// <item>For each ACK frame: <see cref="OnAckReceived"/>.</item>
/// <item>At <see cref="Deadline"/>, which every call above may move: <see cref="OnTimeout"/>.</item>
/// </list>
/// </summary>
internal sealed partial class LossRecovery
{
    private RecoveryOptions _options;
    private static readonly TimeSpan DefaultPeerMaxAckDelay = TimeSpan.FromMilliseconds(25);

    private readonly EndpointRole _role;
    private readonly RecoveryMemory _memory;
    private readonly RecoverySpace[] _spaces;
    private int _maxDatagramSize;
    private bool _hasHandshakeKeys;
    private bool _isHandshakeAcknowledged;
    private bool _mayEnterRecoveryWithPacket;
    private long _delivered;
    private Instant _deliveredAt;

    /// <summary>The first application packet of the path in use; 0 for the first path.</summary>
    private PacketNumber _pathStart;

    /// <summary>Packets sent until so many bytes are delivered count as application limited; 0 where none do.</summary>
    private long _applicationLimitedUntil;

    /// <param name="role">Which end of the connection this is.</param>
    /// <param name="congestion">The controller, in its initial state.</param>
    /// <param name="options">The settings.</param>
    /// <param name="memory">The shard's rings; without it the connection keeps its own.</param>
    public LossRecovery(EndpointRole role, ICongestionController congestion, RecoveryOptions options, RecoveryMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(congestion);
        ArgumentNullException.ThrowIfNull(options);
        _role = role;
        _options = options;
        _memory = memory ?? new RecoveryMemory();
        _spaces = [_memory.Discarded, _memory.Discarded, _memory.Discarded];
        Rtt = new RttEstimator(options.InitialRtt, options.Granularity);
        Ecn = new EcnValidator(isEnabled: options.UseEcn);
        Pacer = new Pacer(options.Congestion);
        Congestion = congestion;
        Begin(congestion, options);
    }

    public RttEstimator Rtt { get; }

    /// <summary>Whether packets are to be marked ECT.</summary>
    public EcnValidator Ecn { get; }

    /// <summary>Kept up to date with window and RTT, and told of every packet in flight: only to be asked.</summary>
    public Pacer Pacer { get; }

    public ICongestionController Congestion { get; private set; }

    /// <summary>Bytes of all packets sent that are in flight, in all spaces (RFC 9002 §B.2).</summary>
    public long BytesInFlight { get; private set; }

    /// <summary>The peer's max_ack_delay (RFC 9000 §18.2): 25 ms until its transport parameters are known.</summary>
    public TimeSpan PeerMaxAckDelay { get; set; } = DefaultPeerMaxAckDelay;

    public bool IsHandshakeConfirmed { get; private set; }

    /// <summary>
    /// Set while a server may not send to an unvalidated address: no probe timeout then (RFC 9002 §6.2.2.1). Clear it when a
    /// datagram comes in; the deadline may then lie in the past.
    /// </summary>
    public bool IsAmplificationLimited { get; set; }

    /// <summary>How many more bytes the congestion window takes; negative where more is in flight than it allows.</summary>
    /// <remarks>On entering recovery one packet may go beyond the window (RFC 9002 §7.3.2).</remarks>
    public long SendAllowance
    {
        get
        {
            long room = Congestion.CongestionWindow - BytesInFlight;
            return _mayEnterRecoveryWithPacket ? Math.Max(room, _maxDatagramSize) : room;
        }
    }

    /// <summary>Whether a whole datagram that counts in flight may be sent now, as far as the window is concerned (RFC 9002 §7).</summary>
    public TransmitConstraint Constraint =>
        SendAllowance >= _maxDatagramSize ? TransmitConstraint.None : TransmitConstraint.CongestionLimited;

    public RecoveryStatistics Statistics { get; } = new();

    /// <summary>Starts anew, for another connection: with a controller in its initial state.</summary>
    public void Begin(ICongestionController congestion, RecoveryOptions options)
    {
        _options = options.Validate();
        for (int i = 0; i < _spaces.Length; i++)
        {
            if (_spaces[i] == _memory.Discarded)
            {
                _spaces[i] = _memory.RentSpace();
            }

            _spaces[i].Begin();
        }

        _maxDatagramSize = options.Congestion.MaxDatagramSize;
        _hasHandshakeKeys = false;
        _pathStart = default;
        _isHandshakeAcknowledged = false;
        _mayEnterRecoveryWithPacket = false;
        _delivered = 0;
        _deliveredAt = default;
        _applicationLimitedUntil = 0;
        _refutableLosses = 0;
        _timerRestartedAt = Instant.Never;
        PtoCount = 0;
        BytesInFlight = 0;
        PeerMaxAckDelay = DefaultPeerMaxAckDelay;
        IsHandshakeConfirmed = false;
        IsAmplificationLimited = false;
        Statistics.Begin();
        Rtt.Begin(options.InitialRtt, options.Granularity);
        Ecn.Begin(isEnabled: options.UseEcn);
        Pacer.Begin(options.Congestion);
        Congestion = congestion;
        Pacer.SetRate(congestion, Rtt.Smoothed, new Instant(long.MinValue));
    }

    /// <summary>Forgets what is outstanding and gives all memory back.</summary>
    public void End()
    {
        foreach (RecoverySpace space in _spaces)
        {
            space.Clear();
        }

        Trim();
        BytesInFlight = 0;
    }

    /// <summary>The largest number of the space that was acknowledged: packet numbers are encoded against it (RFC 9000 §17.1).</summary>
    public PacketNumber LargestAcknowledged(PacketNumberSpace space) => Space(space).LargestAcknowledged;

    public bool HasAckElicitingInFlight(PacketNumberSpace space) => Space(space).AckElicitingInFlight > 0;

    /// <summary>True where an application packet of the path in use that is larger than this, and no MTU probe, is in flight.</summary>
    public bool HasInFlightAbove(int size)
    {
        SentPackets packets = Space(PacketNumberSpace.Application).Packets;
        for (long number = Math.Max(packets.Oldest.Value, _pathStart.Value); number < packets.Next.Value; number++)
        {
            ref SentPacket packet = ref packets.At(number);
            if (packet.State == SentPacketState.Outstanding && packet.Size > size && packet.Has(SentPacketFlags.InFlight) && !packet.Has(SentPacketFlags.MtuProbe))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The packets of a space that are not settled yet, to look at.</summary>
    public SentPackets Packets(PacketNumberSpace space) => Space(space).Packets;

    /// <summary>A packet leaves. Its frames are copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The packet number is not above all before it.</exception>
    /// <exception cref="InvalidOperationException">The space was discarded.</exception>
    public void OnPacketSent(in SentPacketInfo info, ReadOnlySpan<SentFrame> frames)
    {
        RecoverySpace space = Space(info.Space);
        if (space.IsDiscarded)
        {
            throw new InvalidOperationException("Nothing can be sent in a packet number space whose keys were discarded.");
        }

        if (BytesInFlight == 0)
        {
            // The time in which nothing was in flight is no part of a delivery rate.
            _deliveredAt = info.SentAt;
        }

        ref SentPacket packet = ref space.Packets.Add(info.Number, frames);
        packet.SentAt = info.SentAt;
        packet.Size = info.Size;
        packet.DeliveredBefore = _delivered;
        packet.DeliveredBeforeAt = _deliveredAt;
        packet.Flags = FlagsOf(info);
        Ecn.OnPacketSent(info.Space, info.Ecn);
        if (!info.IsInFlight)
        {
            return;
        }

        // RFC 9002 §A.5
        if (info.IsAckEliciting)
        {
            space.AckElicitingInFlight++;
            space.LastAckElicitingSentAt = info.SentAt;
            _timerRestartedAt = info.SentAt;
        }

        space.BytesInFlight += info.Size;
        BytesInFlight += info.Size;
        _mayEnterRecoveryWithPacket = false;
        Congestion.OnPacketSent(info.Size, info.SentAt);
        Pacer.OnSent(info.Size, info.SentAt);
    }

    /// <summary>
    /// Sending ended although window and pacer would have taken more: there is no more data, or flow control holds it
    /// back. What is sent until all that is in flight now is delivered does not show what the path can carry, and lets no
    /// window grow (RFC 9002 §7.8).
    /// </summary>
    public void OnApplicationLimited() => _applicationLimitedUntil = Math.Max(_delivered + BytesInFlight, 1);

    /// <summary>Handshake packets can be sent: a client's anti-deadlock probes are Handshake packets now (RFC 9002 §6.2.2.1).</summary>
    public void OnHandshakeKeysAvailable() => _hasHandshakeKeys = true;

    /// <summary>The handshake is confirmed (RFC 9001 §4.1.2): application data gets probe timeouts.</summary>
    public void OnHandshakeConfirmed(Instant now)
    {
        IsHandshakeConfirmed = true;
        _timerRestartedAt = now;
    }

    /// <summary>
    /// The keys of Initial or Handshake packets were discarded: its packets count for nothing any more, and the timers start
    /// anew (RFC 9002 §6.4, §6.2.2). Frames get no call.
    /// </summary>
    public void DiscardSpace(PacketNumberSpace space, Instant now)
    {
        if (space == PacketNumberSpace.Application)
        {
            throw new ArgumentOutOfRangeException(nameof(space), space, "Only Initial and Handshake keys are discarded.");
        }

        RecoverySpace discarded = Space(space);
        if (discarded.IsDiscarded)
        {
            return;
        }

        BytesInFlight -= discarded.BytesInFlight;
        discarded.Clear();
        discarded.Packets.Trim();
        discarded.IsDiscarded = true;
        PtoCount = 0;
        _timerRestartedAt = now;
    }

    /// <summary>
    /// The server sent Retry: what went in Initial and 0-RTT packets is to be sent again, under packet numbers that go on
    /// (RFC 9000 §17.2.5.3). That says nothing about congestion.
    /// </summary>
    public void OnRetry(Instant now, ISentFrameOwner owner)
    {
        Withdraw(PacketNumberSpace.Initial, owner);
        Withdraw(PacketNumberSpace.Application, owner);
        PtoCount = 0;
        _timerRestartedAt = now;
    }

    /// <summary>Gives back all outstanding frames of a space without congestion response: Retry, rejected 0-RTT (RFC 9001 §4.6.2).</summary>
    public void Withdraw(PacketNumberSpace space, ISentFrameOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        RecoverySpace withdrawn = Space(space);
        SentPackets packets = withdrawn.Packets;
        while (!packets.IsEmpty)
        {
            ReportLost(space, packets.Oldest, PacketFate.Withdrawn, owner);
            packets.RemoveOldest();
            packets.Advance();
        }

        BytesInFlight -= withdrawn.BytesInFlight;
        withdrawn.Clear();
    }

    /// <summary>Other options hold from now on, and another controller takes over, from its own initial state.</summary>
    public void ReplaceOptions(RecoveryOptions options, ICongestionController congestion, Instant now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(congestion);
        if (!Rtt.HasSample)
        {
            Rtt.Reset(options.InitialRtt);
        }

        if (options.UseEcn != _options.UseEcn)
        {
            Ecn.OnPathChanged(options.UseEcn);
        }

        _options = options.Validate();
        Congestion = congestion;
        Congestion.OnMtuChanged(_maxDatagramSize);
        Pacer.SetRate(Congestion, Rtt.Smoothed, now);
    }

    /// <summary>Whether the packet was sent before the path in use was: it says nothing of it (RFC 9000 §9.4).</summary>
    public bool IsOfOtherPath(PacketNumberSpace space, PacketNumber number) => space == PacketNumberSpace.Application && number < _pathStart;

    /// <summary>
    /// What is sent from now on goes another way: what was sent before takes part in neither congestion control nor RTT estimation any more
    /// (RFC 9000 §9.4), and whether marks are kept is tested afresh (§13.4.2).
    /// </summary>
    public void OnPathChanged()
    {
        _pathStart = Space(PacketNumberSpace.Application).Packets.Next;
        _refutableLosses = 0;
        Ecn.OnPathChanged(_options.UseEcn);
    }

    /// <summary>The peer is shown to be at the end of the new path: window and RTT start anew (RFC 9000 §9.4).</summary>
    public void OnPathValidated(ICongestionController congestion, Instant now)
    {
        Rtt.Reset(_options.InitialRtt);
        PtoCount = 0;
        ReplaceOptions(_options, congestion, now);
    }

    /// <summary>The path takes datagrams of up to so many bytes of UDP payload.</summary>
    public void OnMtuChanged(int maxDatagramSize, Instant now)
    {
        Congestion.OnMtuChanged(maxDatagramSize);
        Pacer.OnMtuChanged(maxDatagramSize);
        _maxDatagramSize = maxDatagramSize;
        Pacer.SetRate(Congestion, Rtt.Smoothed, now);
    }

    /// <summary>Gives back memory that a burst left behind, where nothing is outstanding.</summary>
    public void Trim()
    {
        foreach (RecoverySpace space in _spaces)
        {
            space.Packets.Trim();
        }
    }

    /// <summary>
    /// Gives back all memory but what is known of path and space, for a connection that has gone idle: nothing is in flight. Packets that
    /// elicit no acknowledgment are forgotten, which they may wait for in vain.
    /// </summary>
    public void Rest()
    {
        Debug.Assert(BytesInFlight == 0, "A connection rests where nothing is in flight.");
        for (int i = 0; i < _spaces.Length; i++)
        {
            RecoverySpace space = _spaces[i];
            if (space == _memory.Discarded)
            {
                continue;
            }

            space.Packets.Clear();
            space.Packets.Trim();
            if (space.IsDiscarded)
            {
                _memory.Return(space);
                _spaces[i] = _memory.Discarded;
            }
        }
    }

    private RecoverySpace Space(PacketNumberSpace space) => _spaces[(int)space];

    private static PacketReport Report(PacketNumber number, in SentPacket packet, PacketFate fate) =>
        new(number, packet.SentAt, packet.Size, IsMtuProbe: packet.Has(SentPacketFlags.MtuProbe), fate);

    private SentPacketFlags FlagsOf(in SentPacketInfo info) =>
        (info.IsAckEliciting ? SentPacketFlags.AckEliciting : 0)
        | (info.IsInFlight ? SentPacketFlags.InFlight : 0)
        | (info.IsMtuProbe ? SentPacketFlags.MtuProbe : 0)
        | (info.Ecn == EcnCodepoint.Ect0 ? SentPacketFlags.Ect0 : 0)
        | (info.Ecn == EcnCodepoint.Ect1 ? SentPacketFlags.Ect1 : 0)
        | (_applicationLimitedUntil > 0 ? SentPacketFlags.ApplicationLimited : 0);

    /// <summary>The one way for a packet to leave the count of what is in flight.</summary>
    private void RemoveFromFlight(RecoverySpace space, in SentPacket packet)
    {
        if (!packet.Has(SentPacketFlags.InFlight))
        {
            return;
        }

        space.BytesInFlight -= packet.Size;
        BytesInFlight -= packet.Size;
        if (packet.Has(SentPacketFlags.AckEliciting))
        {
            space.AckElicitingInFlight--;
        }
    }
}
