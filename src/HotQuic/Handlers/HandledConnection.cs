using System.Net;
using System.Net.Sockets;
using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Handshakes;
using HotQuic.Shards;

namespace HotQuic.Handlers;

/// <summary>
/// A connection whose application is called: what a <see cref="QuicConnectionHandle"/> stands for. Every callback runs on the shard, none
/// inside another: what a callback causes is told after it has returned. One that throws closes its connection.
/// </summary>
/// <remarks>It lives as often as its driver: <see cref="Begin"/> starts a life, <see cref="Forget"/> ends it.</remarks>
internal sealed partial class HandledConnection : ConnectionApplication
{
    private readonly Queue<(HandledStream Stream, uint Generation)> _resumed = new();
    private StreamLimit _bidirectional;
    private StreamLimit _unidirectional;
    private bool _isConnected;
    private ConnectionFacts _facts;
    private Failure? _endBeforeStart;
    private ClientAttempt? _attempt;
    private IPEndPoint? _target;

    public HandledConnection(ConnectionDriver driver)
        : base(driver)
    {
    }

    public QuicConnectionHandler Handler { get; private set; } = null!;

    /// <summary>The application's own.</summary>
    public object? State { get; set; }

    /// <summary>The handler closed the connection, or failed: all that it is told from now on is that things have ended.</summary>
    public bool IsOver { get; private set; }

    public QuicConnectionHandle Handle => new(Driver, Driver.Generation);

    public override object Sender => Handle;

    /// <summary>What was agreed on.</summary>
    /// <exception cref="InvalidOperationException">The handshake is not complete.</exception>
    public ConnectionFacts Facts => _isConnected
        ? _facts
        : throw new InvalidOperationException("The connection is not established: expected to be called from OnConnected on.");

    /// <summary>Begins a life. Of a client from any thread; the handler is called on the shard only.</summary>
    public void Begin(QuicConnectionHandler handler, object? state)
    {
        Handler = handler;
        State = state;
    }

    /// <summary>What a client is to connect with, and where to; before it is started.</summary>
    public void Aim(ClientAttempt attempt, IPEndPoint target)
    {
        _attempt = attempt;
        _target = target;
    }

    public override void OnMessage(in ShardMessage message)
    {
        if ((ConnectionMessageKind)message.Kind == ConnectionMessageKind.Connect)
        {
            Start();
        }
        else if (!IsOver)
        {
            TellMessage(message.Argument);
        }
    }

    public override void OnConnected()
    {
        _isConnected = true;
        _facts = Driver.ReadFacts();
        if (IsOver)
        {
            return;
        }

        try
        {
            Handler.OnConnected(Handle);
        }
        catch (Exception exception)
        {
            OnHandlerFault(exception);
        }

        TellLimits();
        OnDatagramReceived();
    }

    public override void OnStreamOpened(QuicStreamState stream)
    {
        if (IsOver)
        {
            return;
        }

        HandledStream driver = Driver.Shard.HandledStreams.Rent();
        Driver.Adopt(driver, stream, isOurs: false);
        try
        {
            if (Handler.OnStream(Handle, driver.Handle) is { } handler)
            {
                driver.Attach(handler);
            }
            else
            {
                driver.Refuse(Driver.DefaultStreamErrorCode);
            }
        }
        catch (Exception exception)
        {
            OnHandlerFault(exception);
        }
    }

    public override void OnStreamsAvailable(StreamDirection direction, ulong available) => TellLimits();

    public override void OnPeerAddressChanged()
    {
        _facts = _facts with { Remote = Driver.Core.Path.Remote };
        if (IsOver)
        {
            return;
        }

        try
        {
            Handler.OnRemoteEndPointChanged(Handle);
        }
        catch (Exception exception)
        {
            OnHandlerFault(exception);
        }
    }

    public override bool OnEventsTold()
    {
        // Those that are resumed meanwhile come after what that causes.
        int count = _resumed.Count;
        for (int i = 0; i < count; i++)
        {
            (HandledStream stream, uint generation) = _resumed.Dequeue();
            if (stream.Generation == generation)
            {
                stream.OnResumed();
            }
        }

        return count > 0;
    }

    public override void OnClosed(Failure failure)
    {
        IsOver = true;
        _resumed.Clear();
        Driver.ReleaseStreams(failure);
        try
        {
            Handler.OnClosed(Handle, new QuicCloseReason(failure));
        }
        catch (Exception)
        {
            // There is nothing left that it could end.
        }

        State = null;
        IsGone = true;
        Driver.EndLife();
    }

