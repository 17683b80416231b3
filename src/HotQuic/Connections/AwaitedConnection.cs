using System.Net;
using System.Net.Sockets;
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
/// <remarks>
/// It lives as often as its driver. A handle knows the generation of its life and brings it with whatever it asks: messages of another life are
/// refused, what other threads read here is void where <see cref="IsCurrent"/> says so afterwards.
/// </remarks>
internal sealed partial class AwaitedConnection : ConnectionApplication
{
    private readonly OpenQueue _bidirectional = new();
    private readonly OpenQueue _unidirectional = new();
    private readonly WeakReference<QuicConnection> _handle = new(null!);
    private AcceptQueueEntry? _listener;
    private ConnectRequest? _connected;
    private QuicConnection? _undelivered;
    private ServerAnswerWork? _work;
    private Failure? _answerFailure;
    private CapacityReports? _capacity;
    private TaskCompletionSource? _closing;
    private Action<QuicConnection, IPEndPoint>? _addressCallback;
    private CallbackQueue? _addressChanges;
    private bool _holdsEmptyStreamsBack;
    private volatile bool _isConnected;

    public AwaitedConnection(ConnectionDriver driver)
        : base(driver)
    {
    }

    /// <summary>Streams that the peer opened and nobody has accepted yet. From any thread.</summary>
    public InboundStreams Inbound { get; } = new();

    /// <summary>Whether the options let the peer open streams at all. From any thread, once connected.</summary>
    public bool CanAcceptStreams { get; private set; }

    /// <summary>Whether the handshake is complete. From any thread.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Whether awaiters go on at once, on the shard's thread. From any thread, once connected.</summary>
    public bool CompletesInline { get; private set; }

    public override object Sender => Handle ?? (object)Driver;

    private QuicConnection? Handle => _handle.TryGetTarget(out QuicConnection? handle) ? handle : null;

    /// <summary>Whether the life that has this generation is not over. From any thread.</summary>
    public bool IsCurrent(uint generation) => Driver.Generation == generation;

    /// <summary>
    /// Takes a server's attempt, whose options are now asked for (<see cref="ConnectionMessageKind.Configure"/> brings them); the listener gets
    /// the connection when it is established.
    /// </summary>
    public void StartServer(AcceptQueueEntry listener)
    {
        var handle = new QuicConnection(this);
        Begin(handle);
        Driver.Application = this;
        _listener = listener;
        _undelivered = handle;
        ConnectionFacts facts = Driver.ReadFacts();
        handle.Learn(facts);
        _work = ServerAnswerWork.Rent(handle, listener, facts.Agreement.ServerName);
        _work.Start();
    }

    /// <summary>Leaves a message for the shard. From any thread.</summary>
    public void Post(uint generation, ConnectionMessageKind kind, object? argument = null, long value = 0) =>
        Driver.Shard.Post(new ShardMessage(Driver, (int)kind, argument, value) { Generation = generation });

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
            case ConnectionMessageKind.Connect:
                StartClient((ConnectRequest)message.Argument!);
                break;
            case ConnectionMessageKind.Open:
                OnOpen((StreamRequest)message.Argument!);
                break;
            case ConnectionMessageKind.CancelOpen:
                OnCancelOpen((StreamRequest)message.Argument!);
                break;
            case ConnectionMessageKind.Close:
                TransmitWritten();
                CloseDriver(message.Value, (TaskCompletionSource?)message.Argument);
                break;
            case ConnectionMessageKind.Dispose:
                // What was written goes before streams that nobody accepted are given up: their peers learn of the connection's end, not of theirs.
                TransmitWritten();
                IsGone = true;
                Inbound.GiveUp();

