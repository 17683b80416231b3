using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Tls.Secrets;
using Path = HotQuic.Core.Paths.Path;

namespace HotQuic.Core.Connections;

/// <summary>What the parts of a connection tell one another: packets that were opened, sent or lost, steps of the handshake, the end.</summary>
internal sealed partial class Connection
{
    internal PacketSpace? Space(PacketNumberSpace kind) => _spaces[kind];

    internal void Raise(ConnectionEventKind kind) => (_events ??= new(4)).Enqueue(kind);

    internal void CountDrop(in PacketDroppedEvent drop)
    {
        _statistics.PacketsDropped++;
        Sink?.OnPacketDropped(drop);
    }

    internal void OnPacketOpened(in OpenedPacket packet, in ReceivedDatagram datagram)
    {
        _statistics.PacketsReceived++;
        Timers.OnPacketReceived(datagram.At);
        Attempt.OnPacketOpened(packet);
        Sink?.OnPacketReceived(new PacketEvent
        {
            At = datagram.At,
            Type = packet.Type,
            Number = packet.Number,
            Length = packet.Length,
            Payload = packet.Payload,
            Ecn = datagram.Ecn,
            DestinationId = new ConnectionId(packet.DestinationConnectionId),
        });
        if (packet.Level == EncryptionLevel.Handshake && Role == EndpointRole.Server)
        {
            // RFC 9000 §8.1, RFC 9001 §4.9.1
            Path.Validate();
            UpdateAmplificationLimit();
            DiscardSpace(PacketNumberSpace.Initial, datagram.At);
        }
        else if (packet.Level == EncryptionLevel.OneRtt && packet.Number > _largestForSpin)
        {
            _largestForSpin = packet.Number;
            SpinBit = _isSpinBitEnabled && ((packet.FirstByte & (byte)ShortHeaderBits.Spin) != 0) == (Role == EndpointRole.Server);
        }
    }

    internal TransportError? OnAck(in AckFrame frame, in PacketContext packet)
    {
        PacketSpace? space = Space(packet.Space);
        if (space is null)
        {
            return null;
        }

        int exponent = packet.Space == PacketNumberSpace.Application
            ? Handshake.PeerParameters?.AckDelayExponent ?? AckDelay.DefaultExponent
            : AckDelay.DefaultExponent;
        TransportError? error = Recovery.OnAckReceived(
            packet.Space,
            frame,
            new AckContext(AckDelay.Decode(frame.AckDelay, exponent), packet.At),
            _sentFrames);
        if (error is not null)
        {
            return error;
        }

        ReportMetrics(packet.At);
        return packet.Space == PacketNumberSpace.Application ? OneRtt?.OnAcknowledged(frame.LargestAcknowledged, packet.At, CurrentPto) : null;
    }

    internal void OnPacketLost(PacketNumberSpace space, in PacketReport packet)
    {
        if (packet.Fate == PacketFate.Withdrawn)
        {
            return;
        }

        bool isOfThisPath = !Recovery.IsOfOtherPath(space, packet.Number);
        if (packet.IsMtuProbe && isOfThisPath)
        {
            Mtu.OnProbeLost(_now, packet.Size);
        }
        else if (isOfThisPath && space == PacketNumberSpace.Application && Mtu.OnPacketLost(_now, packet.SentAt, packet.Size))
        {
            ApplyMtu();
        }

        Sink?.OnPacketLost(new PacketLostEvent(_now, space, packet.Number)
        {
            Trigger = packet.Fate == PacketFate.LostByPacketThreshold ? LossTrigger.PacketThreshold : LossTrigger.TimeThreshold,
            IsMtuProbe = packet.IsMtuProbe,
        });
    }

