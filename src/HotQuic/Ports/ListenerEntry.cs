using HotQuic.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Ports;

/// <summary>
/// The engine's side of one listener, from its start to its stop: what is asked at admission (<see cref="OnInitial"/>), at the ClientHello
/// (<see cref="TryReserve"/>, <see cref="OnClientHello"/>) and at the end of a handshake (<see cref="OnHandshakeOver"/>). It has two faces:
/// <see cref="AcceptQueueEntry"/> behind <see cref="QuicListener"/> and <see cref="ServerEntry"/> behind <see cref="QuicServer"/>.
/// </summary>
/// <remarks>Shards ask, several at a time; each on its own thread.</remarks>
internal abstract class ListenerEntry
{
    private readonly Lock _retryGate = new();
    private readonly long _retryLimit;
    private readonly int _crowd;
    private int _free;
    private int _unfinished;
    private volatile bool _isStopped;
    private volatile bool _isRetryOn;

    protected ListenerEntry(ListenerSettings settings, ListenerCounters counters, HandshakeMemory memory)
    {
        Settings = settings;
        Counters = counters;
        _free = settings.Places;
        _crowd = Math.Max(1, settings.Places / 2);
        _retryLimit = (long)(memory.Available * settings.RetryMemoryFraction);
    }

    public ListenerSettings Settings { get; }

    public ListenerCounters Counters { get; }

    /// <summary>It takes nothing new from now on, though shards may still see it in their table.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Whether unfinished handshakes hold so much memory, or so many places, that clients have to prove their addresses.</summary>
    public bool IsRetryOn => _isRetryOn;

    /// <summary>Whether <see cref="OnInitial"/> has anything to say.</summary>
    public virtual bool AsksPerAttempt => false;

    /// <summary>L26: what the application wants for one attempt, before anything of it is kept.</summary>
    public virtual QuicAddressCheck OnInitial(in AdmissionRequest request) => QuicAddressCheck.Default;

    /// <summary>Takes a place for a handshake; false where none is free.</summary>
    public bool TryReserve()
    {
        if (_isStopped)
        {
            return false;
        }

        if (Interlocked.Decrement(ref _free) < 0)
        {
            Interlocked.Increment(ref _free);
            Counters.OnRefusedByBacklog();
            return false;
        }

        Interlocked.Increment(ref _unfinished);
        Counters.OnHandshakeStarted();
        return true;
    }

    /// <summary>The ClientHello of a connection that was given a place: its configuration is wanted, now or later.</summary>
    public abstract void OnClientHello(ConnectionDriver driver, in ClientHelloQuestion question);

    /// <summary>The handshake of a connection that was given a place is complete, or has failed. Comes once.</summary>
    public virtual void OnHandshakeOver(ConnectionDriver driver, bool isComplete)
    {
        Interlocked.Decrement(ref _unfinished);
        Counters.OnHandshakeOver(isComplete);
    }

    /// <summary>Takes nothing new from now on.</summary>
    public virtual void Stop() => _isStopped = true;

    /// <summary>Whether a client that has not proved its address has to; tells the application where that changes.</summary>
    /// <param name="held">Bytes that unfinished handshakes hold.</param>
    public bool IsRetryWanted(long held)
    {
        if (Settings.RetryMode != QuicRetryMode.Automatic)
        {
            return Settings.RetryMode == QuicRetryMode.Always;
        }

        // More than half of the places are not for addresses that may be forged, or these could keep all others out.
        bool isOn = IsAbove(held, _retryLimit) || IsAbove(Volatile.Read(ref _unfinished), _crowd);
        if (isOn != _isRetryOn)
        {
            lock (_retryGate)
            {
                if (isOn != _isRetryOn)
                {
                    _isRetryOn = isOn;
                    if (isOn)
                    {
                        Counters.OnRetryModeStarted();
                    }

                    OnRetryModeChanged(isOn);
                }
            }
        }

        return isOn;
    }

    /// <summary>It ends a quarter below where it starts, so that it does not flicker. A limit of zero is always passed.</summary>
    private bool IsAbove(long value, long limit) => limit == 0 || value > (_isRetryOn ? limit - (limit / 4) : limit);

    protected void FreePlace() => Interlocked.Increment(ref _free);

    /// <summary>Clients now have to prove their addresses, or no longer. One call at a time, in order; it must not wait for anything.</summary>
    protected virtual void OnRetryModeChanged(bool isOn)
    {
    }
}

/// <summary>A ClientHello that a listener was chosen for.</summary>
internal readonly ref struct ClientHelloQuestion
{
    public required PortBinding Binding { get; init; }

    /// <summary>The whole message.</summary>
    public required ReadOnlySpan<byte> Message { get; init; }

    public required ClientHelloView Hello { get; init; }

    /// <summary>The protocol that the listener's own order prefers.</summary>
    public required ReadOnlySpan<byte> Protocol { get; init; }
}