                // Last, as the life may end with it.
                CloseDriver(Driver.DefaultCloseErrorCode, (TaskCompletionSource?)message.Argument);
                break;
            case ConnectionMessageKind.Configure:
                OnConfigured((ServerAnswerWork)message.Argument!);
                break;
            default:
                OnDatagramMessage(message);
                break;
        }
    }

    public override void OnConnected()
    {
        _isConnected = true;
        Handle?.Learn(Driver.ReadFacts());
        ReportCapacity(_bidirectional.Limit, _unidirectional.Limit);
        if (_undelivered is { } handle)
        {
            _undelivered = null;
            _listener!.Deliver(Driver, handle);
        }

        // The request knows the handle, which is to be held weakly from now on.
        ConnectRequest? connected = _connected;
        _connected = null;
        connected?.TrySetResult();
    }

    public override void OnStreamOpened(QuicStreamState stream)
    {
        AwaitedStream opened = Adopt(stream, isOurs: false);
        if (_holdsEmptyStreamsBack)
        {
            opened.HoldBack();
        }
        else
        {
            Offer(opened);
        }
    }

    /// <summary>A stream of the peer may be accepted.</summary>
    public void Offer(AwaitedStream stream)
    {
        Inbound.Add(stream);
        if (IsGone)
        {
            Inbound.GiveUp();
        }
    }

    public override void OnStreamsAvailable(StreamDirection direction, ulong available)
    {
        OpenQueue queue = QueueOf(direction);
        ulong limit = queue.Opened + available;
        if (_isConnected)
        {
            ulong more = limit - queue.Limit;
            ReportCapacity(direction == StreamDirection.Bidirectional ? more : 0, direction == StreamDirection.Unidirectional ? more : 0);
        }

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

        FailOpeners(_bidirectional, failure);
        FailOpeners(_unidirectional, failure);
        Inbound.Close(failure);
        EndDatagrams(failure);
    }

    public override void OnPeerAddressChanged()
    {
        if (Handle is not { } handle)
        {
            return;
        }

        handle.Learn(Driver.ReadFacts());
        if (_addressCallback is { } callback)
        {
            IPEndPoint address = Driver.Core.Path.Remote.ToIPEndPoint();
            _addressChanges ??= new CallbackQueue();
            _addressChanges.Add(() => callback(handle, address));
        }
    }

    public override void OnEverythingSent()
    {
        TaskCompletionSource? closing = _closing;
        _closing = null;
        closing?.TrySetResult();
    }

    /// <summary>The life is over: nobody has a way to it any more, and nobody waits for anything of it.</summary>
    public void Forget()
    {
        IsGone = false;
        CanAcceptStreams = false;
        _bidirectional.Forget();
        _unidirectional.Forget();
        _handle.SetTarget(null!);
        _listener = null;
        _connected = null;
        _undelivered = null;
        _work = null;
        _answerFailure = null;
        _capacity = null;
        _closing = null;
        _addressCallback = null;
        _addressChanges = null;
        _isConnected = false;
        CompletesInline = false;
        _holdsEmptyStreamsBack = false;
        Inbound.End();
        ForgetDatagrams();
    }

    private void StartClient(ConnectRequest request)
    {
        Begin(request.Handle);
        _connected = request;
        ClientAttempt attempt = request.Attempt;
        CanAcceptStreams = attempt.CanAcceptStreams;
        CompletesInline = attempt.CompletesInline;
        _holdsEmptyStreamsBack = attempt.HoldsEmptyStreamsBack;
        _capacity = attempt.CapacityCallback is { } callback ? new CapacityReports(callback, CompletesInline) : null;
        try
        {
            ObjectDisposedException.ThrowIf(Driver.Shard.HasEnded, typeof(QuicEngine));

            // Its cancellation may have come first.
            ObjectDisposedException.ThrowIf(IsGone, typeof(QuicConnection));
            Driver.StartClient(attempt, request.Remote);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The caller gets that very exception.
            request.TrySetException(exception);
            IsGone = true;
            Driver.OnStartFailed(Failure.Of(exception));
        }
    }

    private void Begin(QuicConnection handle)
    {
        _handle.SetTarget(handle);
        Inbound.Begin(Driver.Generation);
    }

    private OpenQueue QueueOf(StreamDirection direction) => direction == StreamDirection.Bidirectional ? _bidirectional : _unidirectional;

    private static void FailOpeners(OpenQueue queue, Failure failure)
    {
        while (queue.Waiting.TryPeek(out StreamRequest? request))
        {
            queue.Waiting.Remove(request);
            request.Fail(failure.ToException());
        }
    }

    private void OnConfigured(ServerAnswerWork answer)
    {
        _work = null;
        Failure? failure = answer.Failure;
        QuicServerConnectionOptions options = answer.Options!;
        QuicServerConfiguration configuration = answer.Configuration!;
        answer.Return();
        if (failure is not null)
        {
            _answerFailure = failure;
            Driver.CancelHandshake();
            return;
        }

        CanAcceptStreams = options.MaxInboundBidirectionalStreams + options.MaxInboundUnidirectionalStreams > 0;
        CompletesInline = options.Transport.CompletesInline;
        if (_undelivered is { } handle)
        {
            handle.CompletesInline = CompletesInline;
        }

        _holdsEmptyStreamsBack = options.HoldsEmptyStreamsBack;
        _addressCallback = options.RemoteEndPointChangedCallback;
        _capacity = options.StreamCapacityCallback is { } callback ? new CapacityReports(callback, CompletesInline) : null;
        Driver.ProvideConfiguration(configuration);
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

        if (_connected is { } connected)
        {
            connected.TrySetException(failure.ToException());
            _ = connected.Task.Exception;
            _connected = null;
        }
    }

    private void OnOpen(StreamRequest request)
    {
        if (Driver.Failure is { } failure)
        {
            request.Fail(failure.ToException());
        }
        else
        {
            OpenQueue queue = QueueOf(request.Direction);
            queue.Waiting.Add(request);
            OpenWaiting(queue, request.Direction);
        }
    }

    /// <summary>The message may be late, when the request is another's.</summary>
    private void OnCancelOpen(StreamRequest request)
    {
        if (request.List is { } list && (list == _bidirectional.Waiting || list == _unidirectional.Waiting) && request.Token.IsCancellationRequested)
        {
            list.Remove(request);
            request.Fail(new OperationCanceledException(request.Token));
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

    private void CloseDriver(long code, TaskCompletionSource? completion)
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

    /// <summary>The last words of the application, which would not be sent after the close.</summary>
    private void TransmitWritten()
    {
        if (Driver is { Failure: null, Core: not null })
        {
            Driver.Shard.TransmitBeforeClose(Driver);
        }
    }

    /// <summary>The first report comes when the connection is there: a server's options, and so the callback, may come after the client's limits.</summary>
    private void ReportCapacity(ulong bidirectional, ulong unidirectional)
    {
        if (bidirectional + unidirectional > 0 && _capacity is { } reports && Handle is { } handle)
        {
            reports.Add(handle, new QuicStreamCapacityChangedArgs
            {
                BidirectionalIncrement = (int)Math.Min(bidirectional, int.MaxValue),
                UnidirectionalIncrement = (int)Math.Min(unidirectional, int.MaxValue),
            });
        }
    }
}
