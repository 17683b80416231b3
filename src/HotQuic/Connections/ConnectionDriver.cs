using System.Threading.Channels;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Shards;
using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>
/// The shard's side of one connection: does what handles ask (messages), answers what the handshake asks, and tells the application what
/// happened (<see cref="DrainEvents"/>, once a turn in which the connection was touched). The handle outlives it or not: when the
/// protocol is done with the connection (drained) and the handle is gone, its memory goes back to the shard.
/// </summary>
/// <remarks>Everything belongs to the shard's thread but what says otherwise.</remarks>
internal sealed partial class ConnectionDriver : IShardTarget, ITimed
{
    private readonly Channel<StreamDriver> _inbound = Channel.CreateUnbounded<StreamDriver>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly List<StreamDriver> _streams = [];
    private readonly OpenQueue[] _opening = [new(), new()];
    private TaskCompletionSource? _closing;
    private PathAddress _local;
    private bool _wantsKeyUpdate;
    private bool _isHandleGone;
    private bool _isReleased;
    private volatile Failure? _failure;

    private ConnectionDriver(Shard shard, EndpointRole role)
    {
        Shard = shard;
        _handshake = role == EndpointRole.Server ? new ServerSide() : null;
    }

    /// <summary>From any thread.</summary>
    public Shard Shard { get; }

    public Connection Core { get; private set; } = null!;

    public ShardSocket Socket { get; private set; } = null!;

    public int TimerIndex { get; set; } = -1;

    /// <summary>It waits to have its events drained.</summary>
    public bool IsTouched { get; set; }

    /// <summary>It waits for its turn to send.</summary>
    public bool IsLinedUp { get; set; }

    public bool IsDrained { get; private set; }

    /// <summary>Why the connection is over; null while it is not. From any thread.</summary>
    public Failure? Failure => _failure;

    /// <summary>Streams that the peer opened and nobody has accepted yet. From any thread.</summary>
    public ChannelReader<StreamDriver> Inbound => _inbound.Reader;

    /// <summary>What the application set, for streams that it aborts without a code.</summary>
    public long DefaultStreamErrorCode { get; private set; }

    /// <summary>Whether the options let the peer open streams at all. From any thread, once connected.</summary>
    public bool CanAcceptStreams { get; private set; }

    public static ConnectionDriver ForServer(Shard shard, ShardSocket socket, Connection core)
    {
        var driver = new ConnectionDriver(shard, EndpointRole.Server);
        driver.Attach(core, socket);
        return driver;
    }

    /// <summary>A client's, not yet started. From any thread.</summary>
    public static ConnectionDriver ForClient(Shard shard) => new(shard, EndpointRole.Client);

    public void Touch() => Shard.Touch(this);

    public void OnMessage(in ShardMessage message)
    {
        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.Open:
                OnOpen((OpenRequest)message.Argument!);
                break;
            case ConnectionMessageKind.CancelOpen:
                // The request stays in its queue, and is passed over when its turn comes.
                ((OpenRequest)message.Argument!).Completion.TrySetCanceled();
                break;
            case ConnectionMessageKind.Close:
                OnClose(message.Value, (TaskCompletionSource?)message.Argument);
                break;
            case ConnectionMessageKind.Dispose:
                _isHandleGone = true;
                OnClose(_closeErrorCode, (TaskCompletionSource?)message.Argument);
                break;
            case ConnectionMessageKind.CancelHandshake:
                CancelHandshake();
                break;
            case ConnectionMessageKind.Statistics:
                ((TaskCompletionSource<QuicConnectionStatistics>)message.Argument!).TrySetResult(ReadStatistics());
                break;
            case ConnectionMessageKind.UpdateKeys:
                _wantsKeyUpdate = true;
                break;
            default:
                OnHandshakeMessage(message);
                break;
        }

