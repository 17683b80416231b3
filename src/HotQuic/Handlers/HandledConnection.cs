using System.Net.Sockets;
using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Shards;

namespace HotQuic.Handlers;

/// <summary>
/// A connection whose application is called: what a <see cref="QuicConnectionHandle"/> stands for. Every callback runs on the shard, none
/// inside another: what a callback causes is told after it has returned. One that throws closes its connection.
/// </summary>
internal sealed partial class HandledConnection : ConnectionApplication
{
    private readonly Queue<(HandledStream Stream, uint Generation)> _resumed = new();
    private readonly ulong[] _opened = new ulong[2];
    private readonly ulong[] _toldLimits = new ulong[2];
    private bool _isConnected;
    private ConnectionFacts? _facts;
    private Failure? _endBeforeStart;

    /// <summary>From any thread; the handler is called on the shard only.</summary>
    public HandledConnection(ConnectionDriver driver, QuicConnectionHandler handler, object? state)
        : base(driver)
    {
        Handler = handler;
        State = state;
    }

    public QuicConnectionHandler Handler { get; }

    /// <summary>The application's own.</summary>
    public object? State { get; set; }

    /// <summary>A server's, where it was given together with the acceptance.</summary>
    public QuicServerConfiguration? Configuration { get; init; }

    /// <summary>A client's.</summary>
    public ClientTarget? Target { get; init; }

    /// <summary>The handler closed the connection, or failed: all that it is told from now on is that things have ended.</summary>
    public bool IsOver { get; private set; }

    public QuicConnectionHandle Handle => new(Driver, Driver.Generation);

    public override object Sender => Handle;

    /// <summary>What was agreed on.</summary>
    /// <exception cref="InvalidOperationException">The handshake is not complete.</exception>
    public ConnectionFacts Facts => !_isConnected
        ? throw new InvalidOperationException("The connection is not established: expected to be called from OnConnected on.")
        : _facts ??= Driver.KeepFacts();

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

        _opened[(int)direction]++;
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
            Driver.StartClient(Target!.Attempt, Target.Remote);
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
        ulong limit = _opened[(int)direction] + available;
        bool hasGrown = limit > _toldLimits[(int)direction];
        _toldLimits[(int)direction] = limit;
        return hasGrown;
    }
}
