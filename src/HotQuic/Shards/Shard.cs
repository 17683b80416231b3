using HotQuic.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Time;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Diagnostics;
using HotQuic.Handlers;
using HotQuic.Streams;
using HotQuic.Udp;
using HotQuic.Udp.Waiting;

namespace HotQuic.Shards;

/// <summary>
/// One thread with everything it drives: sockets, an endpoint with its connections, their timers. Other threads <see cref="Post"/>;
/// everything else happens on the shard's own thread, run to completion, round and round:
/// <code>
///   sockets ─► endpoint ─► connections touched; what is another shard's goes to its mailbox
///   mailbox ─► targets  ─► connections touched
///   timers  ─► connections touched
///   touched connections: events ─► deadline ─► those that want to send, one train each, round robin, a bounded burst
///   sleep until a socket, a deadline or a post
/// </code>
/// No connection ever changes its shard, so nothing here takes a lock.
/// </summary>
internal sealed partial class Shard : IShardTarget, IDisposable
{
    /// <summary>The most that one train holds: UDP's own limit.</summary>
    public const int SendBufferSize = 65507;

    /// <summary>Messages taken before sockets are looked at again.</summary>
    private const int MessagesPerTurn = 1024;

    /// <summary>How often in one turn what was told may cause more to do before anything is sent.</summary>
    private const int RoundsPerTurn = 4;

    /// <summary>The shard whose thread this is.</summary>
    [ThreadStatic]
    private static Shard? _current;

    private readonly Mailbox _mailbox = new();
    private readonly ShardWaiter _waiter;
    private readonly Thread _thread;
    private readonly Endpoint _endpoint;
    private readonly Admission _admission;
    private readonly TimerHeap<ConnectionDriver> _timers = new();
    private readonly List<ShardSocket> _sockets = [];
    private readonly Dictionary<UdpIo, ShardSocket> _clientSockets = [];
    private readonly HashSet<ConnectionDriver> _connections = [];
    private readonly List<ConnectionDriver> _touched = [];
    private readonly Queue<ConnectionDriver> _senders = new();
    private readonly Queue<(Shard Target, ShardMessage Message)> _unposted = new();
    private readonly ReceiveBatch _batch = new();
    private readonly byte[] _sendBuffer = GC.AllocateUninitializedArray<byte>(SendBufferSize, pinned: true);
    private readonly byte[] _response = GC.AllocateUninitializedArray<byte>(2048, pinned: true);
    private readonly Spinning _spinning;
    private readonly bool _pins;
    private TimeSpan _loopLag;
    private bool _isBusy;
    private volatile bool _isStopped;

    public Shard(QuicEngineOptions options, QlogDirectory? qlog, int number, int count)
    {
        Number = number;
        _spinning = Spinning.For(options.Spin);
        _pins = options.PinShards;
        _waiter = ShardWaiter.Create(options.Io, options.SignalAfter);
        _admission = new Admission(this);
        Drivers = new ConnectionDriverPool(this);
        var random = new SystemRandom();
        _endpoint = new Endpoint(
            new EndpointOptions
            {
                Route = new ShardRoute(number, count),
                TokenSecret = options.TokenSecret,
                ResetSecret = options.ResetSecret,
                Tokens = new TokenOptions { WallClockAtZero = ShardClock.WallClockAtZero, RetryPeriod = options.RetryTokenPeriod },
                SinkFactory = qlog is null ? null : qlog.CreateSink,
            },
            random,
            new SystemKeyShareFactory(random),
            _admission);
        _thread = new Thread(Run) { IsBackground = true, Name = $"HotQuic shard {number}" };
        _thread.Start();
    }

    private enum MessageKind
    {
        Run,
        Stop,
    }

    public int Number { get; }

    /// <summary>Connections, for reuse. From any thread.</summary>
    public ConnectionDriverPool Drivers { get; }

    /// <summary>What connections have in common.</summary>
    public AgreementTable Agreements { get; } = new();

    /// <summary>Whether the system keeps the thread on one processor.</summary>
    public bool IsPinned { get; private set; }

    /// <summary>Streams of awaiting applications, for reuse.</summary>
    public StreamDriverPool<AwaitedStream> AwaitedStreams { get; } = new();

    /// <summary>Streams of event handlers, for reuse.</summary>
    public StreamDriverPool<HandledStream> HandledStreams { get; } = new();

    /// <summary>Where writers get chunks from. Any thread.</summary>
    public ChunkExchange Chunks { get; } = new();

    public Endpoint Endpoint => _endpoint;

    /// <summary>The time of the batch that is being handled.</summary>
    public Instant Now { get; private set; }

    /// <summary>Connections of this shard, drained ones excluded.</summary>
    public IReadOnlyCollection<ConnectionDriver> Connections => _connections;

    /// <summary>Connections of this shard, drained ones excluded.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Deadlines that are set.</summary>
    public int TimerCount => _timers.Count;

