using HotQuic.Core.Acknowledgements;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Datagrams;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;

using Path = HotQuic.Core.Paths.Path;

namespace HotQuic.Core.Connections;

/// <summary>
/// One QUIC connection, either role, without sockets, threads or clocks. Exactly one thread drives it:
/// <list type="number">
/// <item><see cref="OnDatagram"/> for what came, <see cref="OnTimeout"/> once <see cref="NextDeadline"/> has passed.</item>
/// <item>The application's wishes: <see cref="Streams"/>, <see cref="Datagrams"/>, <see cref="Close"/>, and the answers to
/// what the handshake asks (<see cref="ProvideConfiguration"/>, <see cref="ProvideSignature"/>, <see cref="ProvideCertificateVerdict"/>).</item>
/// <item><see cref="TryTakeEvent"/> and <c>Streams.TryTakeEvent</c> until both are empty.</item>
/// <item><see cref="Transmit"/> until it gives an empty train; then <see cref="NextDeadline"/> anew.</item>
/// </list>
/// This class composes: what it does itself is only to pass on what one part must know of another.
/// </summary>
internal sealed partial class Connection
{
    private readonly ConnectionSpaces _spaces;

    /// <summary>Made for the first event after a rest.</summary>
    private Queue<ConnectionEventKind>? _events;
    private readonly SentFrameRouter _sentFrames;
    private readonly CongestionControllers _controllers = new();
    private readonly KeyPhases _oneRtt;
    private TransportParameters? _localParameters;
    private ConnectionId _localHandshakeId;
    private ConnectionStatistics _statistics;
    private Instant _now;
    private PacketNumber _largestForSpin = PacketNumber.None;
    private bool _isSpinBitEnabled;
    private bool _hasBegun;

    /// <summary>An object that serves one connection after the other: <see cref="StartClient"/> or <see cref="StartServer"/> begins each, <see cref="End"/> ends it.</summary>
    public Connection(EndpointRole role, ConnectionServices services)
    {
        Role = role;
        Services = services;
        ConnectionSettings settings = ConnectionSettings.Default;
        Settings = settings;
        LocalIds = new LocalConnectionIds(services.Registry, this);
        PeerIds = new PeerConnectionIds(services.Registry, this);
        Attempt = new ConnectionAttempt(this);
        Streams = new StreamSet(role, settings.Streams, services.Buffers, services.Streams);
        Datagrams = new DatagramQueues(new DatagramLimits());
        Validator = new PathValidator(services.Random);
        Migration = new PathMigration(this);
        Mtu = new MtuDiscovery(settings.MtuUpperBound);
        Recovery = new LossRecovery(
            role, _controllers.Begin(settings.CongestionControl, settings.Recovery.Congestion), settings.Recovery, services.Recovery);
        _spaces = new ConnectionSpaces(services);
        _sentFrames = new SentFrameRouter(this);
        _oneRtt = new KeyPhases(services.Keys);
        Closer = new ConnectionCloser(this);
        Receiver = new PacketReceiver(this);
        Transmitter = new Transmitter(this);
        Timers = new ConnectionTimers(this);
        Handshake = new HandshakeDriver(this);
    }

    public EndpointRole Role { get; }

    public QuicVersion Version { get; private set; }

    /// <summary>A server's are final when its configuration was provided.</summary>
    public ConnectionSettings Settings { get; private set; }

    /// <summary>For the one who drives the connection: whatever it wants to find again.</summary>
    public object? UserState { get; set; }

    public StreamSet Streams { get; }

    public DatagramQueues Datagrams { get; }

    public HandshakeDriver Handshake { get; }

    public LossRecovery Recovery { get; }

    /// <summary>The path in use; a server changes it when the client's address changes.</summary>
    public Path Path { get; private set; } = new();

    /// <summary>Why the connection is over; null while it is not.</summary>
    public Termination? Termination => Closer.Termination;

    public bool IsDrained => Closer.State == CloseState.Drained;

    public ref readonly ConnectionStatistics Statistics => ref _statistics;

    /// <summary>What we declared to the peer.</summary>
    public TransportParameters? LocalTransportParameters { get; private set; }

