using HotQuic.Certificates;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Paths;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Errors;
using HotQuic.Handlers;
using HotQuic.Shards;
using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>
/// The shard's side of one connection: passes on what handles ask (messages), answers what the handshake asks, and tells the application
/// (<see cref="Application"/>) what happened (<see cref="DrainEvents"/>, once a turn in which the connection was touched). Handles outlive
/// it or not: when the protocol is done with the connection (drained) and the application too, its memory goes back to the shard, and the
/// object itself waits in the shard's <see cref="ConnectionDriverPool"/> for another connection, under another <see cref="Generation"/>.
/// </summary>
/// <remarks>
/// Everything belongs to the shard's thread but what says otherwise.
/// <code>
///   pooled ── ForServer ──────────────────────► alive ── drained and unused ──► released ──► pooled
///   pooled ── ForClient ──► lent ── StartClient ──►│        (generation + 1)
///                             └── OnStartFailed ────────────────────────────► released ──► pooled
/// </code>
/// </remarks>
internal sealed partial class ConnectionDriver : IShardTarget, ITimed
{
    /// <summary>How often in one turn what was told may cause more that is told at once.</summary>
    private const int MaxRounds = 8;

    private readonly List<StreamDriver> _streams = [];
    private PathAddress _local;
    private bool _wantsKeyUpdate;
    private AwaitedConnection? _awaited;
    private HandledConnection? _handled;
    private bool _isReleased = true;
    private bool _waitsForLine;
    private bool _isDraining;
    private bool _isFaulty;
    private bool _isLifeOver;
    private Exception? _handlerFault;
    private volatile Failure? _failure;
    private uint _generation = 1;

    /// <summary>For the pool, and for a connection that never was.</summary>
    public ConnectionDriver(Shard shard)
    {
        Shard = shard;
    }

    /// <summary>From any thread.</summary>
    public Shard Shard { get; }

    /// <summary>The application's side where it awaits, made when it is first wanted and kept for the lives to come.</summary>
    public AwaitedConnection Awaited => _awaited ??= new AwaitedConnection(this);

    /// <summary>The application's side where it is called, made when it is first wanted and kept for the lives to come.</summary>
    public HandledConnection Handled => _handled ??= new HandledConnection(this);

    /// <summary>The protocol's side; null for a client that has not started, or could not, and once the memory went back.</summary>
    public Connection Core { get; private set; } = null!;

    /// <summary>Null as long as <see cref="Core"/> is.</summary>
    public ShardSocket Socket { get; private set; } = null!;

    public int TimerIndex { get; set; } = -1;

    /// <summary>It waits to have its events drained.</summary>
    public bool IsTouched { get; set; }

    /// <summary>It waits for its turn to send.</summary>
    public bool IsLinedUp { get; set; }

    /// <summary>The protocol is done with the connection, or has not begun one.</summary>
    public bool IsDrained { get; private set; } = true;

    /// <summary>Protocol and application are done with the connection, and its memory went back; or it has not begun.</summary>
    public bool IsReleased => _isReleased;

    /// <summary>Who is told what happens; null while a server's ClientHello has not come or nobody accepted it.</summary>
    public ConnectionApplication? Application { get; set; }

    /// <summary>Counts the lives of this object: handles know it together with that of their connection. From any thread.</summary>
    public uint Generation => Volatile.Read(ref _generation);

    /// <summary>Why the connection is over; null while it is not. From any thread.</summary>
    public Failure? Failure => _failure;

    /// <summary>What the application set, for streams that it aborts without a code.</summary>
    public long DefaultStreamErrorCode { get; private set; }

    /// <summary>What the application set, for a connection that it gives up without a code.</summary>
    public long DefaultCloseErrorCode { get; private set; }

    public static ConnectionDriver ForServer(Shard shard, ShardSocket socket, Connection core)
    {
        ConnectionDriver driver = shard.Drivers.Rent();
        driver.Attach(core, socket);
        return driver;
    }

    /// <summary>A client's, not yet started. From any thread.</summary>
    public static ConnectionDriver ForClient(Shard shard)
    {
        ConnectionDriver driver = shard.Drivers.Rent();
        Volatile.Write(ref driver._answers, driver._answers | AcceptedBit | ConfiguredBit);
        return driver;
    }

    /// <summary>Something happened that may have to be told or sent.</summary>
    public void Touch()
    {
        if (!_isDraining && !_isReleased)
        {
            Shard.Touch(this);
        }
    }