    /// <summary>Sockets that are looked at.</summary>
    public int SocketCount => _sockets.Count;

    /// <summary>Whether the caller runs on this shard's thread.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>
    /// Leaves a message, from any thread, and wakes the shard if it sleeps. Messages of one poster arrive in order. Where the mailbox is
    /// full a thread waits, but a shard never does, since it may itself be waited for: it keeps what it could not post, and tries again
    /// each turn.
    /// </summary>
    public void Post(in ShardMessage message)
    {
        if (_current is { } poster)
        {
            poster.PostAsShard(this, message);
            return;
        }

        var wait = default(SpinWait);
        while (!_mailbox.TryPost(message))
        {
            WakeOrTakeLate();
            wait.SpinOnce();
        }

        WakeOrTakeLate();
    }

    /// <summary>
    /// As <see cref="Post"/>, for what can wait until the shard wakes for something else: it does not wake for this, which spares a system call
    /// and a change of threads. A barrier stands behind the post, for who then finds that it could not wait, and calls <see cref="Wake"/>.
    /// </summary>
    public void PostWithoutWaking(in ShardMessage message)
    {
        if (_current is not null || !_mailbox.TryClaim(out long position))
        {
            Post(message);
            return;
        }

        _mailbox.Publish(position, message);
        Interlocked.MemoryBarrier();
        if (_mailbox.IsLast(position))
        {
            TakeLateIfEnded();
        }
        else
        {
            // Whoever posted behind this one may have woken the shard before it could get there.
            WakeOrTakeLate();
        }
    }

