using System.Net;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Datagrams;
using HotQuic.Errors;
using HotQuic.Handshakes;
using HotQuic.Ports;
using HotQuic.Shards;
using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>
/// A connection whose application awaits: what a <see cref="QuicConnection"/> stands for. The peer's streams or those who accept them wait in
/// <see cref="Inbound"/>, openers in queues, closers for their completion. The handle is held weakly, so that one which was forgotten ends its connection.
/// </summary>
internal sealed partial class AwaitedConnection : ConnectionApplication
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly OpenQueue[] _opening = [new(), new()];
    private readonly uint _generation;
    private readonly AcceptQueueEntry? _listener;
    private WeakReference<QuicConnection>? _handle;
    private QuicConnection? _undelivered;
    private ServerAnswerWork? _work;
    private Failure? _answerFailure;
    private CapacityReports? _capacity;
    private TaskCompletionSource? _closing;
    private Action<QuicConnection, IPEndPoint>? _addressCallback;
    private bool _isConnected;

    private AwaitedConnection(ConnectionDriver driver, AcceptQueueEntry? listener)
        : base(driver)
    {
        _generation = driver.Generation;
        _listener = listener;
    }

    /// <summary>Streams that the peer opened and nobody has accepted yet. From any thread.</summary>
    public InboundStreams Inbound { get; } = new();

    /// <summary>Whether the options let the peer open streams at all. From any thread, once connected.</summary>
    public bool CanAcceptStreams { get; private set; }

    /// <summary>Whether awaiters go on at once, on the shard's thread. From any thread, once connected.</summary>
    public bool CompletesInline { get; private set; }

    /// <summary>Whether the driver still is this connection's. From any thread.</summary>
    public bool IsCurrent => Driver.Generation == _generation;

    /// <summary>Completes with a client's handshake. From any thread.</summary>
    public Task Connected => _connected.Task;

    public override object Sender => Handle ?? (object)Driver;

    private QuicConnection? Handle => _handle is not null && _handle.TryGetTarget(out QuicConnection? handle) ? handle : null;

    /// <summary>A client's, not yet started. From any thread.</summary>
    public static AwaitedConnection ForClient(ConnectionDriver driver) => new(driver, listener: null);

    /// <summary>A server's, whose options are now asked for; the listener gets it when it is connected.</summary>
    public static AwaitedConnection ForServer(ConnectionDriver driver, AcceptQueueEntry listener) => new(driver, listener);

    /// <summary>Starts a client's connection.</summary>
    /// <param name="handle">The connection's handle.</param>
    /// <param name="attempt">What to connect with.</param>
    /// <param name="remote">Where to.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There is no socket to send from.</exception>
    public void StartClient(QuicConnection handle, ClientAttempt attempt, IPEndPoint remote)
    {
        Driver.Application = this;
        _handle = new WeakReference<QuicConnection>(handle);
        CanAcceptStreams = attempt.CanAcceptStreams;
        CompletesInline = attempt.CompletesInline;
        _capacity = attempt.CapacityCallback is { } callback ? new CapacityReports(callback) : null;
        Driver.StartClient(attempt, remote);
    }

    /// <summary>Asks the listener's callback for a server's options; the answer is <see cref="ConnectionMessageKind.Configure"/>.</summary>
    public void AskForOptions(string serverName)
    {
        var handle = new QuicConnection(this);
        var work = new ServerAnswerWork(this, handle, _listener!, serverName);
        _handle = new WeakReference<QuicConnection>(handle);
        _undelivered = handle;
        _work = work;
        work.Start();
    }

    /// <summary>Leaves a message for the shard. From any thread.</summary>
    public void Post(ConnectionMessageKind kind, object? argument = null, long value = 0) =>
        Driver.Shard.Post(new ShardMessage(Driver, (int)kind, argument, value) { Generation = _generation });

    /// <summary>The token of some request was cancelled: of this one, if it still waits. From any thread.</summary>
    public void OnTokenCancelled(StreamRequest request, bool isToBeOpened)
    {
        if (isToBeOpened)
        {
            Post(ConnectionMessageKind.CancelOpen, request);
        }
        else
        {
            Inbound.OnTokenCancelled(request);
        }
    }

    /// <summary>A message came for a life that is over: whoever waits for it learns that.</summary>
    public static void Refuse(in ShardMessage message)
    {
        switch (message.Argument)
        {
            case TaskCompletionSource closing:
                closing.TrySetResult();
                break;
            case StreamRequest request when (ConnectionMessageKind)message.Kind == ConnectionMessageKind.Open:
                request.Fail(Failure.ConnectionDisposed.ToException());
                break;
            case DatagramSend send:
                send.Discard((short)message.Value);
                break;
            case DatagramReceive receive when receive.IsCurrent((short)message.Value):
                receive.Fail(new ObjectDisposedException(nameof(QuicConnection)));
                break;
        }
    }

    public override void OnMessage(in ShardMessage message)
    {
        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.Open:
                OnOpen((StreamRequest)message.Argument!);
                break;
            case ConnectionMessageKind.CancelOpen:
                OnCancelOpen((StreamRequest)message.Argument!);
                break;
            case ConnectionMessageKind.Close:
                OnClose(message.Value, (TaskCompletionSource?)message.Argument);
                break;
            case ConnectionMessageKind.Dispose:
                IsGone = true;
                OnClose(Driver.DefaultCloseErrorCode, (TaskCompletionSource?)message.Argument);
                Inbound.GiveUp();
                break;
            case ConnectionMessageKind.Configure:
                OnConfigured((ServerAnswer)message.Argument!);
                break;
            default:
                OnDatagramMessage(message);
                break;
        }
    }

    public override void OnConnected()
    {
        _isConnected = true;
        _ = Driver.KeepFacts();
        if (_listener is not null)
        {
            _work?.Dispose();
            _listener.Deliver(Driver, _undelivered!);
            _undelivered = null;
        }

        _connected.TrySetResult();
    }

    public override void OnStreamOpened(QuicStreamState stream)
    {
        Inbound.Add(Adopt(stream, isOurs: false));
        if (IsGone)
        {
            Inbound.GiveUp();
        }
    }

    public override void OnStreamsAvailable(StreamDirection direction, ulong available)
    {
        OpenQueue queue = _opening[(int)direction];
        ulong limit = queue.Opened + available;
        ReportCapacity(direction, (int)Math.Min(limit - queue.Limit, int.MaxValue));
        queue.Limit = limit;
        OpenWaiting(queue, direction);
    }

    public override bool OnEventsTold() => false;

    public override void OnClosed(Failure failure)
    {
        if (!_isConnected)
        {
            OnHandshakeFailed(failure);
        }

        foreach (OpenQueue queue in _opening)
        {
            while (queue.Waiting.TryPeek(out StreamRequest? request))
            {
                queue.Waiting.Remove(request);
                request.Fail(failure.ToException());
            }
        }

        Inbound.Close(failure);
        EndDatagrams(failure);
    }

    public override void OnPeerAddressChanged()
    {
        if (_addressCallback is { } callback && Handle is { } handle)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static told => told.Tell(), new AddressChange(callback, handle, Driver.Facts!.RemoteEndPoint), preferLocal: false);
        }
    }

    public override void OnEverythingSent()
    {
        _closing?.TrySetResult();
        _closing = null;
    }

    private void OnConfigured(ServerAnswer answer)
    {
        if (answer.Failure is { } failure)
        {
            _answerFailure = failure;
            Driver.CancelHandshake();
            return;
        }

        QuicServerConnectionOptions options = answer.Options!;
        CanAcceptStreams = options.MaxInboundBidirectionalStreams + options.MaxInboundUnidirectionalStreams > 0;
        CompletesInline = options.Transport.CompletesInline;
        _addressCallback = options.RemoteEndPointChangedCallback;
        _capacity = options.StreamCapacityCallback is { } callback ? new CapacityReports(callback) : null;
        Driver.ProvideConfiguration(answer.Configuration!);
    }

    private void OnHandshakeFailed(Failure failure)
    {
        if (_listener is not null)
        {
            _work?.Cancel();
            _listener.Deliver(Driver, _answerFailure ?? failure);
            _undelivered = null;
            IsGone = true;
        }

        _connected.TrySetException(failure.ToException());
        _ = _connected.Task.Exception;
    }

    private void OnOpen(StreamRequest request)
    {
        if (Driver.Failure is { } failure)
        {
            request.Fail(failure.ToException());
        }
        else
        {
            OpenQueue queue = _opening[(int)request.Direction];
            queue.Waiting.Add(request);
            OpenWaiting(queue, request.Direction);
        }
    }

    /// <summary>The message may be late, when the request is another's.</summary>
    private void OnCancelOpen(StreamRequest request)
    {
        foreach (OpenQueue queue in _opening)
        {
            if (request.List == queue.Waiting && request.Token.IsCancellationRequested)
            {
                queue.Waiting.Remove(request);
                request.Fail(new OperationCanceledException(request.Token));
            }
        }
    }

    private void OpenWaiting(OpenQueue queue, StreamDirection direction)
    {
        StreamSet streams = Driver.Core.Streams;
        while (queue.Waiting.TryPeek(out StreamRequest? request))
        {
            if (request.Token.IsCancellationRequested)
            {
                // Cancelled while it waited: it costs no stream.
                queue.Waiting.Remove(request);
                request.Fail(new OperationCanceledException(request.Token));
                continue;
            }

            if (!streams.TryOpen(direction, out StreamId id) || !streams.TryGet(id, out QuicStreamState? state))
            {
                return;
            }

            streams.SetPriority(state, request.Priority.ToCore());
            queue.Waiting.Remove(request);
            queue.Opened++;
            request.Complete(Adopt(state, isOurs: true));
        }
    }

    private AwaitedStream Adopt(QuicStreamState state, bool isOurs)
    {
        AwaitedStream stream = Driver.Shard.AwaitedStreams.Rent();
        stream.CompletesInline = CompletesInline;
        Driver.Adopt(stream, state, isOurs);
        return stream;
    }

    private void OnClose(long code, TaskCompletionSource? completion)
    {
        if (completion is not null)
        {
            if (Driver.IsDrained || (Driver.Failure is not null && _closing is null))
            {
                completion.TrySetResult();
            }
            else
            {
                _closing?.Task.ContinueWith(
                    static (_, state) => ((TaskCompletionSource)state!).TrySetResult(), completion, TaskScheduler.Default);
                _closing ??= completion;
            }
        }

        Driver.Close(code);
    }

    private void ReportCapacity(StreamDirection direction, int increment)
    {
        if (increment > 0 && _capacity is { } reports && Handle is { } handle)
        {
            reports.Add(handle, direction == StreamDirection.Bidirectional
                ? new QuicStreamCapacityChangedArgs { BidirectionalIncrement = increment }
                : new QuicStreamCapacityChangedArgs { UnidirectionalIncrement = increment });
        }
    }
}