    internal void OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet)
    {
        if (Recovery.IsOfOtherPath(space, packet.Number))
        {
            return;
        }

        if (packet.IsMtuProbe)
        {
            Mtu.OnProbeAcknowledged(_now, packet.Size);
            ApplyMtu();
        }
        else if (space == PacketNumberSpace.Application)
        {
            Mtu.OnPacketAcknowledged(packet.SentAt, packet.Size);
        }
    }

    /// <summary>Our keys may have moved on: because we wished it, or in answer to the peer (RFC 9001 §6.2). Its answer to ours moves nothing.</summary>
    internal void NoteKeyGeneration(Instant now, bool isRemoteInitiated)
    {
        long generation = OneRtt!.SendGeneration;
        if (generation == _statistics.KeyUpdatesByPeer + _statistics.KeyUpdatesInitiated)
        {
            return;
        }

        _statistics.KeyUpdatesByPeer += isRemoteInitiated ? 1 : 0;
        _statistics.KeyUpdatesInitiated += isRemoteInitiated ? 0 : 1;
        Sink?.OnKeyUpdated(new KeyUpdatedEvent(now, EncryptionLevel.OneRtt, generation, isRemoteInitiated));
    }

    internal void OnPacketSent(in AssembledPacket packet, Instant now)
    {
        _statistics.PacketsSent++;
        Timers.OnActivity(now);
        if (packet.IsAckEliciting)
        {
            Timers.OnAckElicitingSent(now);
        }
    }

    internal void OnDatagramsSent(int bytes, int datagrams, int largest)
    {
        _statistics.DatagramsSent += datagrams;
        _statistics.BytesSent += bytes;
        _statistics.LargestDatagramSent = Math.Max(_statistics.LargestDatagramSent, largest);
        UpdateAmplificationLimit();
    }

    internal TransportError? OnNewToken(in NewTokenFrame frame)
    {
        // A token that no Initial could carry is as good as none.
        if (frame.Token.Length <= ConnectionAttempt.MaxTokenLength)
        {
            NewToken = frame.Token.ToArray();
            Raise(ConnectionEventKind.NewToken);
        }

        return null;
    }

    internal TransportError? OnPathChallenge(in PathChallengeFrame frame)
    {
        if (Migration.IsHandlingStranger)
        {
            // RFC 9000 §8.2.2: a response goes only where the challenge came from.
            Migration.HoldChallenge(frame);
        }
        else
        {
            Validator.OnChallenge(frame);
        }

        return null;
    }

    internal TransportError? OnPathResponse(in PathResponseFrame frame)
    {
        // RFC 9000 §8.2.3: on whatever path it came.
        if (Validator.OnResponse(frame, _now))
        {
            Migration.OnValidatorChanged(_now);
        }
        else
        {
            Migration.OldPathValidator?.OnResponse(frame, _now);
        }

        return null;
    }

    internal TransportError? OnDatagramFrame(in DatagramFrame frame)
    {
        TransportError? error = Datagrams.OnDatagram(frame);
        if (error is null)
        {
            Raise(ConnectionEventKind.DatagramReceived);
        }

        return error;
    }

    /// <summary>RFC 9000 §7.3, §7.4: the IDs must match, the limits open.</summary>
    internal TransportError? OnPeerParameters(TransportParameters parameters)
    {
        TransportError? error = Attempt.Authenticate(parameters);
        if (error is not null)
        {
            return error;
        }

        if (parameters.StatelessResetToken is { } token)
        {
            PeerIds.SetHandshakeResetToken(token);
        }

        if (parameters.PreferredAddress is { } preferred)
        {
            PeerIds.AddPreferred(preferred.ConnectionId, preferred.StatelessResetToken);
        }

        ApplyPeerLimits(parameters);
        return null;
    }

    /// <summary>Nothing of what is replaced was used or told before the ClientHello is answered.</summary>
    private void ReplaceSettings(ConnectionSettings settings, Instant now)
    {
        if (settings.CongestionControl != Settings.CongestionControl || settings.Recovery != Settings.Recovery)
        {
            Recovery.ReplaceOptions(settings.Recovery, _controllers.Begin(settings.CongestionControl, settings.Recovery.Congestion), now);
        }

        Settings = settings;
        Streams.Begin(settings.Streams);
        Datagrams.Begin(settings.Datagrams);
        Mtu.Begin(settings.MtuUpperBound, settings.MtuLowerBound);
        Space(PacketNumberSpace.Application)!.Acknowledgements.Policy = new AckPolicy { MaxAckDelay = settings.MaxAckDelay };
        _isSpinBitEnabled &= settings.IsSpinBitEnabled;
        if (settings.SinkFactory is { } factory)
        {
            ReplaceSink(factory(this), now);
        }

        if (Handshake.PeerParameters is { } parameters)
        {
            ApplyPeerLimits(parameters);
        }
    }

    /// <summary>The new sink is told what it needs to know of the time before.</summary>
    private void ReplaceSink(ConnectionEventSink? sink, Instant now)
    {
        Sink?.OnReplaced();
        Sink = sink;
        sink?.OnStarted(new StartedEvent { At = now, Role = Role, Version = Version, OriginalDestinationId = Attempt.OriginalDestinationId });
        if (sink is not null && Handshake.PeerParameters is not null)
        {
            sink.OnParametersSet(new ParametersEvent { At = now, IsLocal = false, Owner = Role.Peer(), Encoded = Handshake.Tls.PeerTransportParameters.Span });
        }
    }

    private void ApplyPeerLimits(TransportParameters parameters)
    {
        Streams.OnPeerParameters(new PeerStreamLimits
        {
            MaximumData = parameters.InitialMaxData,
            MaximumStreamDataBidirectionalLocal = parameters.InitialMaxStreamDataBidiLocal,
            MaximumStreamDataBidirectionalRemote = parameters.InitialMaxStreamDataBidiRemote,
            MaximumStreamDataUnidirectional = parameters.InitialMaxStreamDataUni,
            BidirectionalStreams = parameters.InitialMaxStreamsBidi,
            UnidirectionalStreams = parameters.InitialMaxStreamsUni,
        });
        Datagrams.OnPeerLimit(parameters.MaxDatagramFrameSize);
        Datagrams.OnPathLimit(Transmitter.MaxApplicationPayload);
        Recovery.PeerMaxAckDelay = parameters.MaxAckDelay;
        Mtu.OnPeerLimit(parameters.MaxUdpPayloadSize);
    }

    internal void StartOneRtt(in TrafficSecret send, in TrafficSecret receive)
    {
        var settings = new KeyPhaseSettings(Version, send.Suite, Settings.CipherBackend, FailedOpens) { UpdateAfter = Settings.PacketsPerKey };
        _oneRtt.Begin(settings, send.Bytes, receive.Bytes);
        OneRtt = _oneRtt;
    }

    internal void OnHandshakeComplete(Instant now)
    {
        LocalIds.OnPeerLimit((ulong)Handshake.PeerParameters!.ActiveConnectionIdLimit);
        if (Role == EndpointRole.Server)
        {
            Path.Validate();
        }

        Raise(ConnectionEventKind.HandshakeCompleted);
        Sink?.OnStateChanged(new StateChangedEvent(now, "handshake_started", "handshake_complete"));
    }

    internal void OnHandshakeConfirmed(Instant now)
    {
        DiscardSpace(PacketNumberSpace.Initial, now);
        DiscardSpace(PacketNumberSpace.Handshake, now);
        OneRtt!.OnHandshakeConfirmed();
        Recovery.OnHandshakeConfirmed(now);
        Mtu.Start();
        ApplyMtu();
        Raise(ConnectionEventKind.HandshakeConfirmed);
        Sink?.OnStateChanged(new StateChangedEvent(now, "handshake_complete", "handshake_confirmed"));
    }

    /// <summary>RFC 9001 §4.9: with the keys go the packets in flight and the timers.</summary>
    internal void DiscardSpace(PacketNumberSpace kind, Instant now)
    {
        if (_spaces.TryDiscard(kind))
        {
            if (kind != PacketNumberSpace.Application)
            {
                Recovery.DiscardSpace(kind, now);
            }
        }
    }

    /// <summary>RFC 9000 §17.2.5.3: new keys and destination; packet numbers go on, what was sent is sent again.</summary>
    internal void RestartInitial(ConnectionId destination, Instant now)
    {
        PeerIds.SetTemporary(destination);
        InstallInitialKeys(destination);
        Recovery.OnRetry(now, _sentFrames);
    }

    internal void OnRecoveryTimeout(Instant now)
    {
        TimeoutResult result = Recovery.OnTimeout(now, _sentFrames);
        if (result.Kind == TimeoutKind.ProbesWanted && Space(result.Space) is { } space)
        {
            if (Recovery.HasInFlightAbove(Mtu.BaseSize) && Mtu.OnProbeTimeout(now))
            {
                ApplyMtu();
            }

            AskForProbes(space, result.Probes);
            for (PacketNumberSpace kind = PacketNumberSpace.Initial; kind <= PacketNumberSpace.Application; kind++)
            {
                // RFC 9002 §6.2.4: the peer may have keys for one of the spaces only, and can be waiting for what the other carries.
                if (kind != result.Space && Recovery.HasAckElicitingInFlight(kind) && Space(kind) is { } other)
                {
                    AskForProbes(other, 1);
                }
            }
        }

        ReportMetrics(now);
    }

    /// <summary>Before anything is sent: a peer that acknowledges nothing does not make the record of what was sent grow for ever.</summary>
    internal void BoundSentPackets() => Recovery.Bound(PacketNumberSpace.Application, _sentFrames);

    /// <summary>RFC 9002 §6.2.4: new data is the best probe, then data that is in flight, then a PING.</summary>
    private void AskForProbes(PacketSpace space, int count)
    {
        space.ProbesWanted = count;
        for (int i = 0; i < count && !Transmitter.HasFrames(space); i++)
        {
            Recovery.TryMarkOldestForProbe(space.Kind, _sentFrames);
        }
    }

    /// <summary>
    /// Nothing has happened for a while: whatever is needed only while something does goes back to the shard, from where each part takes it
    /// again when it is wanted. False where that has to wait.
    /// </summary>
    internal bool TryRest()
    {
        if (Recovery.BytesInFlight > 0 || !OneRtt!.TryRest())
        {
            return false;
        }

        Recovery.Rest();
        Streams.Rest();
        Announcements.Rest();
        if (Role == EndpointRole.Server)
        {
            // Other threads may look at the objects, so that they serve nobody else; a client's are read by whoever it connects for.
            LocalTransportParameters = Services.Parameters.Share(LocalTransportParameters!);
            _localParameters = null;
            Handshake.Rest();
        }

        _spaces.Rest();
        _events = _events is { Count: > 0 } ? _events : null;
        return true;
    }

    internal void OnHandshakeTimeout(Instant now)
    {
        Closer.EndByHandshakeTimeout(now);
    }

    internal void OnTerminated()
    {
        Streams.OnConnectionClosed();
        Raise(ConnectionEventKind.Closed);
    }

    /// <summary>Nothing is opened and nothing sent any more (RFC 9000 §10.2.2): what that takes goes back before the wait, not after it.</summary>
    internal void OnDraining(Instant now)
    {
        DiscardSpace(PacketNumberSpace.Initial, now);
        DiscardSpace(PacketNumberSpace.Handshake, now);
        DiscardSpace(PacketNumberSpace.Application, now);
        _oneRtt.End();
        OneRtt = null;
    }

    internal void OnDrained(Instant now)
    {
        OnDraining(now);
        LocalIds.RetireAll();
        PeerIds.ForgetAll();
        Handshake.End();
        Raise(ConnectionEventKind.Drained);
    }

    /// <summary>RFC 9002 §6.2.2.1: no probe timeout while nothing may be sent anyway.</summary>
    private void UpdateAmplificationLimit() => Recovery.IsAmplificationLimited = Path.SendAllowance < Transmitter.MinDatagramSize;

    /// <summary>Everything goes to another address from now on; whether it can stay there is seen later.</summary>
    internal void UsePath(Path path, Instant now)
    {
        bool isOnlyPortChanged = path.Remote.DiffersOnlyInPort(Path.Remote);
        path.Mtu = Path.Mtu;
        Path = path;
        if (!isOnlyPortChanged)
        {
            // RFC 9000 §9.4, §14.3: what was sent before says nothing of this path, nor what the other carries.
            Recovery.OnPathChanged();
            Mtu.Begin(Settings.MtuUpperBound, Settings.MtuLowerBound);
            Mtu.OnPeerLimit(Handshake.PeerParameters!.MaxUdpPayloadSize);
            Mtu.Start();
            ApplyMtu();
        }

        UpdateAmplificationLimit();
    }

    /// <summary>The peer was shown to be where it now seems to be.</summary>
    internal void OnPathValidated(Path last, Instant now)
    {
        if (!Path.Remote.DiffersOnlyInPort(last.Remote))
        {
            // RFC 9000 §9.4
            Recovery.OnPathValidated(_controllers.Begin(Settings.CongestionControl, Settings.Recovery.Congestion), now);
        }

        UpdateAmplificationLimit();
        Raise(ConnectionEventKind.PeerAddressChanged);
    }

    /// <summary>Another connection ID of the peer leads our packets: it may be longer, which leaves less room in them.</summary>
    internal void OnDestinationIdReplaced() => Datagrams.OnPathLimit(Transmitter.MaxApplicationPayload);

    private void ReportMetrics(Instant now)
    {
        if (Sink is { } sink)
        {
            sink.OnMetricsUpdated(new MetricsEvent(now)
            {
                SmoothedRtt = Recovery.Rtt.Smoothed,
                LatestRtt = Recovery.Rtt.Latest,
                MinRtt = Recovery.Rtt.Min,
                RttVariance = Recovery.Rtt.Variation,
                PtoCount = Recovery.PtoCount,
                CongestionWindow = Recovery.Congestion.CongestionWindow,
                BytesInFlight = Recovery.BytesInFlight,
                SlowStartThreshold = Recovery.Congestion.SlowStartThreshold,
            });
        }
    }

    private void ApplyMtu()
    {
        if (Path.Mtu != Mtu.CurrentSize)
        {
            Sink?.OnMtuUpdated(new MtuUpdatedEvent(_now, Path.Mtu, Mtu.CurrentSize));
            Path.Mtu = Mtu.CurrentSize;
            Recovery.OnMtuChanged(Mtu.CurrentSize, _now);
            Datagrams.OnPathLimit(Transmitter.MaxApplicationPayload);
        }
    }
}
