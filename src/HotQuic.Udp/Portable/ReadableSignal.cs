using System.Net.Sockets;

namespace HotQuic.Udp.Portable;

/// <summary>
/// Tells the owner of a socket that something has arrived, and leaves it there: a zero-byte peek through one
/// <see cref="SocketAsyncEventArgs"/>, which System.Net.Sockets completes on a thread of its own. <see cref="Look"/> before going to
/// sleep, and say <see cref="Clear"/> once a receive has found the socket empty; <see cref="Told"/> comes on any thread.
/// </summary>
/// <remarks>
/// <code>
///        Look, nothing there             something arrives
///  Idle ─────────────────────► Waiting ────────────────────► Arrived
///   ▲ │                                                       ▲   │
///   │ └───────────────────────────────────────────────────────┘   │
///   │                  Look, something there                      │
///   └─────────────────────────────────────────────────────────────┘
///                              Clear
/// </code>
/// </remarks>
internal sealed class ReadableSignal : IDisposable
{
    private readonly SocketAsyncEventArgs _arguments = new(unsafeSuppressExecutionContextFlow: true);
    private volatile State _state;

    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="SocketException">There is no such socket.</exception>
    public ReadableSignal(AddressFamily family)
    {
        Socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        _arguments.SocketFlags = SocketFlags.Peek;
        _arguments.SetBuffer(Array.Empty<byte>(), 0, 0);
        _arguments.Completed += (_, _) =>
        {
            _state = State.Arrived;
            Told?.Invoke();
        };
    }

    private enum State
    {
        Idle,
        Waiting,
        Arrived,
    }

    /// <summary>The socket that is looked at. Whoever made the signal closes it.</summary>
    public Socket Socket { get; }

    /// <summary>What is called, on a thread of the platform's, when something arrives that <see cref="Look"/> has not seen.</summary>
    public Action? Told { get; set; }

    /// <summary>Whether something was there when last looked at, or has arrived since.</summary>
    public bool HasArrived => _state == State.Arrived;

    /// <summary>Whether the next arrival will be told. Whoever takes it before leaves the signal waiting for another.</summary>
    public bool IsWaiting => _state == State.Waiting;

    /// <summary>Whether something is there; if not, its arrival will be told.</summary>
    public bool Look()
    {
        if (_state == State.Idle)
        {
            // Before the call, which may be over before it returns.
            _state = State.Waiting;
            try
            {
                if (!Socket.ReceiveAsync(_arguments))
                {
                    _state = State.Arrived;
                }
            }
            catch (ObjectDisposedException)
            {
                // Closed by another thread: nothing will arrive.
            }
        }

        return HasArrived;
    }

    /// <summary>What had arrived is taken.</summary>
    public void Clear()
    {
        if (_state == State.Arrived)
        {
            _state = State.Idle;
        }
    }

    public void Dispose() => _arguments.Dispose();
}
