using System.Net;
using HotQuic.Ports;

namespace HotQuic;

/// <summary>
/// Listens for QUIC connections on any number of addresses, ports and protocols at once, and tells a <see cref="QuicServerHandler"/>: what
/// MsQuic calls a listener. <see cref="Start"/>, <see cref="Stop"/>, as often as wanted, then <see cref="DisposeAsync"/>. All members may be
/// called from any thread, in every callback too.
/// </summary>
/// <remarks>
/// Accepted connections live on when their server stops. Those whose acceptance is still open are decided by their handles, or by the time
/// limit of the handshake.
/// <code>
///            Start                  registered             Stop                  callbacks over, ports free
///   Idle ───────────────► Starting ────────────► Started ───────► Stopping ────────────────────────────────► Idle, then OnStopped
///    ▲                      │   │                                    ▲
///    └──────────────────────┘   └────────────────────────────────────┘
///        it failed, and threw      Stop came meanwhile, in a callback
///
///   DisposeAsync: stops, waits for Idle, and lets nothing start again.
/// </code>
/// </remarks>
public sealed class QuicServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly QuicEngine _engine;
    private readonly QuicServerHandler _handler;
    private readonly ListenerSettings _settings;
    private readonly ListenerRecord _record = new(new ListenerCounters(ListenerMetrics.Counters));
    private readonly CallbackQueue _queue = new();
    private State _state;
    private ServerEntry? _entry;
    private PortBinding[] _bindings = [];
    private TaskCompletionSource? _stopped;
    private bool _isStopWanted;
    private bool _isDisposed;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="handler">Who is told and asked.</param>
    /// <param name="options">How it works; null for every default.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public QuicServer(QuicServerHandler handler, QuicServerOptions? options = null)
        : this(QuicEngine.Default, handler, options)
    {
    }

    internal QuicServer(QuicEngine engine, QuicServerHandler handler, QuicServerOptions? options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        options ??= new QuicServerOptions();
        ServerChecks.Check(options, nameof(options));
        _engine = engine;
        _handler = handler;
        _settings = ServerChecks.ToSettings(options);
    }

    private enum State
    {
        Idle,
        Starting,
        Started,
        Stopping,
    }

    /// <summary>Whether it listens.</summary>
    public bool IsStarted
    {
        get
        {
            lock (_gate)
            {
                return _state == State.Started;
            }
        }
    }

    /// <summary>
    /// Where it listens, in the order of the bindings: with the real ports, and with families and addresses as they were asked for, which is
    /// <see cref="IPAddress.IPv6Any"/> where none was. Empty while it does not listen.
    /// </summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints
    {
        get
        {
            lock (_gate)
            {
                return _state == State.Started ? [.. _bindings.Select(binding => binding.LocalEndPoint)] : [];
            }
        }
    }

    /// <summary>Starts to listen for all of the bindings, or for none. Callbacks may begin before this returns.</summary>
    /// <param name="bindings">What to listen for; at least one. Port 0 gives each binding a port of its own.</param>
    /// <exception cref="ArgumentException">There is no binding, or one that makes no sense; the message names it.</exception>
    /// <exception cref="InvalidOperationException">It is started, or still stopping.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    /// <exception cref="QuicException">
    /// A listener of the process takes one of the protocols on the same address and port (<see cref="QuicError.AlpnInUse"/>).
    /// </exception>
    /// <exception cref="System.Net.Sockets.SocketException">A port or an address cannot be had.</exception>
    /// <exception cref="PlatformNotSupportedException">The system cannot tell one address from others, or lacks the sockets asked for.</exception>
    public void Start(params ReadOnlySpan<QuicServerBinding> bindings)
    {
        ServerChecks.Check(bindings, nameof(bindings));
        var entry = new ServerEntry(_handler, _queue, _settings, _record.Counters, _engine.Handshakes);
        PortBinding[] wanted = new PortBinding[bindings.Length];
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = new PortBinding(entry, bindings[i].Address, bindings[i].Port, new ProtocolNames(bindings[i].ApplicationProtocols));
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_state != State.Idle)
            {
                throw new InvalidOperationException("The server is started: expected to be called before a start, or after a stop has completed.");
            }

            _state = State.Starting;
            _isStopWanted = false;
            _entry = entry;
            _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            _engine.Ports.Add(wanted);
        }
        catch
        {
            OnStartFailed();
            throw;
        }

        OnStarted(wanted);
    }

    /// <summary>
    /// Stops listening, at once, and does not wait: <see cref="QuicServerHandler.OnStopped"/> tells when everything is over. Does nothing
    /// where it is not started.
    /// </summary>
    public void Stop() => _ = StopAsync();

    /// <summary>Stops listening, at once. Does nothing where it is not started.</summary>
    /// <returns>
    /// Ends after <see cref="QuicServerHandler.OnStopped"/>, the last callback; by then ports that nobody else uses are free. No callback may
    /// block until then.
    /// </returns>
    public Task StopAsync()
    {
        Task stopped;
        lock (_gate)
        {
            if (_stopped is null || (_state == State.Idle && _queue.IsCurrent))
            {
                // OnStopped cannot wait for its own end.
                return Task.CompletedTask;
            }

            stopped = _stopped.Task;
            if (_state is State.Idle or State.Stopping || _isStopWanted)
            {
                return stopped;
            }

            // No callback begins from here on; one that runs may be the caller.
            _isStopWanted = true;
            _entry!.Stop();
            if (_state == State.Starting)
            {
                // Whoever starts it removes what it registers.
                return stopped;
            }

            _state = State.Stopping;
        }

        Unregister();
        return stopped;
    }

    /// <summary>Stops, if it is started, and waits for that. Legal in <see cref="QuicServerHandler.OnStopped"/> too.</summary>
    /// <returns>Ends as <see cref="StopAsync"/> does.</returns>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        return new ValueTask(StopAsync());
    }

    /// <summary>What the server has seen so far, over all its starts. Takes no lock.</summary>
    /// <returns>The numbers of this moment.</returns>
    public QuicListenerStatistics GetStatistics() => _record.Read(Volatile.Read(ref _entry) is { IsStopped: false, IsRetryOn: true });

    /// <inheritdoc/>
    public override string ToString() => $"Server on {string.Join(", ", LocalEndPoints)}";

    private void OnStarted(PortBinding[] bindings)
    {
        lock (_gate)
        {
            _bindings = bindings;
            _record.OnStarted(bindings);
            if (!_isStopWanted)
            {
                _state = State.Started;
                return;
            }

            _state = State.Stopping;
        }

        Unregister();
    }

    private void OnStartFailed()
    {
        TaskCompletionSource? stopped;
        lock (_gate)
        {
            _state = State.Idle;
            stopped = _stopped;
        }

        // Somebody may have wanted to stop it meanwhile.
        stopped!.SetResult();
    }

    private void Unregister()
    {
        PortBinding[] bindings = _bindings;
        Task.WhenAll(_engine.Ports.Remove(bindings), _entry!.Quiet).ContinueWith(
            static (_, server) => ((QuicServer)server!)._queue.Add(((QuicServer)server).OnStopped), this, TaskScheduler.Default);
    }

    /// <summary>On the queue, behind every other event.</summary>
    private void OnStopped()
    {
        TaskCompletionSource stopped;
        lock (_gate)
        {
            _record.OnStopped();
            _bindings = [];
            _state = State.Idle;
            stopped = _stopped!;
        }

        try
        {
            // It may start the server again, or dispose of it.
            _handler.OnStopped(this);
        }
        finally
        {
            stopped.SetResult();
        }
    }
}