    public void OnMessage(in ShardMessage message)
    {
        if (message.Generation != _generation)
        {
            OnStaleMessage(message);
            return;
        }

        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.CancelHandshake:
                CancelHandshake();
                break;
            case ConnectionMessageKind.UpdateKeys:
                UpdateKeys();
                break;
            case ConnectionMessageKind.Sign:
                OnSigned((byte[]?)message.Argument);
                break;
            case ConnectionMessageKind.Verdict:
                OnVerdict((CertificateVerdictResult)message.Argument!);
                break;
            case ConnectionMessageKind.Accept:
                OnAccepted((Acceptance)message.Argument!);
                break;
            case ConnectionMessageKind.ProvideConfiguration:
                OnConfigured((QuicServerConfiguration)message.Argument!);
                break;
            case ConnectionMessageKind.Reject:
                OnRejected();
                break;
            default:
                Application?.OnMessage(message);
                break;
        }

        Touch();
    }

    /// <summary>New packet protection keys are used as soon as that is permitted.</summary>
    public void UpdateKeys() => _wantsKeyUpdate = true;

    /// <summary>The application closes the connection, or says that nobody is left to close it.</summary>
    public void Close(long code)
    {
        Core?.Close((ulong)Math.Max(code, 0), "", Shard.Now);
        ReleaseIfUnused();
    }

    /// <summary>A fault of ours: the connection ends with INTERNAL_ERROR, and everybody who waits learns of it.</summary>
    public void OnFault(Exception exception)
    {
        _cause ??= exception;
        _isFaulty = true;
        try
        {
            Core.CloseByTransport(new TransportError(TransportErrorCode.InternalError, 0, "An internal error occurred."), Shard.Now);
            Touch();
        }
        catch (Exception second)
        {
            _cause = new AggregateException(exception, second);
        }

        OnClosed(Failure.Internal(_cause));
    }

    /// <summary>An event handler threw: its connection ends with INTERNAL_ERROR (RFC 9000 §20.1), and nothing else does.</summary>
    public void CloseForHandlerFault(Exception exception)
    {
        _handlerFault ??= exception;
        Core.CloseByTransport(new TransportError(TransportErrorCode.InternalError, 0, "The application failed."), Shard.Now);
        Touch();
    }

    /// <summary>A datagram was handled.</summary>
    /// <param name="local">The address it was sent to, where known.</param>
    public void OnDatagram(PathAddress local)
    {
        if (_local.Family == PathAddressFamily.None)
        {
            _local = local;
        }
    }

    public void OnTimeout()
    {
        try
        {
            Core.OnTimeout(Shard.Now);
        }
        catch (Exception exception)
        {
            OnFault(exception);
        }
    }

    /// <summary>The network says that nobody is there; believed only before the peer has answered.</summary>
    public void OnUnreachable() => Core.OnUnreachable(Shard.Now);

    /// <summary>Everything that was to be sent was, the close included.</summary>
    public void OnNothingToSend()
    {
        if (_failure is not null)
        {
            Application?.OnEverythingSent();
        }
    }

    /// <summary>Tells the application what happened.</summary>
    public void DrainEvents()
    {
        if (_isReleased)
        {
            return;
        }

        _isDraining = true;
        try
        {
            DrainAll();
        }
        catch (Exception exception)
        {
            // Its end is an event too, that is to be told after this.
            _isDraining = false;
            OnFault(exception);
        }
        finally
        {
            _isDraining = false;
        }

        ReleaseIfUnused();
    }

    /// <summary>The shard is gone: nobody shall wait for ever.</summary>
    public void OnShardStopped()
    {
        OnClosed(Failure.EngineDisposed);
        OnNothingToSend();
    }

    /// <summary>Takes a stream of the protocol into the connection's list, with who shall be told of it.</summary>
    public void Adopt(StreamDriver stream, QuicStreamState state, bool isOurs)
    {
        stream.Begin(this, state, isOurs);
        Keep(stream);
    }

    /// <summary>Has the stream learn of the connection's end.</summary>
    public void Keep(StreamDriver stream)
    {
        stream.Index = _streams.Count;
        _streams.Add(stream);
    }

    /// <summary>The opposite of <see cref="Keep"/>.</summary>
    public void Forget(StreamDriver stream)
    {
        int last = _streams.Count - 1;
        _streams[stream.Index] = _streams[last];
        _streams[stream.Index].Index = stream.Index;
        _streams.RemoveAt(last);
    }

    private void Attach(Connection core, ShardSocket socket)
    {
        Core = core;
        Socket = socket;
        _isReleased = false;
        IsDrained = false;
        core.UserState = this;
        _local = core.Path.Local;
        _startedAt = Shard.Now;
    }

    private void DrainAll()
    {
        bool isClosed = false;
        int rounds = 0;
        Publish();
        while (TellAll(ref isClosed))
        {
            if (++rounds == MaxRounds)
            {
                // What is told may make more to tell: others have their turn first.
                Shard.Touch(this);
                break;
            }
        }

        if (_wantsKeyUpdate && Core.TryUpdateKeys(Shard.Now))
        {
            _wantsKeyUpdate = false;
        }

        // Last, so that data which came before the end is read before it.
        if (isClosed)
        {
            OnClosed(FailureOf(Core.Termination.GetValueOrDefault()));
        }

        if (IsDrained)
        {
            OnNothingToSend();
            Shard.RemoveConnection(this);
        }
    }

    /// <summary>Tells what there is to tell; false where there was nothing.</summary>
    private bool TellAll(ref bool isClosed)
    {
        bool any = false;
        while (Core.TryTakeEvent(out ConnectionEventKind kind))
        {
            any = true;
            isClosed |= kind is ConnectionEventKind.Closed;
            IsDrained |= kind is ConnectionEventKind.Drained;
            OnEvent(kind);
        }

        while (Core.Streams.TryTakeEvent(out StreamEvent item))
        {
            any = true;
            OnStreamEvent(item);
        }

        any |= TellDatagramReports();
        return any | (Application?.OnEventsTold() ?? false);
    }

    private Failure FailureOf(Termination termination)
    {
        if (_handlerFault is null)
        {
            return Failure.Of(termination).With(_cause);
        }

        bool isTheCause = termination is { Kind: TerminationKind.LocalTransport, Code: (ulong)TransportErrorCode.InternalError };
        return isTheCause ? Failure.Handler(_handlerFault) : Failure.Of(termination).With(_handlerFault);
    }

    private void OnEvent(ConnectionEventKind kind)
    {
        switch (kind)
        {
            case ConnectionEventKind.NeedConfiguration:
                AskForConfiguration();
                break;
            case ConnectionEventKind.NeedSignature when Core.Handshake.Question == HandshakeQuestion.Signature:
                AskForSignature();
                break;
            case ConnectionEventKind.NeedCertificateVerdict when Core.Handshake.Question == HandshakeQuestion.CertificateVerdict:
                AskForVerdict();
                break;
            case ConnectionEventKind.HandshakeCompleted:
                OnHandshakeCompleted();
                break;
            case ConnectionEventKind.PeerAddressChanged:
                OnPeerAddressChanged();
                break;
            case ConnectionEventKind.DatagramReceived:
                Application?.OnDatagramReceived();
                break;
            default:
                break;
        }
    }

    private void OnStreamEvent(in StreamEvent item)
    {
        var stream = (StreamDriver?)item.UserState;
        switch (item.Kind)
        {
            case StreamEventKind.Opened:
                Application?.OnStreamOpened(item.Stream!);
                break;
            case StreamEventKind.Readable:
                stream?.OnReadable();
                break;
            case StreamEventKind.Writable:
                stream?.OnWritable();
                break;
            case StreamEventKind.SendAcknowledged:
                stream?.OnSendAcknowledged();
                break;
            case StreamEventKind.SendStopped:
                stream?.OnSendStopped(item.Value);
                break;
            case StreamEventKind.ReceiveReset:
                stream?.OnReceiveReset(item.Value);
                break;
            case StreamEventKind.ReceiveFinished:
                stream?.OnReceiveFinished();
                break;
            case StreamEventKind.Closed:
                OnStreamClosed(stream);
                break;
            case StreamEventKind.StreamsAvailable:
                Application?.OnStreamsAvailable(item.Direction, item.Value);
                break;
        }
    }

    private void OnStreamClosed(StreamDriver? stream)
    {
        if (stream is not null)
        {
            Forget(stream);
            stream.OnClosed();
        }
    }

    private void OnClosed(Failure failure)
    {
        if (_failure is not null)
        {
            return;
        }

        _failure = failure;
        OnHandshakeOver(isComplete: false);
        Application?.OnClosed(failure);
        foreach (StreamDriver stream in _streams)
        {
            stream.OnConnectionClosed(failure);
        }
    }
}