        Touch();
    }

    /// <summary>A fault of ours: the connection ends with INTERNAL_ERROR, and everybody who waits learns of it.</summary>
    public void OnFault(Exception exception)
    {
        _cause ??= exception;
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

    /// <summary>Whether a packet that was quoted is one of ours: it begins with the connection ID that nobody else knows.</summary>
    public bool HasSent(ReadOnlySpan<byte> quoted)
    {
        const int idStart = 6;
        ConnectionId first = Core.Attempt.OriginalDestinationId;
        return quoted.Length >= idStart + first.Length && quoted[idStart - 1] == first.Length && first.Matches(quoted.Slice(idStart, first.Length));
    }

    /// <summary>Everything that was to be sent was, the close included.</summary>
    public void OnNothingToSend()
    {
        if (_failure is not null && _closing is { } closing)
        {
            _closing = null;
            closing.TrySetResult();
        }
    }

    /// <summary>Tells the application what happened.</summary>
    public void DrainEvents()
    {
        if (_isReleased)
        {
            return;
        }

        try
        {
            DrainAll();
        }
        catch (Exception exception)
        {
            OnFault(exception);
        }
    }

    /// <summary>The shard is gone: nobody shall wait for ever.</summary>
    public void OnShardStopped() => OnClosed(Failure.ConnectionDisposed);

    private void Attach(Connection core, ShardSocket socket)
    {
        Core = core;
        Socket = socket;
        core.UserState = this;
        _local = core.Path.Local;
    }

    private void DrainAll()
    {
        bool isClosed = false;
        while (Core.TryTakeEvent(out ConnectionEventKind kind))
        {
            isClosed |= kind is ConnectionEventKind.Closed;
            IsDrained |= kind is ConnectionEventKind.Drained;
            OnEvent(kind);
        }

        while (Core.Streams.TryTakeEvent(out StreamEvent item))
        {
            OnStreamEvent(item);
        }

        if (_wantsKeyUpdate && Core.TryUpdateKeys(Shard.Now))
        {
            _wantsKeyUpdate = false;
        }

        // Last, so that data which came before the end is read before it.
        if (isClosed)
        {
            OnClosed(Failure.Of(Core.Termination!).With(_cause));
        }

        if (IsDrained)
        {
            OnNothingToSend();
            Shard.RemoveConnection(this);
            ReleaseIfUnused();
        }
    }

    private void OnEvent(ConnectionEventKind kind)
    {
        switch (kind)
        {
            case ConnectionEventKind.NeedConfiguration:
                AskForConfiguration();
                break;
            case ConnectionEventKind.NeedSignature:
                AskForSignature();
                break;
            case ConnectionEventKind.NeedCertificateVerdict:
                AskForVerdict();
                break;
            case ConnectionEventKind.HandshakeCompleted:
                OnHandshakeCompleted();
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
                _inbound.Writer.TryWrite(Adopt(item.Stream!, isOurs: false));
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
                OnStreamsAvailable(item.Direction, item.Value);
                break;
        }
    }

    private StreamDriver Adopt(QuicStreamState state, bool isOurs)
    {
        StreamDriver stream = Shard.Streams.Rent();
        stream.Begin(this, state, isOurs);
        stream.Index = _streams.Count;
        _streams.Add(stream);
        return stream;
    }

    private void OnStreamClosed(StreamDriver? stream)
    {
        if (stream is null)
        {
            return;
        }

        int last = _streams.Count - 1;
        _streams[stream.Index] = _streams[last];
        _streams[stream.Index].Index = stream.Index;
        _streams.RemoveAt(last);
        stream.OnClosed();
    }

    private void OnOpen(OpenRequest request)
    {
        if (_failure is { } failure)
        {
            request.Completion.TrySetException(failure.ToException());
            return;
        }

        OpenQueue queue = _opening[(int)request.Direction];
        queue.Waiting.Enqueue(request);
        OpenWaiting(queue, request.Direction);
    }

    private void OnStreamsAvailable(StreamDirection direction, ulong available)
    {
        OpenQueue queue = _opening[(int)direction];
        ulong limit = queue.Opened + available;
        ReportCapacity(direction, (int)Math.Min(limit - queue.Limit, int.MaxValue));
        queue.Limit = limit;
        OpenWaiting(queue, direction);
    }

    private void OpenWaiting(OpenQueue queue, StreamDirection direction)
    {
        while (queue.Waiting.TryPeek(out OpenRequest? request))
        {
            if (request.Completion.Task.IsCompleted)
            {
                // Cancelled while it waited: it costs no stream.
                queue.Waiting.Dequeue();
                continue;
            }

            if (!Core.Streams.TryOpen(direction, out StreamId id) || !Core.Streams.TryGet(id, out QuicStreamState? state))
            {
                return;
            }

            queue.Waiting.Dequeue();
            queue.Opened++;
            StreamDriver stream = Adopt(state, isOurs: true);
            if (!request.Completion.TrySetResult(stream))
            {
                stream.GiveUp();
            }
        }
    }

    private void OnClose(long code, TaskCompletionSource? completion)
    {
        if (completion is not null)
        {
            if (IsDrained || (_failure is not null && _closing is null))
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

        Core.Close((ulong)Math.Max(code, 0), "", Shard.Now);
        ReleaseIfUnused();
    }

    private void OnClosed(Failure failure)
    {
        if (_failure is not null)
        {
            return;
        }

        _failure = failure;
        OnHandshakeFailed(failure);
        foreach (OpenQueue queue in _opening)
        {
            while (queue.Waiting.TryDequeue(out OpenRequest? request))
            {
                request.Completion.TrySetException(failure.ToException());
            }
        }

        _inbound.Writer.TryComplete();
        foreach (StreamDriver stream in _streams)
        {
            stream.OnConnectionClosed(failure);
        }
    }

    private void ReleaseIfUnused()
    {
        if (!IsDrained || !_isHandleGone || _isReleased)
        {
            return;
        }

        _isReleased = true;
        Core.Streams.Release();
        Failure failure = _failure ?? Failure.ConnectionDisposed;
        foreach (StreamDriver stream in _streams)
        {
            stream.OnReleased(failure);
        }

        _streams.Clear();
    }

    private QuicConnectionStatistics ReadStatistics()
    {
        ref readonly ConnectionStatistics counters = ref Core.Statistics;
        return new QuicConnectionStatistics
        {
            SmoothedRtt = Core.Recovery.Rtt.Smoothed,
            LatestRtt = Core.Recovery.Rtt.Latest,
            MinRtt = Core.Recovery.Rtt.Min,
            RttVariance = Core.Recovery.Rtt.Variation,
            CongestionWindow = Core.Recovery.Congestion.CongestionWindow,
            BytesInFlight = Core.Recovery.BytesInFlight,
            PacketsSent = counters.PacketsSent,
            PacketsReceived = counters.PacketsReceived,
            PacketsLost = Core.Recovery.Statistics.PacketsLost,
            PacketsDropped = counters.PacketsDropped,
            BytesSent = counters.BytesSent,
            BytesReceived = counters.BytesReceived,
            DatagramsSent = counters.DatagramsSent,
            DatagramsReceived = counters.DatagramsReceived,
            LargestUdpPayloadSent = counters.LargestDatagramSent,
            UsedRetry = Core.Attempt.RetrySourceId is not null,
            KeyExchangeGroup = Core.Handshake.Tls.NegotiatedGroup is { } group ? (QuicKeyExchangeGroup)(ushort)group : null,
            Version = (uint)Core.Version,
            KeyUpdatesInitiated = counters.KeyUpdatesInitiated,
            KeyUpdatesReceived = counters.KeyUpdatesByPeer,
        };
    }

    /// <summary>Streams of one direction that we open: who waits, how many were opened, and how many may be in all.</summary>
    private sealed class OpenQueue
    {
        public Queue<OpenRequest> Waiting { get; } = new();

        public ulong Opened { get; set; }

        public ulong Limit { get; set; }
    }
}