    /// <summary>
    /// As <see cref="Post"/>, for a thread that holds something the shard may wait for: where the mailbox is full, a thread of the pool
    /// waits in its place, and the message may be overtaken.
    /// </summary>
    public void PostWithoutWaiting(in ShardMessage message)
    {
        if (_current is not null)
        {
            Post(message);
        }
        else if (_mailbox.TryPost(message))
        {
            WakeOrTakeLate();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static late => late.Shard.Post(late.Message), (Shard: this, Message: message), preferLocal: false);
        }
    }

    /// <summary>Runs something on the shard; the task ends, or fails, with it. It fails where the shard has stopped.</summary>
    public Task RunAsync(Action<Shard> action)
    {
        var work = new ShardWork(action);
        Post(new ShardMessage(this, (int)MessageKind.Run, work));
        return work.Completion.Task;
    }

    void IShardTarget.OnMessage(in ShardMessage message)
    {
        if ((MessageKind)message.Kind == MessageKind.Run)
        {
            ((ShardWork)message.Argument!).Run(this);
        }
        else
        {
            _isStopped = true;
        }
    }

    void IShardTarget.OnFault(Exception exception)
    {
    }

    /// <summary>
    /// Stops the thread and closes the sockets; connections end without a word to their peers, and whoever waits for something of them, or
    /// asks for it later, learns that they are over.
    /// </summary>
    public void Dispose()
    {
        if (!_isStopped)
        {
            Post(new ShardMessage(this, (int)MessageKind.Stop));
            if (!IsCurrent)
            {
                _thread.Join();
            }
        }
    }

    /// <summary>Something happened to the connection: its events are drained and its packets sent before the shard sleeps.</summary>
    public void Touch(ConnectionDriver driver)
    {
        if (!driver.IsTouched)
        {
            driver.IsTouched = true;
            _touched.Add(driver);
        }
    }

    /// <summary>Takes a socket into the loop.</summary>
    public void AddSocket(ShardSocket socket)
    {
        socket.IsInUse = true;
        _sockets.Add(socket);
        _waiter.Add(socket.Udp);
    }

    /// <summary>Takes a socket out of the loop.</summary>
    public void LetGo(ShardSocket socket)
    {
        socket.IsInUse = false;
        _sockets.Remove(socket);
        _waiter.Remove(socket.Udp);
    }

    /// <summary>Lets a socket go, and closes it: it will not be writable again for those that wait for that.</summary>
    public void RemoveSocket(ShardSocket socket)
    {
        while (socket.TryTakeParked(out ConnectionDriver driver))
        {
            driver.IsLinedUp = false;
            driver.OnOutOfLine();
        }

        LetGo(socket);
        socket.Udp.Dispose();
    }

    /// <summary>The socket that clients share.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">None can be had.</exception>
    public ShardSocket ClientSocket(UdpIo io)
    {
        if (!_clientSockets.TryGetValue(io, out ShardSocket? socket))
        {
            socket = new ShardSocket(UdpSocket.Bind(new UdpSocketOptions { Io = io, ReportErrors = true }), port: null);
            _clientSockets.Add(io, socket);
            AddSocket(socket);
        }

        return socket;
    }

    public void AddConnection(ConnectionDriver driver)
    {
        driver.Socket.Users++;
        _connections.Add(driver);
    }

    /// <summary>The connection is drained: nothing will come or go for it any more.</summary>
    public void RemoveConnection(ConnectionDriver driver)
    {
        if (!_connections.Remove(driver))
        {
            return;
        }

        _timers.Remove(driver);
        ShardSocket socket = driver.Socket;
        if (--socket.Users == 0 && socket.IsOwned)
        {
            RemoveSocket(socket);
        }

        socket.Port?.OnConnectionGone();
    }

    private void Run()
    {
        _current = this;
        IsPinned = _pins && ThreadAffinity.TryPin(Number);
        while (!_isStopped)
        {
            Instant last = Now;
            Now = ShardClock.Now;
            _loopLag = _isBusy ? Now - last : TimeSpan.Zero;
            bool isBusy = ReceiveAll();
            isBusy |= TakeMessages();
            isBusy |= RunTimers();
            FinishTouched();
            for (int round = 1; round < RoundsPerTurn && !_mailbox.IsEmpty; round++)
            {
                // What applications asked for on this thread, when they were told.
                isBusy |= TakeMessages();
                FinishTouched();
            }

            isBusy |= TransmitAll();
            _isBusy = isBusy;
            Rest(isBusy);
        }

        End();
    }

    private void PostAsShard(Shard target, in ShardMessage message)
    {
        if (_unposted.Count > 0 || !target._mailbox.TryPost(message))
        {
            _unposted.Enqueue((target, message));
        }
        else if (target != this)
        {
            target.WakeOrTakeLate();
        }
    }

    /// <summary>Posts what found a full mailbox before, as far as there is room, in order.</summary>
    private void PostAgain()
    {
        while (_unposted.TryPeek(out (Shard Target, ShardMessage Message) first) && first.Target._mailbox.TryPost(first.Message))
        {
            _unposted.Dequeue();
            first.Target.WakeOrTakeLate();
        }
    }

    private bool TakeMessages()
    {
        PostAgain();
        int count = 0;
        while (count < MessagesPerTurn && _mailbox.TryTake(out ShardMessage message))
        {
            count++;
            Take(message);
        }

        return count > 0;
    }

    private static void Take(in ShardMessage message)
    {
        try
        {
            message.Target.OnMessage(message);
        }
        catch (Exception exception)
        {
            // A fault of ours ends what it was about, never the shard.
            message.Target.OnFault(exception);
        }
    }

    private bool RunTimers()
    {
        bool any = false;
        while (_timers.TryTakeDue(Now, out ConnectionDriver driver))
        {
            any = true;
            driver.OnTimeout();
            Touch(driver);
        }

        return any;
    }

    /// <summary>Tells the application what happened, once a turn for each connection, and lines up those that may have something to send.</summary>
    private void FinishTouched()
    {
        // Those that are touched meanwhile have their turn after what comes next.
        int count = _touched.Count;
        for (int i = 0; i < count; i++)
        {
            ConnectionDriver driver = _touched[i];
            driver.IsTouched = false;
            driver.DrainEvents();
            if (driver.IsDrained)
            {
                driver.OnOutOfLine();
            }
            else
            {
                LineUp(driver);
            }
        }

        _touched.RemoveRange(0, count);
    }

    private void LineUp(ConnectionDriver driver)
    {
        if (!driver.IsLinedUp)
        {
            driver.IsLinedUp = true;
            _senders.Enqueue(driver);
        }
        else if (driver.Socket.IsBlocked)
        {
            // Parked: its turn may be far away, and what happened to it may have moved its end, as a close does.
            SettleWithoutRoom(driver);
        }
    }

    /// <summary>Sleeps until something happens; where the last turn had work, only looks, and so spins for a while where that is wanted.</summary>
    private void Rest(bool isBusy)
    {
        if (isBusy || _senders.Count > 0 || _touched.Count > 0 || _unposted.Count > 0 || !_mailbox.IsEmpty)
        {
            _spinning.OnWork(Now);
            Look();
            return;
        }

        // Nothing is left to do: whatever held it up is over, and must not turn away whoever comes next.
        _lag = TimeSpan.Zero;
        Instant now = ShardClock.Now;
        if (_spinning.GoesOn(now))
        {
            // Whoever is to bring the work may wait for this processor.
            Thread.Yield();
            Look();
            return;
        }

        Instant next = _timers.Next;
        _waiter.Wait(next.IsNever ? TimeSpan.MaxValue : next - now);
    }

    private void Look()
    {
        if (!_waiter.TryAssumeReadable())
        {
            _waiter.Wait(TimeSpan.Zero);
        }
    }

    /// <summary>Something to run on the shard, and who waits for it.</summary>
    private sealed class ShardWork(Action<Shard> action)
    {
        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run(Shard shard)
        {
            try
            {
                ObjectDisposedException.ThrowIf(shard._hasEnded, typeof(QuicEngine));
                action(shard);
                Completion.SetResult();
            }
            catch (Exception exception)
            {
                Completion.SetException(exception);
            }
        }
    }
}