    /// <summary>The connection ID of our long headers.</summary>
    public ref readonly ConnectionId LocalHandshakeId => ref _localHandshakeId;

    /// <summary>The last token that the server offered for a later connection; empty where there is none.</summary>
    public ReadOnlyMemory<byte> NewToken { get; private set; }

    /// <summary>Call <see cref="OnTimeout"/> once this has passed.</summary>
    public Instant NextDeadline => Timers.Next;

    /// <summary>
    /// In the place of <see cref="NextDeadline"/> while <see cref="Transmit"/> is not called since the system has no room for its packets:
    /// the end of the idle timeout, of the handshake's time, of closing or draining. <see cref="OnTimeout"/> always moves it.
    /// </summary>
    public Instant DeadlineWithoutRoom => Timers.NextWithoutRoom;

    internal ConnectionServices Services { get; }

    internal ConnectionEventSink? Sink { get; private set; }

    internal LocalConnectionIds LocalIds { get; }

    internal PeerConnectionIds PeerIds { get; }

    internal ConnectionAttempt Attempt { get; }

    internal Announcements Announcements { get; } = new();

    internal PathValidator Validator { get; }

    internal PathMigration Migration { get; }

    internal MtuDiscovery Mtu { get; }

    /// <summary>Packets that did not authenticate, counted over all keys (RFC 9001 §6.6).</summary>
    internal FailedOpens FailedOpens { get; } = new();

    internal ConnectionCloser Closer { get; }

    internal PacketReceiver Receiver { get; }

    internal Transmitter Transmitter { get; }

    internal ConnectionTimers Timers { get; }

    internal KeyPhases? OneRtt { get; private set; }

    internal StatelessResetToken LocalResetToken => LocalIds.ResetTokenOf(_localHandshakeId);

    internal int LocalConnectionIdLength => Services.Registry.ConnectionIdLength;

    /// <summary>The spin bit of the next packet (RFC 9000 §17.4); 0 where this connection does not take part.</summary>
    internal bool SpinBit { get; private set; }

    /// <summary>The probe timeout without backoff, which other timers are multiples of.</summary>
    internal TimeSpan CurrentPto => Recovery.Pto(PacketNumberSpace.Application);

    /// <summary>The probe timeout on a path of which nothing is known (RFC 9002 §6.2.2).</summary>
    internal TimeSpan InitialPto => (3 * Settings.Recovery.InitialRtt) + Recovery.PeerMaxAckDelay;

    /// <summary>A client's connection; the first flight waits in <see cref="Transmit"/>.</summary>
    public void StartClient(in ConnectionStart start, TlsClientConfiguration configuration)
    {
        Begin(start);
        Handshake.ClientTls.Begin(configuration);
        Span<byte> parameters = stackalloc byte[LocalParameters.MaxLength];
        parameters = parameters[..EncodeLocalParameters(parameters, start.At)];
        FailOn(Handshake.StartClient(parameters, start.At), start.At);
    }

    /// <summary>A server's connection, before it has seen the datagram that caused it: give it to <see cref="OnDatagram"/> next.</summary>
    public void StartServer(in ConnectionStart start)
    {
        Begin(start);
        Handshake.ServerTls.Begin();
    }

    /// <summary>
    /// Gives back what the connection held, wipes its secrets and forgets its peer. The connection is drained, and nobody but the
    /// caller knows the object any more.
    /// </summary>
    /// <exception cref="InvalidOperationException">The connection is not drained, or was ended before.</exception>
    public void End()
    {
        if (!_hasBegun || !IsDrained)
        {
            throw new InvalidOperationException("Expected a connection that is drained and was not ended yet.");
        }

        _hasBegun = false;
        Handshake.End();
        Streams.Release();
        Datagrams.Begin(new DatagramLimits());
        Recovery.End();
        Receiver.Begin();
        Closer.Begin();
        _events?.Clear();
        Settings = ConnectionSettings.Default;
        Sink = null;
        UserState = null;
        NewToken = default;
    }

