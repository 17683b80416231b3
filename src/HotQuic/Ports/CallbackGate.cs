namespace HotQuic.Ports;

/// <summary>
/// Counts callbacks that run, so that stopping can be the last event: <see cref="TryEnter"/> and <see cref="Exit"/> around each, on any
/// thread; <see cref="Close"/> once, in a callback too. No lock.
/// </summary>
/// <param name="onEmpty">Runs once, when the gate is closed and the last callback has left; on the thread where that happens.</param>
internal sealed class CallbackGate(Action onEmpty)
{
    private const int Closed = int.MinValue;

    /// <summary>Callbacks that run; the sign bit tells that no more may begin.</summary>
    private int _state;

    /// <summary>A callback begins; false where none may any more.</summary>
    public bool TryEnter()
    {
        int state = Volatile.Read(ref _state);
        while (state >= 0)
        {
            int seen = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (seen == state)
            {
                return true;
            }

            state = seen;
        }

        return false;
    }

    public void Exit()
    {
        if (Interlocked.Decrement(ref _state) == Closed)
        {
            onEmpty();
        }
    }

    public void Close()
    {
        if (Interlocked.Or(ref _state, Closed) == 0)
        {
            onEmpty();
        }
    }
}