    public override void OnEverythingSent()
    {
    }

    /// <summary>The life is over, and nobody is told anything more of it.</summary>
    public void Forget()
    {
        IsGone = false;
        IsOver = false;
        Handler = null!;
        State = null;
        _resumed.Clear();
        _bidirectional = default;
        _unidirectional = default;
        _isConnected = false;
        _facts = default;
        _endBeforeStart = null;
        _attempt = null;
        _target = null;
        _lastDatagramId = 0;
    }

    /// <summary>Opens a stream, if the peer allows one more.</summary>
    public bool TryOpen(StreamDirection direction, QuicStreamHandler handler, object? state, out QuicStreamHandle handle)
    {
        handle = default;
        if (IsOver || !_isConnected
            || !Driver.Core.Streams.TryOpen(direction, out StreamId id) || !Driver.Core.Streams.TryGet(id, out QuicStreamState? stream))
        {
            // The peer may have to be told that we wait.
            Driver.Touch();
            return false;
        }

        LimitOf(direction).Opened++;
        HandledStream driver = Driver.Shard.HandledStreams.Rent();
        Driver.Adopt(driver, stream, isOurs: true);
        driver.State = state;
        driver.Attach(handler);
        handle = driver.Handle;
        return true;
    }

    /// <summary>The application closes the connection.</summary>
    public void Close(long code)
    {
        IsOver = true;
        if (Driver.Core is null)
        {
            _endBeforeStart = Failure.Of(new Termination(TerminationKind.LocalApplication, (ulong)code, 0, ""));
            return;
        }

        Driver.Close(code);
        Driver.Touch();
    }

    /// <summary>The stream can be read again: it is told once the callback under way has returned.</summary>
    public void Resume(HandledStream stream)
    {
        _resumed.Enqueue((stream, stream.Generation));
        Driver.Touch();
    }

    /// <summary>A callback threw.</summary>
    public void OnHandlerFault(Exception exception)
    {
        IsOver = true;
        if (Driver.Core is null)
        {
            _endBeforeStart = Failure.Handler(exception);
        }
        else
        {
            Driver.CloseForHandlerFault(exception);
        }
    }

    private void Start()
    {
        if (Driver.Shard.HasEnded)
        {
            _endBeforeStart ??= Failure.EngineDisposed;
        }

        if (_endBeforeStart is not null)
        {
            Driver.OnStartFailed(_endBeforeStart);
            return;
        }

        try
        {
            Driver.StartClient(_attempt!, _target!);
        }
        catch (SocketException exception)
        {
            Driver.OnStartFailed(Failure.Of(exception));
        }
    }

    private void TellMessage(object? message)
    {
        try
        {
            Handler.OnMessage(Handle, message);
        }
        catch (Exception exception)
        {
            OnHandlerFault(exception);
        }
    }

    /// <summary>Tells how many streams can be opened, where a limit has grown since it was told.</summary>
    private void TellLimits()
    {
        if (!_isConnected || IsOver)
        {
            return;
        }

        StreamSet streams = Driver.Core.Streams;
        ulong bidirectional = streams.CountAvailable(StreamDirection.Bidirectional);
        ulong unidirectional = streams.CountAvailable(StreamDirection.Unidirectional);
        if (HasGrown(StreamDirection.Bidirectional, bidirectional) | HasGrown(StreamDirection.Unidirectional, unidirectional))
        {
            try
            {
                Handler.OnStreamsAvailable(Handle, (int)Math.Min(bidirectional, int.MaxValue), (int)Math.Min(unidirectional, int.MaxValue));
            }
            catch (Exception exception)
            {
                OnHandlerFault(exception);
            }
        }
    }

    private bool HasGrown(StreamDirection direction, ulong available)
    {
        ref StreamLimit known = ref LimitOf(direction);
        ulong limit = known.Opened + available;
        bool hasGrown = limit > known.Told;
        known.Told = limit;
        return hasGrown;
    }

    private ref StreamLimit LimitOf(StreamDirection direction) =>
        ref direction == StreamDirection.Bidirectional ? ref _bidirectional : ref _unidirectional;

    /// <summary>Streams of one direction: how many were opened, and how many there may be in all, as it was told.</summary>
    private struct StreamLimit
    {
        public ulong Opened;
        public ulong Told;
    }
}