    public void OnDatagram(in ReceivedDatagram datagram)
    {
        _now = datagram.At;
        Timers.OnActivity(datagram.At);
        _statistics.DatagramsReceived++;
        _statistics.BytesReceived += datagram.Bytes.Length;
        if (Closer.IsPeerClosed)
        {
            CountDrop(new PacketDroppedEvent(datagram.At, DropReason.Draining, datagram.Bytes.Length, null));
            return;
        }

        if (datagram.Remote == Path.Remote)
        {
            Path.OnDatagramReceived(datagram.Bytes.Length);
            Migration.OnKnownAddress();
        }
        else if (!Migration.MayTake(datagram))
        {
            CountDrop(new PacketDroppedEvent(datagram.At, DropReason.UnknownAddress, datagram.Bytes.Length, null));
            return;
        }

        UpdateAmplificationLimit();
        if (!Closer.IsOpen)
        {
            Closer.OnPacketWhileClosing();
        }

        Receiver.OnDatagram(datagram);
    }

    /// <summary>Ends the connection without a trace, as where nothing that came for it was authentic.</summary>
    public void Abandon(Instant now) => Closer.EndSilently(TerminationKind.Unreachable, "Nothing authentic came.", now);

    public void OnTimeout(Instant now)
    {
        _now = now;
        Timers.OnTimeout(now);
    }

    /// <summary>Fills the buffer with datagrams that are ready to leave; call again until the train is empty.</summary>
    public Train Transmit(Instant now, Span<byte> buffer) => Transmitter.Transmit(now, buffer);

    public bool TryTakeEvent(out ConnectionEventKind kind)
    {
        kind = default;
        return _events is not null && _events.TryDequeue(out kind);
    }

