using HotQuic.Udp.Linux;

namespace HotQuic.Udp;

/// <summary>
/// Memory for what one <see cref="UdpSocket.Receive"/> brings: a slab of pinned memory, 64 KiB a message, so that nothing is ever cut
/// off. Allocate one for a thread, use it for all the sockets of that thread, one after the other:
/// <code>
/// while (socket.Receive(batch) > 0)
/// {
///     foreach (ReceivedTrain train in batch) { … }
/// }
/// </code>
/// </summary>
internal sealed class ReceiveBatch
{
    /// <summary>Room for one message: more than any UDP payload.</summary>
    public const int MessageCapacity = 64 << 10;

    public const int DefaultMessages = 8;

    private readonly byte[] _slab;
    private readonly ReceivedMessage[] _messages;

    /// <param name="messages">The most that one receive brings, from 1 to 64.</param>
    public ReceiveBatch(int messages = DefaultMessages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(messages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(messages, 64);
        _slab = GC.AllocateUninitializedArray<byte>(messages * MessageCapacity, pinned: true);
        _messages = new ReceivedMessage[messages];
    }

    /// <summary>Messages brought by the last receive.</summary>
    public int Count { get; internal set; }

    /// <summary>The most that one receive brings.</summary>
    public int Capacity => _messages.Length;

    public ReceivedTrain this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            ref readonly ReceivedMessage message = ref _messages[index];
            return new ReceivedTrain(_slab.AsSpan(index * MessageCapacity, message.Length), in message);
        }
    }

    public Enumerator GetEnumerator() => new(this);

    /// <summary>The message headers that point into the slab, made by the socket that needs them first.</summary>
    internal ReceiveHeaders? Headers { get; set; }

    /// <summary>The whole room of one message.</summary>
    internal Span<byte> Room(int index) => _slab.AsSpan(index * MessageCapacity, MessageCapacity);

    internal ref ReceivedMessage Message(int index) => ref _messages[index];

    internal ref struct Enumerator(ReceiveBatch batch)
    {
        private int _index = -1;

        public readonly ReceivedTrain Current => batch[_index];

        public bool MoveNext() => ++_index < batch.Count;
    }
}
