namespace HotQuic.Udp.Portable;

/// <summary>
/// A bounded ring of datagrams from one writer, the receive loop, to one reader, the thread that owns the socket. The writer fills
/// the slot at <see cref="WriteOffset"/> and publishes with <see cref="Commit"/>; the reader looks with <see cref="TryPeek"/> and frees with
/// <see cref="Release"/>. A writer that finds the ring full goes to rest by <see cref="TryRest"/>, and the reader that makes room
/// restarts it (<see cref="TryRestart"/>): nothing is dropped here, the system's own buffer fills instead.
/// </summary>
internal sealed class DatagramRing
{
    private const int Slots = 16;

    private readonly byte[] _slab = GC.AllocateUninitializedArray<byte>(Slots * ReceiveBatch.MessageCapacity, pinned: true);
    private readonly ReceivedMessage[] _messages = new ReceivedMessage[Slots];
    private int _written;
    private int _read;
    private int _resting;

    public bool IsEmpty => Volatile.Read(ref _written) == Volatile.Read(ref _read);

    public bool IsFull => Volatile.Read(ref _written) - Volatile.Read(ref _read) == Slots;

    public bool IsResting => Volatile.Read(ref _resting) == 1;

    /// <summary>The memory of all slots, each of <see cref="ReceiveBatch.MessageCapacity"/> bytes.</summary>
    public byte[] Slab => _slab;

    /// <summary>Where in <see cref="Slab"/> the writer's next slot begins, unless the ring is full.</summary>
    public int WriteOffset => (_written & (Slots - 1)) * ReceiveBatch.MessageCapacity;

    public void Commit(in ReceivedMessage message)
    {
        _messages[_written & (Slots - 1)] = message;
        Volatile.Write(ref _written, _written + 1);
    }

    public bool TryPeek(out ReceivedMessage message, out ReadOnlySpan<byte> payload)
    {
        if (IsEmpty)
        {
            message = default;
            payload = default;
            return false;
        }

        int slot = _read & (Slots - 1);
        message = _messages[slot];
        payload = _slab.AsSpan(slot * ReceiveBatch.MessageCapacity, message.Length);
        return true;
    }

    public void Release() => Volatile.Write(ref _read, _read + 1);

    /// <summary>True where the writer must stop now; false where the reader has made room meanwhile.</summary>
    public bool TryRest()
    {
        Interlocked.Exchange(ref _resting, 1);
        return IsFull || !TryRestart();
    }

    /// <summary>Stops the writer whatever the room, until the reader comes by.</summary>
    public void Rest() => Interlocked.Exchange(ref _resting, 1);

    /// <summary>True where the writer rested and the caller is to run it again.</summary>
    public bool TryRestart() => Interlocked.CompareExchange(ref _resting, 0, 1) == 1;
}