    /// <summary>Ends the connection with the application's code, 0 to 2^62-1 (RFC 9000 §10.2).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code does not fit a variable-length integer.</exception>
    public void Close(ulong code, string reason, Instant now)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, Wire.VarInt.MaxValue);
        Closer.CloseByApplication(code, reason, now);
    }

    /// <summary>Ends the connection with a transport error of ours, such as a refusal.</summary>
    public void CloseByTransport(TransportError error, Instant now) => Closer.CloseByTransport(error, now);

    /// <summary>The network reports that nobody listens at the peer's port.</summary>
    public void OnUnreachable(Instant now)
    {
        // Such reports are not authenticated: believed only while nothing was heard from the peer.
        if (!Attempt.HasPeerAnswered)
        {
            Closer.EndSilently(TerminationKind.Unreachable, "The network reports that the peer's port is closed.", now);
        }
    }

    /// <summary>Starts a key update (RFC 9001 §6.1); false where it is not permitted yet.</summary>
    public bool TryUpdateKeys(Instant now)
    {
        if (OneRtt is null || !OneRtt.TryInitiateUpdate(now))
        {
            return false;
        }

        Timers.OnActivity(now);
        NoteKeyGeneration(now, isRemoteInitiated: false);
        return true;
    }

    /// <summary>Gives the client a token for its next connection (RFC 9000 §8.1.3).</summary>
    /// <exception cref="InvalidOperationException">The connection is a client's.</exception>
    /// <exception cref="ArgumentException">The token is empty, or too long for an Initial.</exception>
    public void OfferToken(ReadOnlySpan<byte> token)
    {
        if (Role != EndpointRole.Server)
        {
            throw new InvalidOperationException("Only a server offers tokens.");
        }

        if (token.Length is 0 or > ConnectionAttempt.MaxTokenLength)
        {
            throw new ArgumentException($"Expected a token of 1 to {ConnectionAttempt.MaxTokenLength} bytes.", nameof(token));
        }

        Announcements.OfferToken(token);
    }

    /// <summary>The answer to <see cref="ConnectionEventKind.NeedConfiguration"/>.</summary>
    /// <param name="configuration">The TLS side.</param>
    /// <param name="now">The time.</param>
    /// <param name="settings">What takes the place of the settings of the beginning; null where those stay.</param>
    public void ProvideConfiguration(TlsServerConfiguration configuration, Instant now, ConnectionSettings? settings = null)
    {
        if (Closer.IsOpen)
        {
            if (settings is not null)
            {
                ReplaceSettings(settings, now);
            }

            Span<byte> parameters = stackalloc byte[LocalParameters.MaxLength];
            parameters = parameters[..EncodeLocalParameters(parameters, now)];
            FailOn(Handshake.ProvideConfiguration(configuration, parameters, now), now);
            Receiver.ReleaseHeld(now);
        }
    }

    /// <summary>The answer to <see cref="ConnectionEventKind.NeedSignature"/>.</summary>
    public void ProvideSignature(ReadOnlySpan<byte> signature, Instant now)
    {
        if (Closer.IsOpen)
        {
            Go(Handshake.Tls.ProvideSignature(signature), now);
        }
    }

    /// <summary>The answer to <see cref="ConnectionEventKind.NeedCertificateVerdict"/>.</summary>
    public void ProvideCertificateVerdict(CertificateVerdict verdict, Instant now)
    {
        if (Closer.IsOpen)
        {
            Go(Handshake.Tls.ProvideCertificateVerdict(verdict), now);
        }
    }

    /// <summary>Everything as it is where nothing has happened yet, in whatever state it was.</summary>
    private void Begin(in ConnectionStart start)
    {
        _hasBegun = true;
        ConnectionSettings settings = start.Settings;
        Version = start.Version;
        Settings = settings;
        UserState = null;
        Path.Begin(start.Remote, start.Local);
        if (start.IsAddressValidated)
        {
            Path.Validate();
        }

        Sink = (settings.SinkFactory ?? Services.SinkFactory)?.Invoke(this);
        BeginIdentity(start);
        Streams.Begin(settings.Streams);
        Datagrams.Begin(settings.Datagrams);
        Validator.Begin();
        Migration.Begin();
        Mtu.Begin(settings.MtuUpperBound, settings.MtuLowerBound);
        Recovery.Begin(_controllers.Begin(settings.CongestionControl, settings.Recovery.Congestion), settings.Recovery);
        _spaces.Begin(new AckPolicy { MaxAckDelay = settings.MaxAckDelay });
        _isSpinBitEnabled = settings.IsSpinBitEnabled && (Services.Random.NextUInt64() & 15) != 0;
        _largestForSpin = PacketNumber.None;
        SpinBit = false;
        _statistics = default;
        _now = default;
        _events?.Clear();
        _oneRtt.End();
        OneRtt = null;
        LocalTransportParameters = null;
        _localParameters?.Reset();
        NewToken = default;
        Announcements.Begin();
        FailedOpens.Begin();
        Closer.Begin();
        Receiver.Begin();
        Transmitter.Begin();
        Timers.Begin(start.At);
        Handshake.Begin();
        InstallInitialKeys(start.InitialDestinationId);
        Sink?.OnStarted(new StartedEvent { At = start.At, Role = Role, Version = Version, OriginalDestinationId = start.OriginalDestinationId });
    }

    private void BeginIdentity(in ConnectionStart start)
    {
        LocalIds.Begin(start.ResetKey);
        PeerIds.Begin(start.InitialDestinationId);
        Attempt.Begin(start);
        _localHandshakeId = Services.Registry.Issue(this);
        LocalIds.AddHandshakeId(LocalHandshakeId);
        if (Role == EndpointRole.Server)
        {
            LocalIds.AddClientChosenId(start.InitialDestinationId);
        }
    }

    private int EncodeLocalParameters(Span<byte> destination, Instant now)
    {
        LocalTransportParameters = _localParameters ??= new TransportParameters();
        LocalParameters.Set(_localParameters, this);
        int length = _localParameters.Write(destination);
        Sink?.OnParametersSet(new ParametersEvent { At = now, IsLocal = true, Owner = Role, Encoded = destination[..length] });
        return length;
    }

    private void InstallInitialKeys(ConnectionId destination)
    {
        // A first flight in a version that we do not speak asks the server for those that it speaks (RFC 9000 §6); it needs some keys.
        QuicVersion version = Version.IsSupported() ? Version : QuicVersion.Version1;
        Space(PacketNumberSpace.Initial)!.InstallInitialKeys(version, destination, Role);
    }

    private void Go(TransportError? error, Instant now)
    {
        _now = now;
        FailOn(error ?? Handshake.Advance(now), now);
        Receiver.ReleaseHeld(now);
    }

    private void FailOn(TransportError? error, Instant now)
    {
        if (error is not null)
        {
            Closer.CloseByTransport(error, now);
        }
    }
}
