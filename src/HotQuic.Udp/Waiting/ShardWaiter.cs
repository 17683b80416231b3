using HotQuic.Udp.Linux;
using HotQuic.Udp.Portable;

namespace HotQuic.Udp.Waiting;

/// <summary>
/// Where a thread sleeps until one of its sockets is ready, another thread calls <see cref="Wake"/>, or a time is up.
/// One thread adds sockets and waits; <see cref="Wake"/> and <see cref="Dispose()"/> may come from any.
/// </summary>
/// <remarks>
/// Whoever leaves work for the thread stores it first and then calls <see cref="Wake"/>; the thread looks for work after each
/// wait. No wake is lost, many are taken together, and one that finds the thread awake makes no system call.
/// </remarks>
internal abstract class ShardWaiter : IDisposable
{
    /// <summary>How often in a row a socket may be taken for readable unasked: errors show only where it is asked.</summary>
    private const int MostAssumptions = 7;

    /// <summary>A socket that carries anything does so more often.</summary>
    private protected static readonly TimeSpan DefaultOwnSleep = TimeSpan.FromSeconds(10);

    private readonly List<UdpSocket> _sockets = [];
    private int _assumptions;
    private volatile State _state;
    private volatile bool _closed;

    private protected ShardWaiter()
    {
    }

    /// <summary>The sockets waited for.</summary>
    private protected List<UdpSocket> Sockets => _sockets;

    /// <summary>
    /// The waiter for sockets of that kind. Any but that of <see cref="UdpIo.Datagrams"/> takes every kind; that one takes its own.
    /// </summary>
    /// <param name="io">The kind.</param>
    /// <param name="ownSleep">How long a thread sleeps before sockets of <see cref="UdpIo.Sockets"/> are watched for it; 10 s where nothing is said.</param>
    public static ShardWaiter Create(UdpIo io = UdpIo.Auto, TimeSpan? ownSleep = null)
    {
        if (io != UdpIo.Datagrams && LinuxUdpSocket.IsSupported)
        {
            return new LinuxShardWaiter { OwnSleep = ownSleep ?? DefaultOwnSleep };
        }

        if (io == UdpIo.Offload)
        {
            throw new PlatformNotSupportedException("UDP offload needs Linux on a 64-bit x86 or Arm processor.");
        }

        return new PortableShardWaiter();
    }

    /// <summary>Waits for this socket too. It leaves by <see cref="Remove"/>, or by itself once it is disposed.</summary>
    public void Add(UdpSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.Waiter is not null)
        {
            throw new InvalidOperationException("The socket is with a waiter already.");
        }

        CheckTakes(socket);
        _sockets.Add(socket);
        socket.Waiter = this;
        Wake(); // What arrived before had nobody to tell.
    }

    public void Remove(UdpSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (_sockets.Remove(socket))
        {
            socket.Waiter = null;
        }
    }

    /// <summary>
    /// Sleeps until something happens, at most this long. Zero or less: only looks. <see cref="TimeSpan.MaxValue"/>: as long as it takes.
    /// May end early without a reason.
    /// </summary>
    public WaitOutcome Wait(TimeSpan timeout)
    {
        if (RemoveDisposed())
        {
            // Whoever disposed of it may find no waiter left to wake, and the thread has to see that it is gone.
            timeout = TimeSpan.Zero;
        }

        if (_closed)
        {
            return WaitOutcome.Closed;
        }

        bool sleep = timeout > TimeSpan.Zero && Interlocked.CompareExchange(ref _state, State.Sleeping, State.Awake) == State.Awake;
        WaitOutcome outcome = Look(sleep ? timeout : TimeSpan.Zero) ? WaitOutcome.Ready : WaitOutcome.None;
        if (Interlocked.Exchange(ref _state, State.Awake) == State.Signalled)
        {
            outcome |= WaitOutcome.Woken;
        }

        return _closed ? outcome | WaitOutcome.Closed : outcome;
    }

    /// <summary>
    /// In place of a <see cref="Wait"/> that only looks, where something was to do and more is likely: takes the one socket for readable, as to
    /// receive nothing costs less than to ask before. False where the sockets are to be asked.
    /// </summary>
    public bool TryAssumeReadable()
    {
        if (_closed || _assumptions == MostAssumptions || _sockets is not [UdpSocket socket] || !CanAssumeReadable(socket))
        {
            _assumptions = 0;
            return false;
        }

        _assumptions++;
        socket.Readiness = UdpReadiness.Readable;
        return true;
    }

    /// <summary>Ends the wait under way, or the next one. Stores made before are seen by the thread after it.</summary>
    public void Wake()
    {
        // The work must be visible before the state is read, or a thread about to sleep would be taken for one already told.
        Interlocked.MemoryBarrier();
        if (_state != State.Signalled && Interlocked.Exchange(ref _state, State.Signalled) == State.Sleeping)
        {
            Interrupt();
        }
    }

    /// <summary>Ends the wait under way with <see cref="WaitOutcome.Closed"/>, as every later one. The sockets stay open.</summary>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            Wake();
            Close();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Throws where this waiter cannot wait for such a socket.</summary>
    private protected abstract void CheckTakes(UdpSocket socket);

    /// <summary>Whether a receive that finds nothing does no harm, and nothing but that is of interest.</summary>
    private protected virtual bool CanAssumeReadable(UdpSocket socket) => false;

    /// <summary>Sleeps that long, or until a socket is ready or <see cref="Interrupt"/>; notes each socket's readiness; true where one is ready.</summary>
    private protected abstract bool Look(TimeSpan timeout);

    /// <summary>Ends the <see cref="Look"/> under way, or the next one, from any thread.</summary>
    private protected abstract void Interrupt();

    private protected abstract void Close();

    private bool RemoveDisposed()
    {
        bool any = false;
        for (int i = _sockets.Count - 1; i >= 0; i--)
        {
            if (_sockets[i].IsDisposed)
            {
                _sockets[i].Waiter = null;
                _sockets.RemoveAt(i);
                any = true;
            }
        }

        return any;
    }

    /// <remarks>
    /// <code>
    ///           Wait                Wake: interrupts
    ///  Awake ──────────► Sleeping ────────────────────► Signalled
    ///   ▲ │                 │                            │     ▲
    ///   │ │                 │ ready, or time up          │     │
    ///   ├─┼─────────────────┘                            │     │
    ///   ├─┼──────────────────────────────────────────────┘     │
    ///   │ └────────────────────────────────────────────────────┘
    ///     Wait ends                                        Wake
    /// </code>
    /// </remarks>
    private enum State
    {
        Awake,
        Sleeping,
        Signalled,
    }
}
